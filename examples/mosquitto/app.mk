# SPDX-License-Identifier: BSD-2-Clause
DEPS = mosquitto
SRCS = $(MOSQUITTO_SRCS)
DEFINES = $(MOSQUITTO_DEFINES)
INCLUDES = . $(MOSQUITTO_INCLUDES)
CFLAGS = -O2 -w
ARGS = -c /mosquitto.conf
NET = y
