# SPDX-License-Identifier: BSD-2-Clause
# uart.c runs inside the kernel: it raises a real interrupt.
KERNEL_TESTS = y
INCLUDES = ../../../include
