#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The package's own test with the image of examples/bzip2: -1 -2 -3 pack the three samples, -d and
# -ds unpack them, and all six results are compared byte for byte.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
samples=$(cd "$top" && cd "${O:-build}/deps" && cd bzip2-*/src && pwd) || exit 1
failed=0

# compare WHAT REFERENCE INPUT OPTION
compare() {
	if "$top/uni" run bzip2 -- "$4" <"$samples/$3" | cmp -s - "$samples/$2"; then
		echo "$1: as it should be"
	else
		echo "$1: different"
		failed=1
	fi
}

compare 'sample1 packed' sample1.bz2 sample1.ref -1
compare 'sample2 packed' sample2.bz2 sample2.ref -2
compare 'sample3 packed' sample3.bz2 sample3.ref -3
compare 'sample1 unpacked' sample1.ref sample1.bz2 -d
compare 'sample2 unpacked' sample2.ref sample2.bz2 -d
compare 'sample3 unpacked' sample3.ref sample3.bz2 -ds
exit $failed
