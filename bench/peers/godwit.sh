#!/bin/bash
# Godwit as it was built here: supervisor, sandbox and all. GODWIT: the program. GODWIT_LOG: its least log level.
# GODWIT_USERS: accounts user0, user1 … of the mode store. GODWIT_DEST: deliveries to one domain at once.
. "$(dirname "$0")/lib.sh"
GODWIT=${GODWIT:-$(find "$HERE/../../build" -name godwit -type f -perm -u+x 2>/dev/null | head -1)}
D=$BENCH_WORK/godwit
CONFIG=$D/godwit.conf

# "pass" in 10000 rounds, as account add would keep it: ten thousand accounts in seconds.
PASSWORD='{SCRAM-SHA-256}10000,YmVuY2gudGVzdC9zYWx0IQ==,54V2w8rn2y4QxP0vjNS6yF1mghilgFlJw4C9JTdAQhI=,wNHD9zQBwPPlQT/OGH7wTjbn0EcAxjT4PPLgZv170gI='

listener() { # name port
    printf '[listener "%s"]\nprotocol = %s\naddress = 127.0.0.1:%s\ntls = %s\n' "$1" "$1" "$2" "$([[ $TLS = 1 ]] && echo starttls || echo none)"
    printf 'max-connections = 20000\nmax-per-client = 20000\n\n'
}

configure() { # data directory, mode
    cat <<EOF
[server]
host = mx.bench.test
data = $1
log-level = ${GODWIT_LOG:-warn}

[smtp]
trusted = 127.0.0.0/8
max-messages = 1000000000

[mail]
hold = $([[ $2 = accept ]] && echo yes || echo no)

[auth]
default-domain = bench.test
plaintext-without-tls = yes

[queue]
max-per-domain = ${GODWIT_DEST:-50}

[relay]
smarthost = $SINK
tls = none

EOF
    [[ $TLS = 1 ]] && printf '[tls]\ncertificate = %s\nkey = %s\n\n' "$BENCH_WORK/tls/$TLS_KIND.crt" "$BENCH_WORK/tls/$TLS_KIND.key"
    listener mx 2530
    listener lmtp 2431
    listener imap 2150
    listener pop3 2152
}

found() { # data directory, domain
    rm -rf "$1"
    echo pass | "$GODWIT" --config "$CONFIG" init --force --domain "$2" --account "user0@$2" --password-stdin --data "$1"
}

# Founded once for each build; every start of an empty store copies it.
template() {
    local users=${GODWIT_USERS:-10000}
    [[ $D/template.$users -nt $GODWIT ]] && return
    rm -rf "$D"/template.*
    found "$D/template" bench.test
    configure "$D/template" store >"$CONFIG"
    seq -f "user%.0f@bench.test $PASSWORD" 1 $((users - 1)) | "$GODWIT" --config "$CONFIG" account import - || exit 1
    touch "$D/template.$users"
}

case $1 in
version) "$GODWIT" version | head -1 ;;
pid) cat "$PIDFILE" ;;
addr) case $2 in smtp) echo 127.0.0.1:2530 ;; lmtp) echo 127.0.0.1:2431 ;; imap) echo 127.0.0.1:2150 ;; pop3) echo 127.0.0.1:2152 ;; *) exit 1 ;; esac ;;
stop) stop_tree ;;
clear) rm -rf "$D/store" ;;
start)
    mode=$2
    mkdir -p "$D"
    if [[ $mode = store ]]; then
        data=$D/store
        [[ -d $data ]] || { template >"$LOG" 2>&1 && cp -a "$D/template" "$data"; } || exit 1
    else
        data=$D/queue
        found "$data" local.test >"$LOG" 2>&1 || exit 1
    fi
    configure "$data" "$mode" >"$CONFIG"
    nofile
    "$GODWIT" --config "$CONFIG" serve >"$LOG" 2>&1 </dev/null &
    echo $! >"$PIDFILE"
    wait_port 127.0.0.1:2530 && wait_port 127.0.0.1:2150
    ;;
*) exit 1 ;;
esac
