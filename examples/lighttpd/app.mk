# SPDX-License-Identifier: BSD-2-Clause
DEPS = lighttpd
SRCS = $(LIGHTTPD_SRCS)
DEFINES = $(LIGHTTPD_DEFINES)
INCLUDES = . $(LIGHTTPD_INCLUDES)
CFLAGS = -O2 -w
ARGS = -D -f /lighttpd.conf
NET = y
