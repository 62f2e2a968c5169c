#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing, with the package manager that the system has: deps.sh build|demo|bench|test.
# Says nothing when nothing is missing. What a job needs is judged afterwards by looking for it, not
# by the installer's status; what only widens the tests is installed where it can be had.
set -eu

libraries="libcrypto>=3.0 libuv>=1.38 libunbound libidn2 jansson>=2.12 sqlite3>=3.31"
python=${PYTHON:-python3}
job=${1:-build}

case $job in
build) need="cc pkg-config $libraries" want=hiredis ;;
demo) need="cc pkg-config $libraries openssl" want=roots ;;
bench)
    need="cc openssl python3 nginx"
    want="nmap sslscan testssl" # to be measured against
    ;;
test)
    need="cc pkg-config $libraries openssl cmocka python3 jsonschema"
    want="roots clang clang-format cppcheck shellcheck mandoc nginx apache2 haproxy gnutls-serv selfserv go javac bssl-tool nmap sslscan"
    want="$want hiredis redis-server lighttpd mod_gnutls mod_wolfssl mod_mbedtls mod_nss mod_openssl bash zsh fish"
    want="$want nsd ldns-keygen dig delv jq dpkg-buildpackage dh lintian systemd-analyze promtool xmllint yaml"
    ;;
*) echo "usage: deps.sh build|demo|bench|test" >&2 && exit 2 ;;
esac

loss="some tests will be skipped"
[ "$job" != build ] || loss="there will be no queue of targets"

have() { command -v "$1" >/dev/null 2>&1; }

# "name" or "name>=version". Without a version only the module's own file counts: Debian's libunbound
# names private modules that nobody needs, and --exists looks for those too.
module() {
    have pkg-config || return 1
    case $1 in
    *'>='*) pkg-config --exists "${1%%>=*} >= ${1#*>=}" 2>/dev/null ;;
    *) pkg-config --modversion "$1" >/dev/null 2>&1 ;;
    esac
}

present() {
    case $1 in
    cc) compiler=${CC:-cc} && have "${compiler%% *}" ;; # it may be "ccache gcc"
    pkg-config | openssl | python3 | clang* | cppcheck | shellcheck | mandoc | nmap | sslscan) have "$1" ;;
    gnutls-serv | selfserv | ldns-keygen | dig | delv | go | javac | bssl-tool | bash | zsh | fish | jq) have "$1" ;;
    promtool | xmllint | dpkg-buildpackage | dh | lintian | systemd-analyze) have "$1" ;;
    apache2) have apache2 || have httpd || [ -x /usr/sbin/apache2 ] || [ -x /usr/sbin/httpd ] ;;
    testssl) have testssl || have testssl.sh ;;
    redis-server) have redis-server || have valkey-server ;;
    nginx | lighttpd | haproxy | nsd) have "$1" || [ -x "/usr/sbin/$1" ] ;;
    mod_*) [ -e "/usr/lib/lighttpd/$1.so" ] ;;
    roots) [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/ssl/cert.pem ] || [ -d /etc/pki/tls/certs ] ;;
    yaml) have "$python" && "$python" -c 'import importlib.util as u; exit(not u.find_spec("yaml"))' ;;
    jsonschema) have "$python" && "$python" -c 'import importlib.util as u; exit(not u.find_spec("jsonschema"))' ;;
    *) module "$1" ;;
    esac
}

missing() {
    found=
    for thing; do
        present "$thing" || found="$found $thing"
    done
    echo "$found"
}

# Packages by manager; empty where there is none.
package() {
    case $manager:${1%%>=*} in
    apt:cc) echo gcc libc6-dev ;;
    apt:libcrypto) echo libssl-dev ;;
    apt:libuv) echo libuv1-dev ;;
    apt:cmocka | apt:jansson | apt:sqlite3 | apt:hiredis) echo "lib${1%%>=*}-dev" ;;
    apt:lib*) echo "${1%%>=*}-dev" ;;
    apt:jsonschema) echo python3-jsonschema ;;
    apt:yaml) echo python3-yaml ;;
    apt:nginx) echo nginx-light ;;
    apt:testssl | apk:testssl) echo testssl.sh ;;
    apt:gnutls-serv) echo gnutls-bin ;;
    apt:ldns-keygen) echo ldnsutils ;;
    apt:dig | apt:delv) echo bind9-dnsutils ;;
    apt:selfserv) echo libnss3-tools ;;
    apt:go) echo golang-go ;;
    apt:bssl-tool) echo android-boringssl ;;
    apt:javac) echo openjdk-17-jdk-headless ;;
    apt:dpkg-buildpackage) echo dpkg-dev ;;
    apt:dh) echo debhelper ;;
    apt:systemd-analyze) echo systemd ;;
    apt:promtool) echo prometheus ;;
    apt:xmllint) echo libxml2-utils ;;
    apt:mod_*) echo "lighttpd-mod-${1#mod_}" ;;
    dnf:cc) echo gcc make ;;
    dnf:pkg-config) echo pkgconf-pkg-config ;;
    dnf:libcrypto) echo openssl-devel ;;
    dnf:libunbound) echo unbound-devel ;;
    dnf:cmocka) echo libcmocka-devel ;;
    dnf:jsonschema) echo python3-jsonschema ;;
    dnf:yaml) echo python3-pyyaml ;;
    dnf:libuv | dnf:libidn2 | dnf:jansson | dnf:hiredis) echo "${1%%>=*}-devel" ;;
    dnf:sqlite3) echo sqlite-devel ;;
    dnf:clang-format) echo clang-tools-extra ;;
    dnf:shellcheck) echo ShellCheck ;;
    dnf:gnutls-serv) echo gnutls-utils ;;
    dnf:ldns-keygen) echo ldns-utils ;;
    dnf:dig | dnf:delv) echo bind-utils ;;
    dnf:selfserv) echo nss-tools ;;
    dnf:go) echo golang ;;
    dnf:javac) echo java-17-openjdk-devel ;;
    dnf:promtool) echo golang-github-prometheus ;;
    dnf:xmllint) echo libxml2 ;;
    dnf:redis-server) echo valkey ;;
    dnf:apache2) echo httpd mod_ssl ;;
    apk:cc) echo build-base ;;
    apk:pkg-config) echo pkgconf ;;
    apk:libcrypto) echo openssl-dev ;;
    apk:libunbound) echo unbound-dev ;;
    apk:libuv | apk:libidn2 | apk:jansson | apk:cmocka | apk:hiredis) echo "${1%%>=*}-dev" ;;
    apk:sqlite3) echo sqlite-dev ;;
    apk:jsonschema) echo py3-jsonschema ;;
    apk:yaml) echo py3-yaml ;;
    apk:clang-format) echo clang-extra-tools ;;
    apk:gnutls-serv) echo gnutls-utils ;;
    apk:ldns-keygen) echo ldns-tools ;;
    apk:dig | apk:delv) echo bind-tools ;;
    apk:selfserv) echo nss-tools ;;
    apk:javac) echo openjdk17-jdk ;;
    apk:promtool) echo prometheus ;;
    apk:xmllint) echo libxml2-utils ;;
    apk:redis-server) echo redis ;;
    apk:apache2) echo apache2 apache2-ssl ;;
    brew:cc | brew:jsonschema | brew:yaml) ;;
    brew:redis-server) echo redis ;;
    brew:apache2) echo httpd ;;
    brew:libcrypto | brew:openssl) echo openssl@3 ;;
    brew:libunbound) echo unbound ;;
    brew:sqlite3) echo sqlite ;;
    brew:gnutls-serv) echo gnutls ;;
    brew:ldns-keygen) echo ldns ;;
    brew:dig | brew:delv) echo bind ;;
    brew:selfserv) echo nss ;;
    brew:promtool) echo prometheus ;;
    brew:xmllint) echo libxml2 ;;
    brew:javac) echo openjdk@17 ;;
    *:roots) [ "$manager" = brew ] || echo ca-certificates ;;
    dnf:mod_* | apk:mod_* | brew:mod_* | dnf:bssl-tool | apk:bssl-tool | brew:bssl-tool) ;;
    *:dpkg-buildpackage | *:dh | *:lintian | *:systemd-analyze) ;;
    *) echo "${1%%>=*}" ;;
    esac
}

packages() {
    for thing; do
        package "$thing"
    done | tr ' ' '\n' | sort -u | paste -s -d ' ' -
}

find_manager() {
    for manager in apt dnf apk brew; do
        case $manager in
        apt) program=apt-get command="apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300" ;;
        dnf) program=dnf command="dnf install -y -q" ;;
        apk) program=apk command="apk add -q" ;;
        brew) program=brew command="brew install -q" ;;
        esac
        have "$program" && return
    done
    manager=none
}

# Root, or sudo: on a terminal after a word from the user, elsewhere only when told so.
may_install() {
    root=
    [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ] || return 0
    have sudo || return 1
    root="sudo "
    [ -z "${CI-}${YES-}" ] || return 0
    [ -t 0 ] || return 1
    printf 'Press Enter to run this, or Ctrl-C to stop. ' >&2
    read -r _
}

# A server that is only wanted for tests must not start as a service: Debian asks this file.
policy=/usr/sbin/policy-rc.d
# shellcheck disable=SC2086 # root is empty or sudo
hold_services() {
    [ "$manager" = apt ] && [ ! -e $policy ] || return 0
    trap release_services EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' | ${root}tee $policy >/dev/null
    ${root}chmod 755 $policy
    held=yes
}
# shellcheck disable=SC2086
release_services() { [ -z "${held-}" ] || ${root}rm -f $policy; }

# shellcheck disable=SC2086 # lists of words
install() {
    [ $# -gt 0 ] || return 0
    echo "+ $root$command $*" >&2
    DEBIAN_FRONTEND=noninteractive ${root}$command "$@" >/dev/null </dev/null
}

# shellcheck disable=SC2046,SC2086 # lists of words
main() {
    lacking=$(missing $need)
    lacking_too=$(missing $want)
    [ -n "$lacking$lacking_too" ] || exit 0
    find_manager
    names=$(packages $lacking) more=$(packages $lacking_too)
    if [ "$manager" = none ] || ! may_install; then
        if [ -n "$lacking" ]; then
            echo "deps.sh: please install:$lacking" >&2
            [ "$manager" = none ] || echo "deps.sh: with: sudo $command $names" >&2
            exit 3
        fi
        echo "deps.sh: $loss without:$lacking_too" >&2
        exit 0
    fi
    [ "$manager" != apt ] || [ -z "$names$more" ] || ${root}apt-get update -qq </dev/null >/dev/null || :
    hold_services
    install $names || :
    install $more || for name in $more; do install $name || :; done
    hash -r
    lacking=$(missing $need)
    if [ -n "$lacking" ]; then
        echo "deps.sh: still missing:$lacking" >&2
        exit 3
    fi
    lacking_too=$(missing $want)
    [ -z "$lacking_too" ] || echo "deps.sh: $loss without:$lacking_too" >&2
}

main
