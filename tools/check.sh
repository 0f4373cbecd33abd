#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# make check: what can be told from the sources and the objects without booting anything. Prints
# "ok NAME" or what is wrong for each check; the status is 0 when nothing is. O= says where the
# build is; words name the checks to do (style format floors headers float cppcheck analyzer).

set -u
cd "$(dirname "$0")/.." || exit 1
O=${O:-build}
checks=${*:-style format floors headers float cppcheck analyzer}
ARCHES='aarch64 x86_64 riscv64'
python=$(command -v /usr/bin/python3 || echo python3)
failed=0

have() { command -v "$1" >/dev/null 2>&1; }
# C files of ours; headers full of assembly are no C.
c_files() {
	git -c safe.directory="$(pwd -P)" ls-files -co --exclude-standard -- '*.c' '*.h' |
		while read -r file; do
			[ -f "$file" ] || continue
			grep -q '^[[:space:]]*\.macro\|^#define AT_LOAD' "$file" || echo "$file"
		done
}

[ "$checks" = c-files ] && { c_files; exit; }

check_style() { $python -B tools/check_style.py; }

check_format() {
	have clang-format || { echo 'clang-format is missing: install clang-format'; return 1; }
	c_files | xargs clang-format --dry-run -Werror 2>&1 | grep ': error:' |
		sed 's/error: code should be.*/make format would change this line/' | head -40 |
		grep . && return 1
	return 0
}

# The objects that floors and float look at.
objects() {
	make -s ARCH="$1" O="$O" MAKEFLAGS= kernel ||
		{ echo "the kernel for $1 is not built"; return 1; }
	dir=$O/$1-qemu-release/obj
	# What is left of sources that are no more would be judged, too.
	make -s ARCH="$1" O="$O" MAKEFLAGS= kernel-objects >"$dir/list" || return 1
	find "$dir" -name '*.o' ! -path "$dir/tests/*" | grep -vxFf "$dir/list" | xargs rm -f
}

check_floors() {
	for arch in $ARCHES; do
		objects "$arch" &&
			$python -B tools/check_floors.py --nm "$arch-linux-gnu-nm" \
				--objects "$dir" || return 1
	done
}

check_float() {
	for arch in $ARCHES; do
		objects "$arch" && find "$dir" -name '*.o' | sort |
			xargs $python -B tools/check_fp.py --objdump "$arch-linux-gnu-objdump" \
				--arch "$arch" || return 1
	done
}

# Each header compiles by itself, twice included, on its processor.
check_headers() {
	for arch in $ARCHES; do
		# irq_watch.h is the end of arch/cpu.h in one profile.
		find include -name '*.h' ! -path 'include/arch/*/impl/*' ! -name hidden.h \
			! -path include/arch/irq_watch.h
		find "include/arch/$arch" -name '*.h'
	done | sort -u | while read -r header; do
		grep -q '^[[:space:]]*\.macro' "$header" && continue
		case $header in
		include/arch/*/impl/*) name=$(echo "$header" | sed 's|.*/impl/|impl/|')
			one=$(echo "$header" | cut -d/ -f3)
			# Parts of <arch/NAME.h>, which says what they may use.
			[ -f "include/arch/${name#impl/}" ] && name=arch/${name#impl/} ;;
		*) name=${header#include/} one=aarch64 ;;
		esac
		# Assembly or not at all.
		[ "$name" != arch/stub.h ] || continue
		eval "flags=\$(compile_flags $one)"
		printf '#include <%s>\n#include <%s>\n' "$name" "$name" |
			$one-linux-gnu-gcc $flags -fsyntax-only -x c - 2>&1 |
			grep 'error\|warning' | head -3 | sed "s|^|$header: |"
	done | grep . && return 1
	return 0
}

# The options the build compiles the kernel with, without those that make objects.
compile_flags() {
	make -s ARCH="$1" O="$O" MAKEFLAGS= kernel-flags
}

check_cppcheck() {
	have cppcheck || { echo 'cppcheck is missing: install cppcheck'; return 1; }
	# Suppressed: comparing the ends of linker sets; arithmetic shifts; it misses that panic()
	# does not return; it does not see that a bool guards an index, nor into the C library's
	# own __syscall(), which fills what it is given.
	common='lib mem kernel fs posix fault dev'
	for arch in $ARCHES; do
		cppcheck --quiet --enable=warning,portability --inline-suppr --error-exitcode=1 \
			--std=c11 -j2 -Iinclude -Iinclude/arch/$arch --suppress=comparePointers \
			--suppress=subtractPointers --suppress=shiftNegativeLHS \
			--suppress=nullPointerRedundantCheck \
			--suppress=arrayIndexOutOfBoundsCond:arch/x86_64/trap.c \
			--suppress=constStatement:posix/libc/* --suppress=uninitvar:posix/libc/* \
			--template='{file}:{line}: {message} ({id})' "arch/$arch" $common 2>&1 ||
			return 1
		common=
	done
}

# What the analyzer says and is not so: a table begins with an even word; the entry is there, its
# directory is locked; a CPU always runs a thread; two records are prepared.
known_good() {
	grep -v -e 'lib/relr\.c:.*NULL .word.' -e 'fs/ramfs_dir\.c:.*NULL .0.' \
		-e 'kernel/sched\.c:.*NULL .0.' -e 'fs/record_lock\.c:.*NULL .record.'
}

# Each file of the kernel once, for the first processor that has it.
check_analyzer() {
	done=' '
	for arch in $ARCHES; do
		flags=$(compile_flags $arch)
		todo=
		for file in $(make -s ARCH=$arch O="$O" MAKEFLAGS= kernel-sources); do
			case $file in *.S) continue ;; esac
			case $done in *" $file "*) continue ;; esac
			done="$done$file " todo="$todo $file"
		done
		echo $todo | tr ' ' '\n' | xargs -P2 -n8 sh -c 'for file; do
			'$arch'-linux-gnu-gcc $0 -fanalyzer -O1 -c -o /dev/null "$file" 2>&1
		done' "$flags"
	done | grep 'warning: .*Wanalyzer\|error: ' | known_good | grep . && return 1
	return 0
}

for name in $checks; do
	if out=$("check_$name"); then
		echo "ok $name"
	else
		echo "wrong: $name"
		echo "$out" | sed 's/^/  /'
		failed=1
	fi
done
exit $failed
