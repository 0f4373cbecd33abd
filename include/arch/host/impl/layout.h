/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Linux process as the kernel's machine, for unit tests. Physical memory is one mapping of the
 * process, which is the linear map at the same time; application addresses are numbers that only
 * mem/pagetable.c gives a meaning to. The image is a few pages of the test program.
 */
#pragma once

#define ARCH_PT_LEVELS	 4
#define ARCH_ROOTS	 1
#define ARCH_APP_END	 0xfffffff00000UL
#define ARCH_LINEAR_BASE 0x200000000000UL
#define ARCH_LINEAR_SIZE 0x4000000000UL

/* A test may say that the image is linked elsewhere. */
#ifndef ARCH_IMAGE_BASE
extern char __image_start[];
#define ARCH_IMAGE_BASE ((uintptr_t)__image_start)
#endif
