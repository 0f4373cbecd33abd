#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# tools/mkdisk.sh IMAGE SIZE [FOLDER]: make a disk image with one FAT file system, FAT32 from 64 MiB
# on, and copy what is in FOLDER into it. An image that is there is kept, and filled.
set -eu

PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C.UTF-8 MTOOLS_SKIP_CHECK=1

say() { echo "make disk: $*" >&2; }
die() { say "$*"; exit 1; }
need() {
	command -v "$1" >/dev/null 2>&1 || die "the program $1 is missing: install the package $2"
}

[ $# -ge 2 ] || die 'usage: tools/mkdisk.sh IMAGE SIZE [FOLDER]'
image=$1 size=$2 folder=${3:-}
need mkfs.fat dosfstools
[ -z "$folder" ] || need mcopy mtools
[ -z "$folder" ] || [ -d "$folder" ] || die "DISK_FROM=$folder is not a folder"

number=${size%[KMG]}
case $number in '' | *[!0-9]*) die "DISK_SIZE=$size is not a size such as 360M or 2G" ;; esac
case $size in
*K) kib=$number ;;
*G) kib=$((number * 1048576)) ;;
*) kib=$((number * 1024)) ;;
esac
[ "$kib" -ge 64 ] || die "DISK_SIZE=$size is too small: 64K is the least"

if [ -e "$image" ]; then
	say "$image is already there and is kept (remove it to have a new one)"
	use=$image
else
	use=$image.new.$$
	trap 'rm -f "$use"' EXIT
	truncate -s "${kib}K" "$use" || die "cannot write $image"
	if [ "$kib" -ge 65536 ]; then fat='-F 32'; else fat=; fi
	# shellcheck disable=SC2086 # words on purpose
	mkfs.fat $fat -n UNISHYPER "$use" >/dev/null
fi
if [ -n "$folder" ]; then
	for entry in "$folder"/* "$folder"/.[!.]*; do
		[ -e "$entry" ] || continue
		mcopy -s -m -Q -D o -i "$use" "$entry" ::/ ||
			die "$entry cannot be copied into $image"
	done
fi
[ "$use" = "$image" ] || { mv "$use" "$image" && trap - EXIT; }
