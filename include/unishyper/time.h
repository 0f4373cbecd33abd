/* SPDX-License-Identifier: BSD-2-Clause */
/* Time since the machine started. It never goes back and does not overflow for 500 years. */
#ifndef UNISHYPER_TIME_H
#define UNISHYPER_TIME_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The processor's counter, at a rate of its own. */
uint64_t time_now_cycles(void);

uint64_t time_now_ns(void);
uint64_t time_now_us(void);
uint64_t time_now_ms(void);
uint64_t time_now_s(void);

/* When the machine started, in ns since 1970; without a clock chip that was in 1970. */
uint64_t time_boot_ns(void);

#ifdef __cplusplus
}
#endif

#endif
