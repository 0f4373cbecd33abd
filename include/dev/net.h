/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network devices: Ethernet frames go out and come in. A driver registers one; net/ is its only
 * user and calls all operations with one lock held, in a thread. `wake` alone is called in
 * interrupts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_DEVICES_MAX 4
#define NET_FRAME_MAX	1518  /* header included, checksum of the frame not; with a VLAN's tag */
#define NET_JOINED_MAX	65549 /* of frames that are several: 65535 behind the header */
#define NET_PIECES_MAX	64
#define NET_HEADROOM	12
#define NET_BEHIND	4

/* What a device does by itself with frames that are sent. */
#define NET_SUM	 1u /* completes one checksum */
#define NET_TSO4 2u /* cuts a long segment of TCP into frames */
#define NET_TSO6 4u

/* Memory of the linear map, whole in one piece of physical memory. */
struct net_piece {
	uint8_t *address;
	uint32_t len;
};

/* A frame to send. NET_HEADROOM bytes ahead of the first piece are the driver's to overwrite. */
struct net_frame {
	const struct net_piece *pieces;
	unsigned count;
	void *token; /* comes back by `sent` */
	/*
	 * With NET_SUM: the sum from `sum_start` on is missing at `sum_start + sum_at`, where that
	 * of the pseudo header stands. 0: nothing is missing.
	 */
	uint16_t sum_start, sum_at;
	/* With NET_TSO: data in each frame that it becomes, and what is ahead of them. 0: one. */
	uint16_t segment, headers;
	bool v6;
};

/*
 * A received frame in buffers of the driver's, which the user gives back, each for itself. The
 * frame begins 2 bytes behind a multiple of 4, so that what follows its header is aligned; 2 bytes
 * ahead of it may be overwritten, NET_BEHIND bytes behind what a buffer has may be read (the TCP/IP
 * library looks for lengths and ports before it knows that they are there). It is longer than
 * NET_FRAME_MAX only if a device that was asked for that has joined segments of TCP.
 */
struct net_buffer {
	struct net_device *device;
	struct net_buffer *next; /* more of this frame */
	uint8_t *frame;
	uint32_t len;		      /* in this buffer */
	bool sum_right;		      /* the device has looked: only good for what it knows */
	uint16_t sum_start, sum_at;   /* or it is missing there, as in struct net_frame */
	_Alignas(8) uint8_t user[64]; /* the user's own */
};

struct net_device;

struct net_device_ops {
	/* The device may work from here on. 0 or a negative errno. */
	int (*start)(struct net_device *device);
	/* 0; -ENOSPC: full; -EIO, -EMSGSIZE. */
	int (*send)(struct net_device *device, const struct net_frame *frame);
	/* What was sent, and buffers that were given back, get to the device: once a batch. */
	void (*kick)(struct net_device *device);
	/* Hand over up to `most` frames by `received` and finished ones by `sent`. Frames. */
	unsigned (*poll)(struct net_device *device, unsigned most);
	/* Call `wake` at the next frame. True: there is one already. */
	bool (*interrupts_on)(struct net_device *device);
	void (*give_back)(struct net_buffer *buffer);

	/* NULL: all that comes is handed over. Which frames besides our own; 0 or -EIO. */
	int (*receive)(struct net_device *device, unsigned which);
	/* NULL: it has the address it has. 0 or a negative errno. */
	int (*set_mac)(struct net_device *device, const uint8_t mac[6]);
	/* With `announce`: it was done. */
	void (*announced)(struct net_device *device);
};

/* Frames that are received. Those of groups always are. */
#define NET_ALL 1u /* for whomever */

struct net_device {
	const struct net_device_ops *ops;
	char name[8];
	uint8_t mac[6];
	uint16_t mtu;
	unsigned offers;      /* NET_SUM, … */
	unsigned room;	      /* pieces that can be sent now; `kick` and `poll` make more */
	bool link;	      /* the cable is in; changes are told by `wake` */
	bool kick_needed;     /* set by send and give_back */
	bool announce;	      /* the neighbours should hear where we are now; told by `wake` */
	void *driver, *owner; /* each one's own */
	uint64_t frames_in, frames_out, dropped;
	uint64_t joined_in, joined_out; /* of these, several in one */

	/* The user's. */
	void (*wake)(struct net_device *device);
	void (*received)(struct net_device *device, struct net_buffer *buffer);
	void (*sent)(struct net_device *device, void *token);
};

/* 0 or -ENOSPC. Thread or early boot. */
int net_register(struct net_device *device);
/* The index-th, NULL past the last. */
struct net_device *net_device_at(unsigned index);
