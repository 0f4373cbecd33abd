# SPDX-License-Identifier: BSD-2-Clause
# misuse.c runs inside the kernel and breaks its rules about locks (tests/integration/locks.py).
KERNEL_TESTS = y
