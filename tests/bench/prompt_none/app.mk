# SPDX-License-Identifier: BSD-2-Clause
SRCS = ../prompt/main.c
INCLUDES = ../../../include
