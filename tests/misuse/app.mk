# SPDX-License-Identifier: BSD-2-Clause
# misuse.c runs inside the kernel and breaks its rules about locks (tests/integration/locks.py).
# SYMS=y: its crash screens name functions without the runner (tests/integration/faults.py).
KERNEL_TESTS = y
SYMS = y
