#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deps/mosquitto_clients.sh SOURCE FOLDER: the package's own mosquitto_pub and mosquitto_sub for
# this computer, in FOLDER, for tests. SOURCE is its unpacked tree.
set -eu

[ $# -eq 2 ] && [ -f "$1/client/pub_client.c" ] || {
	echo "usage: deps/mosquitto_clients.sh SOURCE FOLDER" >&2
	exit 1
}
[ -x "$2/mosquitto_pub" ] && [ -x "$2/mosquitto_sub" ] && exit 0
mkdir -p "$2"
new=$(mktemp -d "$2/new.XXXXXX")
trap 'rm -rf "$new"' EXIT
for name in pub sub; do
	more=
	[ $name = pub ] && more=$1/client/pub_shared.c
	[ $name = sub ] && more=$1/client/sub_client_output.c
	# shellcheck disable=SC2086 # words on purpose
	"${HOSTCC:-gcc}" -O0 -w -D_GNU_SOURCE -DWITH_THREADING '-DVERSION="2.0.11"' "-I$1" \
		"-I$1/include" "-I$1/lib" "-I$1/deps" -o "$new/mosquitto_$name" \
		"$1/client/${name}_client.c" "$1/client/client_shared.c" \
		"$1/client/client_props.c" $more "$1"/lib/*.c -lpthread -lm
	mv "$new/mosquitto_$name" "$2/mosquitto_$name"
done
