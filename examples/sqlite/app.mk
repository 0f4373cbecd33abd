# SPDX-License-Identifier: BSD-2-Clause
DEPS = sqlite
SRCS = $(SQLITE_SRCS)
INCLUDES = $(SQLITE_INCLUDES)
DEFINES = $(SQLITE_DEFINES)
CFLAGS = -O2 -w
BINS = sqlite3 speedtest1
ARGS = test.db '.read /demo.sql'
