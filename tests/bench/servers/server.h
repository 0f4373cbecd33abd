/* SPDX-License-Identifier: BSD-2-Clause */
/* What the servers of `make bench` share; the same programs run here and on Linux. */
#pragma once

#define PORT 8080

/*
 * Between two marks lie ROUNDS of what is counted, behind WARM that are not: requests, datagrams,
 * or MiB for the streams.
 */
#define WARM   100
#define ROUNDS 1000

#define CLOSE_MARK  1 /* and the next one */
#define KEEP_MARK   3
#define SINK_MARK   5
#define SOURCE_MARK 7
#define EVENT_MARK  9
#define UDP_MARK    11

/* A socket that listens, or the program ends. */
int listen_on_port(void);

/* The ways to serve; each returns the program's status. */
int serve_simple(void);
int serve_events(void);
int serve_udp(void);
int serve_idle(void);
