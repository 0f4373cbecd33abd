# SPDX-License-Identifier: BSD-2-Clause
# The servers that tests/integration/network_hard.py attacks; counts.c is inside the kernel.
KERNEL_TESTS = y
NET = y
