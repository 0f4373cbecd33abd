/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the TCP/IP library asks us: included by its files. */
#pragma once

/* A first sequence number that nobody can guess. */
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) net_random()
