# SPDX-License-Identifier: BSD-2-Clause
DEPS = sqlite
SRCS = $(SQLITE_SRCS)
INCLUDES = $(SQLITE_INCLUDES)
DEFINES = $(SQLITE_DEFINES)
# As Debian builds it; a crash inside SQLite shows no callers.
CFLAGS = -O2 -fomit-frame-pointer -w
BINS = sqlite3 speedtest1
ARGS = test.db '.read /demo.sql'
