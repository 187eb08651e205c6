#!/bin/sh
# Configures a build folder when it is new and builds it; says little when all goes well.
#   tools/build.sh FOLDER [meson options ...]
set -eu
folder=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ ! -e "$folder/build.ninja" ]; then
  meson setup "$folder" --prefix "${PREFIX:-/usr/local}" "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
  }
fi
ln -sfn src/ctl/godwit "$folder/godwit" # where people look for it
[ -t 1 ] && exec ninja -C "$folder"
ninja -C "$folder" >"$log" 2>&1 || {
  grep -v '^\[' "$log" >&2 || cat "$log" >&2
  exit 1
}
