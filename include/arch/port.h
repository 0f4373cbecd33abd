/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I/O ports, for drivers of chips that sit behind them on some machines and in memory on others.
 * Where the CPU has none, impl/port.h reads ones and writes nothing.
 *
 *   uint8_t arch_port_read8(uint16_t port);
 *   void arch_port_write8(uint16_t port, uint8_t value);
 */
#pragma once

#include <impl/port.h>
