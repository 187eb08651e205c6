#!/bin/sh
# A small Debian root with Postfix in it, for the system tests: mail transport agents exclude one another as packages, so it stands apart.
# Needs root. Does nothing when it is there.    make-postfix-root.sh DIRECTORY
set -eu
root=$1
[ -e "$root/.complete" ] && exit 0
rm -rf "$root"
. /etc/os-release
set --
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
  [ -e "$file" ] && grep -q "$VERSION_CODENAME" "$file" && ! grep -q nodesource "$file" && set -- "$@" "$file"
done
# whatever this machine's apt needs to reach its packages
options=
for file in /etc/apt/apt.conf.d/*; do
  grep -q '^ *Acquire' "$file" && options="$options --aptopt=$file"
done
mmdebstrap --quiet --mode=root --variant=minbase --include=postfix $options "$VERSION_CODENAME" "$root.new" "$@"
touch "$root.new/.complete"
mv "$root.new" "$root"
