/* SPDX-License-Identifier: BSD-2-Clause */
/* This CPU has no I/O ports. */
#pragma once

#include <stdint.h>

static inline uint8_t arch_port_read8(uint16_t port)
{
	(void)port;
	return 0xff;
}

static inline void arch_port_write8(uint16_t port, uint8_t value)
{
	(void)port;
	(void)value;
}
