#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Shows what shakedown does: scans a server of its own on loopback, or HOST when that is set. All
# that it writes lies in demo-output/.
set -eu
command=${BUILD:-build}/shakedown
out=demo-output
mkdir -p $out

show() {
    status=0
    "$command" --json=$out/report.json "$@" || status=$?
    [ $status -le 1 ] || [ $status -eq 3 ] || exit $status
    echo
    echo "The report as JSON: $out/report.json"
}

make_authority() {
    openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 30 -subj '/CN=shakedown demo root' \
        -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign \
        -keyout $out/root.key -out $out/root.pem 2>$out/openssl.log
}

make_leaf() { # NAME KEY-OPTIONS...
    name=$1
    shift
    printf '%s\n' subjectAltName=DNS:localhost,IP:127.0.0.1 extendedKeyUsage=serverAuth >$out/leaf.ext
    openssl req -newkey "$@" -nodes -subj '/CN=localhost' -keyout "$out/$name.key" -out "$out/$name.csr" \
        2>>$out/openssl.log
    openssl x509 -req -sha256 -days 20 -in "$out/$name.csr" -CA $out/root.pem -CAkey $out/root.key -CAcreateserial \
        -extfile $out/leaf.ext -out "$out/$name.pem" 2>>$out/openssl.log
}

stop_server() { [ -z "${server-}" ] || kill "$server" 2>/dev/null || :; }

# Port 0 lets the system choose; s_server says what it chose. A mixture of good and old settings.
start_server() {
    : >$out/server.log
    trap stop_server EXIT
    trap 'exit 130' INT TERM
    timeout 300 openssl s_server -accept 127.0.0.1:0 -www -serverpref \
        -cert $out/rsa.pem -key $out/rsa.key -dcert $out/ec.pem -dkey $out/ec.key \
        -cipher 'ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES+SHA1:AES128-SHA:AES256-SHA:@SECLEVEL=0' \
        >$out/server.log 2>&1 </dev/null &
    server=$!
    port=
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' $out/server.log)
        [ -z "$port" ] || return 0
        sleep 0.1
    done
    echo "demo.sh: the server did not start; see $out/server.log" >&2
    exit 1
}

if [ -n "${HOST-}" ]; then
    show "$HOST"
    exit $status
fi
make_authority
make_leaf rsa rsa:2048
make_leaf ec ec -pkeyopt ec_paramgen_curve:P-256
start_server
echo "A server with some good and some old settings listens on 127.0.0.1:$port"
echo
show --ca-file=$out/root.pem "127.0.0.1:$port"
echo "Next: $command example.com"
