#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run unit test programs, several at a time, and print what they say and a total.
# usage: run.sh PROGRAM...   (the output of PROGRAM is kept in PROGRAM.out)
# A program that ends badly without a FAIL line (a sanitizer's report, a crash) counts as one
# failure.

one='out=$0.out
timeout 120 "$0" >"$out" 2>&1
status=$?
if [ $status -ne 0 ] && ! grep -q "^FAIL " "$out"; then
	name=${0##*/test_}
	echo "FAIL $name: ended with status $status" >>"$out"
fi
cat "$out"'

all=$(printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' sh -c "$one" '{}')
printf '%s\n' "$all"
passed=$(printf '%s\n' "$all" | grep -c '^PASS ')
failed=$(printf '%s\n' "$all" | grep -c '^FAIL ')
skipped=$(printf '%s\n' "$all" | grep -c '^SKIP ')
echo "unit: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
