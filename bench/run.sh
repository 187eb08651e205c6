#!/bin/bash
# The benchmark: builds what it needs, measures, prints tables. Without options a short series with Godwit alone.
#   bench/run.sh [--peers postfix,exim] [--tests accept,tls,relay,lmtp,imap,idle,calls] [--full] [--limits] [bench.py options ...]
#   --peers     others beside Godwit; setup-peers.sh puts them into roots of their own first (root)
#   --full      all cases, three runs of four seconds each
#   --limits    what the machine can do at all, too
# Everything goes into build/bench/work, or $BENCH_WORK: a directory on the disk to be measured.
set -eu
cd "$(dirname "$0")"
BUILD=$(realpath "${BUILD:-../build}")
export BENCH_BIN=$BUILD/bench
export BENCH_WORK=${BENCH_WORK:-$BENCH_BIN/work}

command -v python3 >/dev/null || { echo "bench/run.sh needs python3" >&2; exit 1; }
../tools/build.sh "$BUILD" >/dev/null
ninja -C "$BUILD" bench >/dev/null
GODWIT=${GODWIT:-$(find "$BUILD" -name godwit -type f -perm -u+x | head -1)}
export GODWIT

short=(--runs 2 --seconds 1.5 --wait-quiet 1 --accept 5120x1,5120x20 --relay 5120x20 --lmtp 1000x1x5120,1000x20x5120
    --imap loginx20,noopx20,selectx1,envelopex1,bodyx20,storex20,appendx20,idlex1 --mailbox 2000 --idle-n 2000)
full=(--full)
cases=("${short[@]}") peers=godwit limits='' more=()
while [[ $# -gt 0 ]]; do
    case $1 in
    --peers) peers=godwit,$2 && shift ;;
    --full) cases=("${full[@]}") ;;
    --limits) limits=1 ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \?//;p}' "$(basename "$0")" && exec ./bench.py --help ;;
    *) more+=("$1") ;;
    esac
    shift
done

others=$(tr ',' '\n' <<<"$peers" | sed 's/:.*//' | grep -vx godwit | sort -u || true)
# shellcheck disable=SC2086
./setup-peers.sh $others

out=$BENCH_WORK/results-$(date +%Y%m%d-%H%M%S).jsonl
[[ -z $limits ]] || ./limits.sh | tee -a "$out"
status=0
./bench.py --peers "$peers" --out "$out" "${cases[@]}" "${more[@]}" >/dev/null &
bench=$!
trap 'kill "$bench" 2>/dev/null' INT TERM
seen=0
while kill -0 "$bench" 2>/dev/null; do # so that one sees it live
    sleep 1
    now=$(wc -l <"$out" 2>/dev/null || echo 0)
    [[ $now -eq $seen || ! -t 2 ]] || printf '\r%s results' "$now" >&2
    seen=$now
done
wait "$bench" || status=$?
[[ ! -t 2 ]] || printf '\r' >&2
./report.py "$out"
echo
echo "All numbers: $out"
exit "$status"
