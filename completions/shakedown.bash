# SPDX-License-Identifier: Apache-2.0
# bash completion for shakedown; made by `shakedown --print-completion bash`.

_shakedown()
{
    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    # bash cuts words at '=': --name=value is three of them.
    if [ "$word" = "=" ]; then
        word=
        [ "$option" != --json ] || option=--json=
    elif [ "$option" = "=" ]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
        [ "$option" != --json ] || option=--json=
    fi
    case $option in
    -i|--input) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --shard) mapfile -t COMPREPLY < <(true) ;;
    --sni) mapfile -t COMPREPLY < <(true) ;;
    --address) mapfile -t COMPREPLY < <(true) ;;
    --queue) mapfile -t COMPREPLY < <(true) ;;
    --queue-pass) mapfile -t COMPREPLY < <(true) ;;
    --only) mapfile -t COMPREPLY < <(compgen -W "$(shakedown --list checks 2>/dev/null | cut -d" " -f1)" -- "$word") ;;
    --skip) mapfile -t COMPREPLY < <(compgen -W "$(shakedown --list checks 2>/dev/null | cut -d" " -f1)" -- "$word") ;;
    --sweep) mapfile -t COMPREPLY < <(compgen -W "suites groups signature_schemes all" -- "$word") ;;
    --ca-file) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --ca-path) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --weak-keys) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --compromised-keys) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --ct-logs) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --now) mapfile -t COMPREPLY < <(true) ;;
    --trust-anchor) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --policy) mapfile -t COMPREPLY < <(compgen -f -W "$(shakedown --list policies 2>/dev/null | cut -d" " -f1)" -- "$word") ;;
    --waivers) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --baseline) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --since) mapfile -t COMPREPLY < <(true) ;;
    --ignore) mapfile -t COMPREPLY < <(true) ;;
    --fail-on) mapfile -t COMPREPLY < <(compgen -W "critical high medium low info policy change expiry" -- "$word") ;;
    --expires-within) mapfile -t COMPREPLY < <(true) ;;
    --timeout) mapfile -t COMPREPLY < <(true) ;;
    --retries) mapfile -t COMPREPLY < <(true) ;;
    --connections) mapfile -t COMPREPLY < <(true) ;;
    --per-prefix) mapfile -t COMPREPLY < <(true) ;;
    --rate) mapfile -t COMPREPLY < <(true) ;;
    --parallel) mapfile -t COMPREPLY < <(true) ;;
    --workers) mapfile -t COMPREPLY < <(true) ;;
    --deadline) mapfile -t COMPREPLY < <(true) ;;
    --resolver) mapfile -t COMPREPLY < <(compgen -W "unbound system" -- "$word") ;;
    --resolver-address) mapfile -t COMPREPLY < <(true) ;;
    --tls) mapfile -t COMPREPLY < <(compgen -W "1.2 1.3" -- "$word") ;;
    --alpn) mapfile -t COMPREPLY < <(true) ;;
    --cert) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --key) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --key-pass) mapfile -t COMPREPLY < <(true) ;;
    -o|--output) mapfile -t COMPREPLY < <(compgen -W "$(shakedown --list formats 2>/dev/null | cut -d" " -f1)" -- "$word") ;;
    --json=) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --format) mapfile -t COMPREPLY < <(compgen -W "$(shakedown --list formats 2>/dev/null | cut -d" " -f1)" -- "$word") ;;
    --summary) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --metrics) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --progress-every) mapfile -t COMPREPLY < <(true) ;;
    --journal) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --store) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --transcript) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$word") ;;
    --list) mapfile -t COMPREPLY < <(compgen -W "checks suites groups lint findings policies caps aspects properties formats" -- "$word") ;;
    *)
        case $word in
        -*) mapfile -t COMPREPLY < <(compgen -W "--input --shard --sni --no-sni --ipv4 --ipv6 --address --queue --queue-pass --follow --only --skip --sweep --ca-file --ca-path --weak-keys --compromised-keys --ct-logs --now --fetch --allow-private-fetch --trust-anchor --policy --waivers --baseline --since --ignore --fail-on --expires-within --timeout --retries --connections --per-prefix --rate --parallel --workers --deadline --resolver --resolver-address --tls --alpn --cert --key --key-pass --output --json --format --summary --metrics --progress-every --journal --store --all --transcript --evidence --pem --reproducible --color --quiet --verbose --plan --list --help --version" -- "$word") ;;
        *)
            case ${COMP_WORDS[1]} in
            replay)
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
                ;;
            judge)
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
                ;;
            render)
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
                ;;
            diff)
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
                ;;
            explain)
                mapfile -t COMPREPLY < <(compgen -W "$(shakedown --list findings 2>/dev/null | cut -d" " -f1) $(shakedown --list policies 2>/dev/null | cut -d" " -f1)" -- "$word")
                ;;
            schema)
                mapfile -t COMPREPLY < <(compgen -W "report policy waivers diff summary history" -- "$word")
                ;;
            *)
                if [ "$COMP_CWORD" -eq 1 ]; then
                    mapfile -t COMPREPLY < <(compgen -W "scan connect replay judge render diff history enqueue work collect explain schema" -A hostname -- "$word")
                else
                    mapfile -t COMPREPLY < <(compgen -A hostname -- "$word")
                fi
                ;;
            esac
            ;;
        esac
        ;;
    esac
}
complete -o bashdefault -o default -F _shakedown shakedown
