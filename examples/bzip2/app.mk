# SPDX-License-Identifier: BSD-2-Clause
DEPS = bzip2
SRCS = $(BZIP2_SRCS)
DEFINES = $(BZIP2_DEFINES)
CFLAGS = -w
