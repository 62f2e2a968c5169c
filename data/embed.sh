#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prints files as rows of an X-macro: TEXT("name", "first line\n" "second line\n" ...). make calls it, so
# that the program carries its policies, findings and schemas and nothing has to be kept in step.
set -eu
echo '// Made by data/embed.sh.'
for file; do
    name=${file##*/}
    printf 'TEXT("%s",\n' "${name%.json}"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' "$file"
    echo ')'
done
