# SPDX-License-Identifier: BSD-2-Clause
DEPS = ck
SRCS = $(CK_SRCS)
INCLUDES = . $(CK_INCLUDES)
DEFINES = $(CK_DEFINES) CORES=4
CFLAGS = -w
BINS = ring fifo stack mcs ticket rwlock barrier epoch hazard sequence event
ARGS = 3 0 64
