#!/bin/sh
# Fuzzes every parser for some seconds each, with clang's libFuzzer and sanitizers; findings are kept in build-fuzz/findings.
#   tools/fuzz.sh [SECONDS] [NAME ...]
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
CC=clang tools/build.sh build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
mkdir -p build-fuzz/findings
failed=0 passed=0
for program in build-fuzz/test/fuzz/fuzz_*; do
  [ -x "$program" ] && [ -f "$program" ] || continue
  name=${program##*/fuzz_}
  case " $* " in "  " | *" $name "*) ;; *) continue ;; esac
  corpus=build-fuzz/corpus/$name
  mkdir -p "$corpus"
  log=build-fuzz/findings/$name.log
  if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -artifact_prefix=build-fuzz/findings/"$name"- \
    "$corpus" "test/fuzz/corpus/$name" >"$log" 2>&1; then
    echo "$name: nothing found ($(grep -c . "$log") lines of log, $(ls "$corpus" | wc -l) inputs kept)"
    passed=$((passed + 1))
  else
    echo "$name: FAILED, see $log"
    tail -n 20 "$log"
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
