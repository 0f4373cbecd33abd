# SPDX-License-Identifier: BSD-2-Clause
# The compressor for an application that says DEPS = bzip2: BZIP2 is its folder, BZIP2_SRCS the
# sources of the program bzip2 (main included), BZIP2_DEFINES its defines.
include deps/source.mk
$(eval $(call dep_source,BZIP2,bzip2,blocksort.c bzip2.c bzlib.c compress.c crctable.c \
	decompress.c huffman.c randtable.c))
BZIP2_DEFINES := _FILE_OFFSET_BITS=64
