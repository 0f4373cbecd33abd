/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaving the kernel downward: the firmware, the emulator's host. And instructions a CPU may not
 * have.
 */
#include "macros.h"

FUNCTION sbi_call
	ecall
	ret
END sbi_call

/*
 * Semihosting [RISC-V semihosting 0.4]: a0 = operation, a1 = parameter. The three instructions
 * must not be compressed and must lie in one page. Without a host the middle one is a breakpoint:
 * returns 0x0bad.
 */
FUNCTION semihosting_call, 16
	.option push
	.option norvc
	slli	zero, zero, 0x1f
	MAY_FAULT 9f, ebreak
	srai	zero, zero, 7
	.option pop
	ret
9:	li	a0, 0x0bad
	ret
END semihosting_call

/* int sstc_probe(void): has this hart a timer of its own for us; if so, it is off now. */
FUNCTION sstc_probe
	li	a0, -1
	MAY_FAULT 9f, csrw CSR_STIMECMP, a0
	li	a0, 1
	ret
9:	li	a0, 0
	ret
END sstc_probe

/* bool seed_read(uint32_t *value): one read of the entropy source [Zkr 1.0]; waits for nothing. */
FUNCTION seed_read
	MAY_FAULT 9f, csrrw a1, 0x015, zero
	sw	a1, 0(a0)
	li	a0, 1
	ret
9:	li	a0, 0
	ret
END seed_read
