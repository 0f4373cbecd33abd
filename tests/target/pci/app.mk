# SPDX-License-Identifier: BSD-2-Clause
# Suites inside the kernel, with a driver of their own: edu.c is the example of
# docs/writing-a-driver.md.
KERNEL_TESTS = y
FS = y
