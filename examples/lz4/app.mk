# SPDX-License-Identifier: BSD-2-Clause
DEPS = lz4
SRCS = $(LZ4_SRCS)
INCLUDES = $(LZ4_INCLUDES)
DEFINES = $(LZ4_DEFINES)
CFLAGS = -w
BINS = fuzzer frametest decompress_partial decompress_partial_dict
