# SPDX-License-Identifier: BSD-2-Clause
# The compression library for an application that says DEPS = zlib: ZLIB is its folder (for
# INCLUDES), ZLIB_SRCS its sources, ZLIB_DEFINES what its configure would find.
include deps/source.mk
$(eval $(call dep_source,ZLIB,zlib,adler32.c compress.c crc32.c deflate.c gzclose.c gzlib.c \
	gzread.c gzwrite.c infback.c inffast.c inflate.c inftrees.c trees.c uncompr.c zutil.c))
ZLIB_DEFINES := HAVE_UNISTD_H HAVE_STDARG_H _LARGEFILE64_SOURCE
