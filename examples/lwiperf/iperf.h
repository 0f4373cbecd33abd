/* SPDX-License-Identifier: BSD-2-Clause */
/* What main.c asks of server.c. */
#pragma once

#include <stdint.h>

struct iperf_report {
	uint32_t peer;	 /* IPv4, network order */
	uint32_t result; /* 0: a test that a client ran has ended, else enum lwiperf_report_type */
	uint32_t bytes, ms, kbit_per_s;
};

/* 0 or a negative errno. */
long uk_sys_iperf_listen(long port);

/* The next test that has ended. 0 or a negative errno. */
long uk_sys_iperf_report(struct iperf_report *report);
