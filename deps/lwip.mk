# SPDX-License-Identifier: BSD-2-Clause
# The TCP/IP library, a part of the kernel that programs with NET=y keep (tools/build/kernel.mk).
#
# Needs: O, K. Gives: LWIP_SRCS and LWIP_OBJS, LWIP_CPPFLAGS for our files that see its headers.
# What is not listed is not needed: its sockets and threads, its memory pools, its timers (ours
# are in net/), protocols that nobody speaks here; core/ipv4/ip4_frag and
# core/ipv6/ip6_frag are in net/fragments4.c and net/fragments6.c.

LWIP := $(O)/deps/lwip-$(shell sed -n 's/^VERSION=//p' deps/lwip.recipe)/src/src
LWIP_NAMES := core/def core/inet_chksum core/init core/ip core/mem core/memp core/netif core/pbuf \
	core/raw core/tcp core/tcp_in core/tcp_out core/udp core/ipv4/dhcp \
	core/ipv4/etharp core/ipv4/icmp core/ipv4/igmp core/ipv4/ip4 core/ipv4/ip4_addr \
	core/ipv6/ethip6 core/ipv6/icmp6 core/ipv6/inet6 core/ipv6/ip6 \
	core/ipv6/ip6_addr core/ipv6/mld6 core/ipv6/nd6 netif/ethernet
LWIP_SRCS := $(LWIP_NAMES:%=$(LWIP)/%.c)
LWIP_OBJS := $(LWIP_NAMES:%=$(K)/obj/net/lwip/%.o)
LWIP_READY := $(patsubst %/src/src,%,$(LWIP))/.fetched
LWIP_CPPFLAGS := -Inet/lwip -isystem $(LWIP)/include

$(LWIP_READY): deps/lwip.recipe deps/fetch.sh
	@O=$(O) deps/fetch.sh lwip && touch $@
$(LWIP_SRCS): $(LWIP_READY) ;

$(K)/obj/net/lwip/%.o: $(LWIP)/%.c $(K)/kernel.flags | $(KERNEL_READY)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CPPFLAGS) $(filter-out $(WARNINGS) -Wvla \
		-Wstrict-prototypes -Wmissing-prototypes,$(KERNEL_CFLAGS)) -MMD -MP -c -o $@ $<
