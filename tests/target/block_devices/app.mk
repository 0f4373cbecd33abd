# SPDX-License-Identifier: BSD-2-Clause
# Suites of the block devices, inside the kernel; what starts and counts them is target/kernel's.
KERNEL_TESTS = y
FS = y
