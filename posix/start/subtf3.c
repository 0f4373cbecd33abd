/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * a - b of 128-bit floating point, which aarch64 and riscv64 call long double and do in software:
 * the compiler's library has the whole addition twice, and every printf() would link both. Here the
 * difference is the sum with the sign of b turned. The build links this file ahead of that library.
 */
typedef float quad __attribute__((__mode__(__TF__)));

quad __addtf3(quad a, quad b);
quad __subtf3(quad a, quad b);

quad __subtf3(quad a, quad b)
{
	union {
		quad value;
		unsigned long half[2]; /* the lower one first */
	} turned = {b};

	turned.half[1] ^= 1UL << 63;
	/* The sign of what is not a number stays. */
	return __addtf3(a, b == b ? turned.value : b);
}
