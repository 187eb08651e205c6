# Shared by the peer files. A peer file is an executable script with these verbs:
#   version            one line: name and version
#   start MODE         MODE: accept (queue durably, do not deliver) | relay (deliver all to $SINK)
#                      | store (LMTP/IMAP) ; with TLS=1 also STARTTLS; returns when the port answers
#   pid                the pid at the root of the server's process tree
#   addr PROTO         host:port of smtp | smtps | lmtp | imap | imaps | pop3 (exit 1 where it has none)
#   stop               ends what start started, by pid
# Environment: BENCH_WORK (scratch directory on the disk under test; build/bench/work), SINK (host:port).
set -u
HERE=$(cd "$(dirname "$0")" && pwd)
BENCH_WORK=${BENCH_WORK:-$HERE/../../build/bench/work}
mkdir -p "$BENCH_WORK/run" "$BENCH_WORK/log"
SINK=${SINK:-127.0.0.1:2600}
SINK_PORT=${SINK##*:}
TLS=${TLS:-0}
TLS_KIND=${TLS_KIND:-ec} # ec or rsa: which of $BENCH_WORK/tls/{ec,rsa}.{crt,key}
PEER=$(basename "$0" .sh)
PIDFILE=$BENCH_WORK/run/$PEER.pid
LOG=$BENCH_WORK/log/$PEER.log
ROOT=$BENCH_WORK/root-$PEER

wait_port() { # host:port
    local i
    for i in $(seq 1 150); do
        (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null && return 0
        sleep 0.1
    done
    echo "$PEER: nothing answers at $1; see its log" >&2
    return 1
}

tree() { # pids of a process and all below it
    local p=$1 c
    echo "$p"
    for c in $(cat /proc/"$p"/task/*/children 2>/dev/null); do tree "$c"; done
}

stop_tree() { # ends the process tree whose root is in $PIDFILE
    [[ -s $PIDFILE ]] || return 0
    local p all i
    p=$(cat "$PIDFILE")
    [[ -d /proc/$p ]] || { rm -f "$PIDFILE"; return 0; }
    all=$(tree "$p")
    kill -TERM "$p" 2>/dev/null
    for i in $(seq 1 50); do [[ -d /proc/$p ]] || break; sleep 0.1; done
    # shellcheck disable=SC2086
    for i in $all; do [[ -d /proc/$i ]] && kill -KILL "$i" 2>/dev/null; done
    sleep 0.3
    rm -f "$PIDFILE"
}

# Empties a spool without deleting a file: on ext4 creating files is 15 times slower for minutes after many were
# deleted nearby (new inodes skip the recently deleted ones one by one), so that deleting here would spoil the run.
# bench.py removes the trash at its very end.
set_aside() { # directories
    local t
    mkdir -p "$BENCH_WORK/trash"
    t=$(mktemp -d "$BENCH_WORK/trash/XXXXXX")
    find "$@" -type f -exec mv --backup=numbered -t "$t" {} + 2>/dev/null
    return 0
}

nofile() { ulimit -n "$(ulimit -Hn)"; }
