/* SPDX-License-Identifier: BSD-2-Clause */
/* Listens for clients of iperf 2 and prints what each test did: lwiperf -p PORT -n TESTS */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "iperf.h"

int main(int argc, char **argv)
{
	long port = 5001, tests = -1;
	int option, failed = 0;

	while ((option = getopt(argc, argv, "p:n:")) != -1) {
		if (option == 'p') {
			port = atol(optarg);
		} else if (option == 'n') {
			tests = atol(optarg);
		} else {
			fprintf(stderr, "lwiperf: -p PORT -n TESTS\n");
			return 2;
		}
	}
	if (port <= 0 || port > 65535 || uk_sys_iperf_listen(port)) {
		fprintf(stderr, "lwiperf: it cannot listen on port %ld\n", port);
		return 1;
	}
	printf("iperf 2 server listens on port %ld\n", port);
	fflush(stdout);
	while (tests < 0 || tests-- > 0) {
		struct iperf_report report;

		if (uk_sys_iperf_report(&report))
			return 1;
		printf("%s: %u bytes in %u ms, %u kbit/s%s\n",
		       inet_ntoa((struct in_addr){report.peer}), report.bytes, report.ms,
		       report.kbit_per_s, report.result > 1 ? ", broken off" : "");
		fflush(stdout);
		failed |= report.result > 1;
	}
	return failed;
}
