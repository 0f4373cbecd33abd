#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deps/fetch.sh NAME: put the pinned source of deps/NAME.recipe at $O/deps/NAME-VERSION/src.
#
# The source package comes from the Debian archive this machine already uses, through a private
# apt tree below $O (default build), so nothing of the system changes and no root is needed.
# Done before: returns at once without the network. Needs apt-get, tar, gzip, xz, patch, and bzip2
# where the tarball needs it.
set -eu

die() { echo "deps/fetch.sh: $*" >&2; exit 1; }
say() { echo "  FETCH   $*" >&2; }

[ $# -eq 1 ] || die "usage: deps/fetch.sh NAME (a recipe in deps/)"
top=$(cd "$(dirname "$0")/.." && pwd)
recipe=$top/deps/$1.recipe
[ -f "$recipe" ] || die "there is no recipe deps/$1.recipe"
# shellcheck source=/dev/null
. "$recipe"
# shellcheck source=deps/apt.sh
. "$top/deps/apt.sh"
O=${O:-build}
case $O in /*) ;; *) O=$top/$O ;; esac
dir=$O/deps/$NAME-$VERSION
stamp=$dir/.fetched
want="$TARBALL $SHA256 $PATCHES"
[ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && exit 0

for tool in apt-get:apt tar:tar gzip:gzip xz:xz-utils sha256sum:coreutils patch:patch \
	flock:util-linux; do
	command -v "${tool%:*}" >/dev/null 2>&1 ||
		die "$NAME $VERSION: the program ${tool%:*} is missing:" \
			"install the package ${tool#*:}"
done
# shellcheck disable=SC2153 # from the recipe
case $TARBALL in *.bz2)
	command -v bzip2 >/dev/null 2>&1 ||
		die "$NAME $VERSION: the program bzip2 is missing: install the package bzip2" ;;
esac
mkdir -p "$dir" || die "$NAME $VERSION: cannot write to $O/deps"

# One fetch at a time: under make -j the second one waits, then finds the work done.
exec 9>"$O/deps/.lock"
flock 9
[ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && exit 0

# shellcheck disable=SC2153 # from the recipe
apt=$O/apt/$SUITE
log=$dir/fetch.log
: >"$log"

# Bring $TARBALL and the package's debian.tar.* into $dir.
package_download() {
	apt_tree "$apt" "$SUITE" deb-src ||
		die "$NAME $VERSION: no Debian archive with $(machine_suite) main in the" \
			"machine's apt sources"
	say "package lists of Debian $SUITE"
	apt-get -c "$apt/apt.conf" update >>"$log" 2>&1 || true
	[ -n "$(find "$apt/lists" -name '*_Sources*')" ] ||
		die "$NAME $VERSION: the package lists of Debian $SUITE cannot be fetched" \
			"(is the network there? details in $log)"
	say "source package $SOURCE ($NAME $VERSION, Debian $SUITE)"
	(cd "$dir" && apt-get -c "$apt/apt.conf" -y source --download-only "$SOURCE") \
		>>"$log" 2>&1 ||
		die "$NAME $VERSION: the source package $SOURCE of Debian $SUITE cannot be" \
			"fetched (details in $log)"
	[ -f "$dir/$TARBALL" ] ||
		die "$NAME $VERSION: the source package $SOURCE of Debian $SUITE no longer has" \
			"$TARBALL"
}

# Apply Debian's patches: all of the series (PATCHES=debian) or those matching a pattern.
patches_apply() {
	[ "$PATCHES" = none ] && return
	# shellcheck disable=SC2013 # names in a series hold no blanks
	for p in $(sed 's/#.*//' "$work/debian/patches/series"); do
		take=n
		set -f
		for pattern in $PATCHES; do
			# shellcheck disable=SC2254 # the recipe's words are patterns
			case $p in $pattern) take=y ;; esac
			[ "$pattern" = debian ] && take=y
		done
		set +f
		[ $take = y ] || continue
		patch -d "$work/src" -p1 -s -f --no-backup-if-mismatch \
			<"$work/debian/patches/$p" >>"$log" 2>&1 ||
			die "$NAME $VERSION: Debian's patch $p does not apply (details in $log)"
	done
}

sha256() { sha256sum "$1" 2>/dev/null | cut -d' ' -f1; }

set -- "$dir/${TARBALL%.orig.*}"-*.debian.tar.*
if [ "$(sha256 "$dir/$TARBALL")" != "$SHA256" ] || [ ! -f "$1" ]; then
	rm -f "$dir/$TARBALL" "$dir"/*.debian.tar.* "$dir"/*.dsc
	package_download
	set -- "$dir/${TARBALL%.orig.*}"-*.debian.tar.*
fi
[ "$(sha256 "$dir/$TARBALL")" = "$SHA256" ] ||
	die "$NAME $VERSION: the checksum of $TARBALL is not the pinned one"

say "unpacking $NAME $VERSION"
work=$dir/.new
rm -rf "$work"
mkdir -p "$work/src"
# ONLY in a recipe: the folders it wants of a large package.
only=
for folder in ${ONLY:-}; do only="$only */$folder"; done
set -f
# shellcheck disable=SC2086 # words on purpose
tar -C "$work/src" --strip-components=1 ${only:+--wildcards} -xf "$dir/$TARBALL" $only 2>>"$log" ||
	die "$NAME $VERSION: $TARBALL cannot be unpacked (details in $log)"
set +f
if [ -f "$1" ]; then
	tar -C "$work" -xf "$1" 2>>"$log" ||
		die "$NAME $VERSION: ${1##*/} cannot be unpacked (details in $log)"
fi
patches_apply
rm -rf "$dir/src" "$dir/debian"
mv "$work/src" "$dir/src"
[ ! -d "$work/debian" ] || mv "$work/debian" "$dir/debian"
rm -rf "$work"
echo "$want" >"$stamp"
