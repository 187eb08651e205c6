#!/bin/bash
# Puts peers under $BENCH_WORK (build/bench/work), each Debian package in a root of its own, so that packages which
# exclude one another can stand side by side. Needs root and a network to the packages; a minute each. Does nothing
# for those that are there. Always makes the certificates that every server gets.
#   setup-peers.sh [postfix] [exim] [opensmtpd] [dovecot] [haraka]
set -eu
cd "$(dirname "$0")"
W=${BENCH_WORK:-$PWD/../build/bench/work}
mkdir -p "$W/tls" "$W/run" "$W/log"
W=$(cd "$W" && pwd)

certificate() { # name, openssl's words for its key
    local name=$1
    shift
    [[ -f $W/tls/$name.crt ]] || openssl req -x509 "$@" -nodes -keyout "$W/tls/$name.key" -out "$W/tls/$name.crt" -days 3650 -subj /CN=bench.test 2>/dev/null
}
certificate rsa -newkey rsa:2048
certificate ec -newkey ec -pkeyopt ec_paramgen_curve:P-256

deb() { # name packages...
    local root=$W/root-$1 file sources=() options=()
    [[ -e $root/.complete ]] && return
    [[ $(id -u) -eq 0 ]] || { echo "setup-peers.sh: $1 needs root" >&2; exit 1; }
    command -v mmdebstrap >/dev/null || { echo "setup-peers.sh: please install mmdebstrap first" >&2; exit 1; }
    echo "Installing $1 into a root of its own" >&2
    shift
    rm -rf "$root"
    . /etc/os-release
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [[ -e $file ]] && grep -q "$VERSION_CODENAME" "$file" && ! grep -q nodesource "$file" && sources+=("$file")
    done
    for file in /etc/apt/apt.conf.d/*; do # whatever this machine's apt needs to reach its packages
        grep -q '^ *Acquire' "$file" && options+=("--aptopt=$file")
    done
    mmdebstrap --quiet --mode=root --variant=minbase --include="$(tr ' ' , <<<"$*")" "${options[@]}" "$VERSION_CODENAME" "$root.new" "${sources[@]}"
    touch "$root.new/.complete"
    mv "$root.new" "$root"
}

for p; do
    case $p in
    postfix) deb postfix postfix ;;
    exim) deb exim exim4-daemon-heavy exim4-config ;;
    opensmtpd) deb opensmtpd opensmtpd ;;
    dovecot) deb dovecot dovecot-imapd dovecot-lmtpd dovecot-pop3d ;;
    haraka)
        [[ -d $W/haraka/node_modules/Haraka ]] && continue
        mkdir -p "$W/haraka"
        # pinned, with two libraries of its that registries do not all have in the newest version
        printf '{"name":"bench","version":"1.0.0","private":true,"dependencies":{"Haraka":"3.1.7"},"overrides":{"encoding-japanese":"2.4.0","libqp":"2.1.2"}}\n' >"$W/haraka/package.json"
        (cd "$W/haraka" && npm install --loglevel=error --no-audit --no-fund --omit=dev --omit=optional --ignore-scripts)
        ;;
    *)
        echo "setup-peers.sh: unknown peer $p" >&2
        exit 1
        ;;
    esac
done
