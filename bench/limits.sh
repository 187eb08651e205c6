#!/bin/bash
# What the machine can do at all, one line of JSON each: limits.sh [SECONDS]. run.sh --limits calls it.
cd "$(dirname "$0")" || exit 1
BIN=${BENCH_BIN:-$PWD/../build/bench}
WORK=${BENCH_WORK:-$BIN/work}
S=${1:-2}
mkdir -p "$WORK/limits"
renice -n -19 $$ >/dev/null 2>&1 || true # as bench.py does; root only
printf '{"tool":"limits","what":"machine","cpus":%s,"cpu":"%s","kernel":"%s","filesystem":"%s","load1":%s}\n' "$(nproc)" \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$(uname -r)" "$(stat -f -c %T "$WORK")" "$(cut -d' ' -f1 /proc/loadavg)"
for t in 1 16; do "$BIN/limits" fsync "$WORK/limits" $t "$S" 4096; done
for t in 1 16; do "$BIN/limits" newfile "$WORK/limits" $t "$S" 5120; done
for b in 1 20 100; do "$BIN/limits" sqlite "$WORK/limits" "$S" 5120 $b; done
for n in 6 5120; do "$BIN/limits" pingpong "$S" $n; done
"$BIN/limits" tls "$S" "$WORK/tls/ec.crt" "$WORK/tls/ec.key"
# the generator against our own sink: what the client side alone can do here
"$BIN/smtpsink" -a 127.0.0.1:2600 -q &
sink=$!
sleep 0.3
for c in 1 20; do "$BIN/smtpload" -a 127.0.0.1:2600 -c $c -d "$S"; done
kill "$sink"
wait "$sink"
