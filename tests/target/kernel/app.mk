# SPDX-License-Identifier: BSD-2-Clause
# Suites that run inside the kernel: main.c only starts them and prints what they say.
KERNEL_TESTS = y
