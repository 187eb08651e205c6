#!/bin/sh
# Installs what Godwit needs on Debian 12 or newer: `tools/setup.sh build` for building and running,
# `tools/setup.sh test` for the whole test suite too. Does nothing when all is there.
set -eu

build='gcc pkg-config meson ninja-build libuv1-dev libboost-context-dev libssl-dev libunbound-dev libsqlite3-dev
  libinih-dev libcmocka-dev libzstd-dev libidn2-dev libunistring-dev libcrypt-dev libseccomp-dev
  dns-root-data ca-certificates'
test='clang libclang-rt-14-dev gdb python3 openssl curl swaks libnet-ssleay-perl libio-socket-ssl-perl isync mutt msmtp
  fetchmail getmail6 gsasl nsd ldnsutils mmdebstrap mount strace'
# Debian 13 has newer clangs; the sanitizer runtime is named after its version
if ! apt-cache show libclang-rt-14-dev >/dev/null 2>&1 && [ -e /etc/debian_version ]; then
  test=$(echo "$test" | sed 's/libclang-rt-14-dev//')
fi

case ${1:-build} in
build) want=$build ;;
test) want="$build $test" ;;
*)
  echo "usage: tools/setup.sh [build|test]" >&2
  exit 2
  ;;
esac

missing=
for package in $want; do
  [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = 'install ok installed' ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "Please install these packages as root first:$missing" >&2
    exit 1
  }
  as_root=sudo
fi
echo "Installing:$missing" >&2
# no service may start by itself because a test needs its program
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
  cat "$log" >&2
  rm -f "$log"
  echo "The packages could not be installed; the lines above say why." >&2
  exit 1
fi
rm -f "$log"
