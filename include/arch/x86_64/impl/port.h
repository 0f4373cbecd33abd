/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O ports. */
#pragma once

#include <stdint.h>

static inline uint8_t arch_port_read8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %w1, %b0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint16_t arch_port_read16(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %w1, %w0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t arch_port_read32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %w1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void arch_port_write8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %b0, %w1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void arch_port_write16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %w0, %w1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void arch_port_write32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %w1" ::"a"(value), "Nd"(port) : "memory");
}
