/* SPDX-License-Identifier: BSD-2-Clause */
/* A unit test's process as the kernel's CPU: memory is where it is, so the linear map begins at 0. */
#define ARCH_IMAGE_BASE	 0x1000000000
#define ARCH_APP_END	 0x7ffffffff000
#define ARCH_LINEAR_BASE 0UL
#define ARCH_LINEAR_SIZE 0x800000000000
#define ARCH_PT_LEVELS	 4
