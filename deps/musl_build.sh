#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deps/musl_build.sh ARCH CROSS SRC GEN OUT: compile the C library's source SRC for ARCH with the
# compiler CROSSgcc and the overlay posix/musl, into OUT/{include,lib/libc.a}; GEN holds
# uk_syscalls.h. MUSL_CFLAGS: options. JOBS: compilers at once (default: the CPUs).
#
# The library's own makefile starts a compiler for each of 1,340 files; here one compiler takes a
# dozen, which is twice as fast. The rules are its own: a file in src/*/ARCH replaces that of the
# same name in src/*.
set -eu

die() { echo "deps/musl_build.sh: $*" >&2; exit 1; }

[ $# -eq 5 ] || die "usage: deps/musl_build.sh ARCH CROSS SRC GEN OUT"
arch=$1 cross=$2
top=$(cd "$(dirname "$0")/.." && pwd)
src=$(cd "$3" && pwd)
gen=$(cd "$4" && pwd)
mkdir -p "$5"
out=$(cd "$5" && pwd)
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
obj=$out/obj

# Another make may have built it while this one waited, and times alone do not make it stale.
key=$({
	echo "$cross $("${cross}gcc" -dumpfullversion) $MUSL_CFLAGS"
	cat "$0" "$top"/posix/musl/*.h "$gen/uk_syscalls.h" "$src/../.fetched"
} | cksum)
if [ -f "$out/lib/libc.a" ] && [ "$(cat "$out/.key" 2>/dev/null)" = "$key" ]; then
	touch "$out/lib/libc.a"
	exit 0
fi
rm -rf "$obj" "${out:?}/lib" "$out/include" "$out/.key"
mkdir -p "$obj/internal" "$out/lib" "$out/include/bits"

# Headers for everybody, numbers of system calls included.
cp -R "$src/include/." "$out/include/"
rm -f "$out/include/alltypes.h.in"
cp "$src/arch/generic/bits/"*.h "$out/include/bits/"
cp "$src/arch/$arch/bits/"*.h "$out/include/bits/"
sed -f "$src/tools/mkalltypes.sed" "$src/arch/$arch/bits/alltypes.h.in" \
	"$src/include/alltypes.h.in" >"$out/include/bits/alltypes.h"
{
	cat "$src/arch/$arch/bits/syscall.h.in"
	sed -n 's/__NR_/SYS_/p' "$src/arch/$arch/bits/syscall.h.in"
} >"$out/include/bits/syscall.h"
echo "#define VERSION \"$(cat "$src/VERSION")\"" >"$obj/internal/version.h"

# Ours instead: the memory functions are the kernel's (with unwind tables, used by both sides); the
# others enter the kernel with a trap instruction or pass a call's number as an int (posix/start).
replaced="string/memcpy string/memmove string/memset string/memcmp
	thread/clone thread/syscall_cp thread/__unmapself misc/syscall unistd/setxid"
[ "$arch" = x86_64 ] && replaced="$replaced thread/__set_thread_area"
# The general C file although there is assembly: that one traps.
general="process/vfork signal/restore"

# One line a source file: "folder/name path", in which name appears once.
cd "$src/src"
for file in */*.c malloc/mallocng/*.c */"$arch"/*.[csS]; do
	[ -f "$file" ] || continue
	base=${file##*/}
	dir=${file%/*}
	echo "${dir%/"$arch"}/${base%.*} $file"
done | awk -v replaced="$replaced" -v general="$general" -v arch="$arch" '
	BEGIN {
		n = split(replaced, word); for (i = 1; i <= n; i++) skip[word[i]] = 1
		n = split(general, word); for (i = 1; i <= n; i++) plain[word[i]] = 1
	}
	$1 in skip { next }
	$2 ~ "/" arch "/" { if (!($1 in plain)) path[$1] = $2; next }
	!($1 in path) { path[$1] = $2 }
	END { for (name in path) print path[name] }' | sort >"$obj/files"
count=$(wc -l <"$obj/files")
[ "$count" -gt 1000 ] || die "$src: only $count source files found"

# A compiler writes its objects into the folder it runs in: one call for a dozen files of a folder.
# First word of a line: what to say when it is done (a word a quarter of the way, else "-").
awk '
	function flush_line() { if (line != "") print line; line = ""; n = 0 }
	{
		dir = $0; sub("/[^/]*$", "", dir)
		if (dir != last || n == 12) { flush_line(); line = dir; last = dir }
		line = line " " $0; n++
	}
	END { flush_line() }' "$obj/files" | awk '
	{ line[NR] = $0 }
	END {
		for (i = 1; i <= NR; i++)
			print (i % int(NR / 4) || i == NR ? "-" : int(100 * i / NR) "%"), line[i]
	}' >"$obj/units"
cut -d' ' -f2 "$obj/units" | sort -u | (cd "$obj" && xargs mkdir -p)

cat >"$obj/compile" <<-END
	#!/bin/sh
	quarter=\$1 extra=
	cd "$obj/\$2" || exit 255
	[ "\$2" != env ] || extra="-DUK_PROGRAM_START"
	shift 2
	for file; do shift; set -- "\$@" "$src/src/\$file"; done
	${cross}gcc -std=c99 -nostdinc -ffreestanding -fexcess-precision=standard \\
		-frounding-math -fno-strict-aliasing -D_XOPEN_SOURCE=700 \\
		-include "$top/posix/musl/hidden.h" -I"$top/posix/musl" -I"$gen" \\
		-I"$src/arch/$arch" -I"$src/arch/generic" -I"$obj/internal" \\
		-I"$src/src/include" -I"$src/src/internal" -I"$out/include" -I"$src/include" \\
		-Wno-return-local-addr \$extra $MUSL_CFLAGS -c "\$@" || exit 255
	[ "\$quarter" = - ] || echo "  MUSL    $arch: \$quarter" >&2
END
echo "  MUSL    $arch: $count files" >&2
xargs -P "$jobs" -L 1 sh "$obj/compile" <"$obj/units" ||
	die "the C library does not compile for $arch"

(cd "$obj" && find . -name '*.o' | LC_ALL=C sort | xargs "${cross}ar" qcS "$out/lib/new.a") &&
	"${cross}ranlib" "$out/lib/new.a" && mv "$out/lib/new.a" "$out/lib/libc.a"
rm -rf "$obj"
echo "$key" >"$out/.key"
echo "  MUSL    $arch: done" >&2
