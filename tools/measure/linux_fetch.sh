#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tools/measure/linux_fetch.sh ARCH: Debian's newest Linux kernel of the suite below, unpacked at
# $O/linux-ARCH/root; $O/linux-ARCH/release is its name. What make bench compares us with. It is
# fetched once; remove the folder for a newer one. No root is needed.
set -eu

SUITE=trixie

die() { echo "tools/measure/linux_fetch.sh: $*" >&2; exit 1; }

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=deps/apt.sh
. "$top/deps/apt.sh"
case ${1:-} in
aarch64) debian=arm64 flavour=cloud-arm64 ;;
x86_64) debian=amd64 flavour=cloud-amd64 ;;
riscv64) debian=riscv64 flavour=riscv64 ;;
*) die "usage: tools/measure/linux_fetch.sh aarch64|x86_64|riscv64" ;;
esac
O=${O:-build}
case $O in /*) ;; *) O=$top/$O ;; esac
dir=$O/linux-$1
[ -f "$dir/release" ] && exit 0
command -v dpkg-deb >/dev/null 2>&1 || die "the program dpkg-deb is missing: install dpkg"
mkdir -p "$dir" || die "cannot write to $O"
log=$dir/fetch.log

echo "  FETCH   linux-image-$flavour, Debian $SUITE" >&2
apt=$O/apt/$SUITE-$debian
apt_tree "$apt" "$SUITE" deb "$debian" ||
	die "no Debian archive with $(machine_suite) main in the machine's apt sources"
apt-get -c "$apt/apt.conf" update >"$log" 2>&1 || true
package=$(apt-cache -c "$apt/apt.conf" depends "linux-image-$flavour" 2>>"$log" |
	sed -n 's/^ *Depends: *\(linux-image-[0-9].*\)/\1/p' | head -1)
[ -n "$package" ] || die "Debian $SUITE has no kernel for $debian (details in $log)"
(cd "$dir" && rm -f ./*.deb && apt-get -c "$apt/apt.conf" download "$package") >>"$log" 2>&1 ||
	die "the package $package cannot be fetched (details in $log)"
rm -rf "$dir/root"
dpkg-deb -x "$dir"/*.deb "$dir/root" 2>>"$log" || die "the package cannot be unpacked"
rm -f "$dir"/*.deb
echo "${package#linux-image-}" >"$dir/release"
