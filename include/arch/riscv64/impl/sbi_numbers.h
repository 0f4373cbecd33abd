/* SPDX-License-Identifier: BSD-2-Clause */
/* Extensions and functions of the firmware [RISC-V SBI 1.0]; assembly includes this, too. */
#pragma once

#define SBI_LEGACY_SET_TIMER 0x00
#define SBI_LEGACY_PUTCHAR   0x01
#define SBI_LEGACY_GETCHAR   0x02
#define SBI_LEGACY_SHUTDOWN  0x08
#define SBI_BASE	     0x10
#define SBI_TIME	     0x54494d45
#define SBI_IPI		     0x735049
#define SBI_RFENCE	     0x52464e43
#define SBI_HSM		     0x48534d
#define SBI_SRST	     0x53525354
#define SBI_DBCN	     0x4442434e

/* Functions of the extensions. */
#define SBI_BASE_PROBE	    3
#define SBI_BASE_MVENDORID  4
#define SBI_BASE_MARCHID    5
#define SBI_BASE_MIMPID	    6
#define SBI_TIME_SET	    0
#define SBI_IPI_SEND	    0
#define SBI_RFENCE_FENCE_I  0
#define SBI_HSM_START	    0
#define SBI_HSM_STOP	    1
#define SBI_HSM_STATUS	    2
#define SBI_SRST_RESET	    0
#define SBI_DBCN_READ	    1
#define SBI_DBCN_WRITE_BYTE 2

#define SBI_HSM_STATE_STOPPED 1

#define SBI_SRST_SHUTDOWN    0
#define SBI_SRST_COLD_REBOOT 1
