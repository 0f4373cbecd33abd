/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TCP/IP library as it is built here. Its functions are called by the thread that needs them
 * with one lock held (net/core.h); memory comes from the kernel's heap, by need.
 */
#pragma once

#include <base/sum.h>
#include <mem/heap.h>

#define mem_init lwip_mem_init /* there is one in mem/ */

#define NO_SYS				      1
#define SYS_LIGHTWEIGHT_PROT		      0
#define LWIP_NETCONN			      0
#define LWIP_SOCKET			      0
#define LWIP_TIMERS_CUSTOM		      1 /* net/timers.c */
#define LWIP_STATS			      0
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS 1

#define MEM_ALIGNMENT		       8
#define MEM_CUSTOM_ALLOCATOR	       1
#define MEM_CUSTOM_MALLOC	       heap_alloc
#define MEM_CUSTOM_FREE		       heap_free
#define MEM_CUSTOM_CALLOC(count, size) heap_alloc_zeroed((count) * (size))
#define MEMP_MEM_MALLOC		       1

#define ETH_PAD_SIZE		     2
#define PBUF_LINK_ENCAPSULATION_HLEN 12 /* NET_HEADROOM */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHKSUM(data, size)	     sum16(data, (size_t)(size))
#define LWIP_SUPPORT_CUSTOM_PBUF     1
/* Packets that wait for the program, or leave together, are chained by their first pbufs. */
#define LWIP_PBUF_CUSTOM_DATA	      struct pbuf *waiting;
#define LWIP_PBUF_CUSTOM_DATA_INIT(p) ((p)->waiting = NULL)

#define LWIP_ARP		 1
#define ARP_TABLE_SIZE		 16
#define ARP_QUEUEING		 1
#define LWIP_NETIF_HWADDRHINT	 1 /* and whose packet it is: net/large.c */
#define IP_REASSEMBLY		 1
#define IP_REASS_MAX_PBUFS	 64
#define IP_FRAG			 1
#define LWIP_ICMP		 1
#define LWIP_BROADCAST_PING	 0
#define LWIP_IGMP		 1
#define LWIP_DHCP		 1
#define LWIP_DHCP_DOES_ACD_CHECK 0 /* seconds, for a server's mistake */
#define LWIP_DNS		 0 /* the C library's resolver asks */
#define LWIP_RAW		 1
#define LWIP_UDP		 1
#define LWIP_UDPLITE		 0
#define LWIP_IPV6		 1
#define LWIP_IPV6_MLD		 1
/* What it notes in place of a piece's header is larger than that with pointers of 64 bits. */
#define IPV6_FRAG_COPYHEADER	  1
#define LWIP_MULTICAST_TX_OPTIONS 1
#define IP_SOF_BROADCAST	  1
#define IP_SOF_BROADCAST_RECV	  0
#define SO_REUSE		  1

#define LWIP_TCP		   1
#define TCP_MSS			   1460
#define LWIP_WND_SCALE		   1
#define TCP_RCV_SCALE		   3
#define TCP_WND			   (256 * 1024)
#define TCP_SND_BUF		   (256 * 1024)
#define TCP_SND_QUEUELEN	   2048
#define TCP_SNDLOWAT		   (8 * TCP_MSS)
#define TCP_SNDQUEUELOWAT	   1024
#define TCP_OVERSIZE		   TCP_MSS
#define TCP_QUEUE_OOSEQ		   1
#define TCP_OOSEQ_BYTES_LIMIT(pcb) (net_share() != UINT32_MAX ? 0u : (unsigned)TCP_WND)
#define TCP_OOSEQ_MAX_PBUFS	   512
#define LWIP_TCP_SACK_OUT	   1
#define LWIP_TCP_KEEPALIVE	   1
#define LWIP_TCP_RTO_TIME	   1000 /* ms, before there is a measurement [rfc6298] */
#define TCP_LISTEN_BACKLOG	   1
#define TCP_DEFAULT_LISTEN_BACKLOG 0xff
/* A segment of an earlier connection is old after half of what a connection waits at its end. */
#define TCP_MSL				  5000
#define LWIP_TCP_CLOSE_TIMEOUT_MS_DEFAULT 20000

#define LWIP_NETIF_LOOPBACK	       1
#define LWIP_HAVE_LOOPIF	       1
#define LWIP_LOOPBACK_MAX_PBUFS	       0
#define LWIP_NETIF_HOSTNAME	       1
#define LWIP_NETIF_LINK_CALLBACK       0
#define LWIP_NETIF_EXT_STATUS_CALLBACK 1

#define LWIP_HOOK_FILENAME "hooks.h"
