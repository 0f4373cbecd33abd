# SPDX-License-Identifier: BSD-2-Clause
DEPS = redis
SRCS = $(REDIS_SRCS)
DEFINES = $(REDIS_DEFINES)
INCLUDES = . $(REDIS_INCLUDES)
CFLAGS = -O2 -w
ARGS = /redis.conf
NET = y
