#!/bin/sh
# Builds and runs the tests; the last line is `N passed, N failed`.
#   tools/test.sh          all: release with gcc, with clang, AddressSanitizer, ThreadSanitizer, system tests
#   tools/test.sh unit     the release build's own tests
#   tools/test.sh asan | tsan | clang | system
set -u
cd "$(dirname "$0")/.."
what=${1:-all}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
failed_builds=0
export TSAN_OPTIONS="suppressions=$PWD/tools/tsan.supp atexit_sleep_ms=0"

# The tests of one build folder; each subtest counts.
suite() { # name folder [meson test options ...]
  name=$1 folder=$2
  shift 2
  started=$(date +%s)
  meson test -C "$folder" --no-rebuild --print-errorlogs "$@" >"$results/$name.log" 2>&1
  cp "$folder/meson-logs/testlog.junit.xml" "$results/$name.xml" 2>/dev/null
  tools/testsum.py --one "$name" "$results/$name.xml" "$results/$name.log" $(($(date +%s) - started))
}

build() { # name folder [meson options ...]
  name=$1
  shift
  started=$(date +%s)
  if tools/build.sh "$@"; then
    echo "built $name ($(($(date +%s) - started)) s)"
  else
    echo "FAILED: $name does not build"
    failed_builds=$((failed_builds + 1))
    return 1
  fi
}

sanitized() { # name sanitizer compiler
  CC=$3 build "$1" "build-$1" -Db_sanitize="$2" -Db_lundef=false --buildtype=debug -Doptimization=1 &&
    suite "$1" "build-$1" --timeout-multiplier 6 --no-suite tidy --no-suite release
}

unit() { build gcc build && suite gcc build; }
clang_build() { CC=clang build clang build-clang; }
system_tests() {
  [ -x build/godwit ] || build gcc build || return
  started=$(date +%s)
  python3 test/system/run.py --godwit build/godwit >"$results/system.tap" 2>"$results/system.log"
  tools/testsum.py --tap system "$results/system.tap" "$results/system.log" $(($(date +%s) - started))
}

case $what in
all)
  unit
  clang_build
  sanitized asan address,undefined gcc
  sanitized tsan thread clang
  system_tests
  ;;
unit) unit ;;
asan) sanitized asan address,undefined gcc ;;
tsan) sanitized tsan thread clang ;;
clang) clang_build ;;
system) system_tests ;;
*)
  echo "usage: tools/test.sh [all|unit|asan|tsan|clang|system]" >&2
  exit 2
  ;;
esac
tools/testsum.py --total "$results" "$failed_builds"
