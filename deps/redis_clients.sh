#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deps/redis_clients.sh SOURCE FOLDER: the package's own redis-cli and redis-benchmark for this
# computer, in FOLDER, for tests. SOURCE is its unpacked tree.
set -eu

[ $# -eq 2 ] && [ -f "$1/src/redis-cli.c" ] || {
	echo "usage: deps/redis_clients.sh SOURCE FOLDER" >&2
	exit 1
}
[ -x "$2/redis-cli" ] && [ -x "$2/redis-benchmark" ] && exit 0
top=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$2"
new=$(mktemp -d "$2/new.XXXXXX")
trap 'rm -rf "$new"' EXIT
src=$1/src deps=$1/deps
common="-I$top/examples/redis -I$deps/lua/src"
for name in anet adlist dict zmalloc release ae crcspeed crc64 siphash crc16 monotonic cli_common \
	mt19937-64 redisassert; do
	common="$common $src/$name.c"
done
for name in hiredis linenoise hdr_histogram; do
	common="$common -I$deps/$name"
done
for name in alloc async hiredis net read sds; do
	common="$common $deps/hiredis/$name.c"
done
# shellcheck disable=SC2086 # words on purpose
build() {
	name=$1
	shift
	"${HOSTCC:-gcc}" -O1 -w '-DHDR_MALLOC_INCLUDE="hdr_redis_malloc.h"' -o "$new/$name" \
		"$src/$name.c" $common "$@" -lm -lpthread
	mv "$new/$name" "$folder/$name"
}
folder=$2
build redis-cli "$deps/linenoise/linenoise.c"
build redis-benchmark "$deps/hdr_histogram/hdr_histogram.c"
