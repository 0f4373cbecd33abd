# SPDX-License-Identifier: BSD-2-Clause
DEPS = zlib
SRCS = $(ZLIB_SRCS)
INCLUDES = $(ZLIB)
DEFINES = $(ZLIB_DEFINES)
CFLAGS = -w
BINS = example minigzip
