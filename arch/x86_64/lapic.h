/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of the local APIC, by their offset in memory [Intel SDM 3A 12.4]; for lapic.c, timer.c,
 * smp.c.
 */
#pragma once

#include <impl/lapic.h>

#define LAPIC_PRIORITY	    0x080
#define LAPIC_EOI	    0x0b0
#define LAPIC_SPURIOUS	    0x0f0
#define LAPIC_ICR	    0x300
#define LAPIC_ICR_TARGET    0x310
#define LAPIC_LVT_TIMER	    0x320
#define LAPIC_LVT_LINT0	    0x350
#define LAPIC_LVT_LINT1	    0x360
#define LAPIC_LVT_ERROR	    0x370
#define LAPIC_TIMER_INITIAL 0x380
#define LAPIC_TIMER_CURRENT 0x390
#define LAPIC_TIMER_DIVIDE  0x3e0

#define LAPIC_ENABLE	   0x100
#define LAPIC_LVT_MASKED   0x10000
#define LAPIC_LVT_NMI	   0x400
#define LAPIC_TIMER_BY_TSC 0x40000

#define LAPIC_ICR_INIT	  0x4500 /* asserted */
#define LAPIC_ICR_STARTUP 0x4600
#define LAPIC_ICR_BUSY	  0x1000

uint32_t lapic_read(unsigned reg);
void lapic_write(unsigned reg, uint32_t value);

/* Send what the low half of the interrupt command register says to the CPU with this APIC id. */
void lapic_send(uint32_t target, uint32_t command);

void lapic_timer_interrupt(void);
