# SPDX-License-Identifier: BSD-2-Clause
# The library's own program calls the library, which is in the kernel: so is all but main.c, as the
# suites of kernel tests are.
KERNEL_TESTS = y
NET = y
