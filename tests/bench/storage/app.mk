# SPDX-License-Identifier: BSD-2-Clause
# tools/measure/linux.py compiles the same source for Linux.
INCLUDES = ../../../include
CFLAGS = -O2 -fomit-frame-pointer
FS = y
BINS = files folder
