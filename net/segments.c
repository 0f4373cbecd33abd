/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the library believes of any segment: the size of segments is agreed on at the beginning
 * [rfc9293 3.7.1]. It would take a smaller one in the middle, with longer ones queued, and count
 * below zero (tcp_write() in lwIP 2.2.1).
 */
#include "core.h"
#include "lwip/hooks.h"

#include <lwip/priv/tcp_priv.h>

int8_t net_look_at_options(const struct tcp_hdr *header, unsigned size, unsigned first,
			   const uint8_t *second)
{
	const uint8_t *options = (const uint8_t *)(header + 1);

	for (unsigned at = 0; at < size;) {
		uint8_t kind = at < first ? options[at] : second[at - first];
		unsigned next = at + 1;

		if (kind == LWIP_TCP_OPT_EOL)
			break;
		if (kind == LWIP_TCP_OPT_MSS)
			return ERR_VAL;
		if (kind == LWIP_TCP_OPT_NOP)
			at = next;
		else if (next < size)
			at += next < first ? options[next] : second[next - first];
		else
			break;
		if (at < next)
			break; /* the library stops there, too */
	}
	return ERR_OK;
}
