#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deps/sqlite_make.sh FOLDER: FOLDER/src is SQLite's source tree; make FOLDER/gen with sqlite3.c,
# the whole library as one file, sqlite3.h and shell.c, as the package's own main.mk makes them.
# The tree is not configured: what configure would find is in SQLITE_DEFINES of sqlite.mk.
set -eu

die() { echo "deps/sqlite_make.sh: $*" >&2; exit 1; }

[ $# -eq 1 ] && [ -f "$1/src/main.mk" ] || die "usage: deps/sqlite_make.sh FOLDER"
for tool in tclsh:tcl "${HOSTCC:-gcc}:gcc"; do
	command -v "${tool%:*}" >/dev/null 2>&1 ||
		die "sqlite: the program ${tool%:*} is missing: install the package ${tool#*:}"
done

# Its recipes call tools that write into the folder they are in, one after the other.
rm -rf "$1/gen" "$1/.gen"
mkdir "$1/.gen"
cd "$1/.gen"
env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u MAKELEVEL LC_ALL=C \
	make -s -j1 -f ../src/main.mk TOP=../src "BCC=${HOSTCC:-gcc}" OPTS= \
	sqlite3.c shell.c >make.log 2>&1 ||
	die "sqlite: its own build fails (details in $1/.gen/make.log)"
mkdir new
mv sqlite3.c sqlite3.h sqlite3ext.h sqlite3session.h shell.c new
cd ..
mv .gen/new gen
rm -rf .gen
