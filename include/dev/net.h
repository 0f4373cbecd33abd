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
#define NET_FRAME_MAX	1518 /* header included, checksum of the frame not; with a VLAN's tag */
#define NET_PIECES_MAX	16

/* Memory of the linear map, whole in one piece of physical memory. */
struct net_piece {
	const void *address;
	uint32_t len;
};

/*
 * A received frame in a buffer of the driver's, which the user gives back. The frame begins 2 bytes
 * behind a multiple of 4, so that what follows its header is aligned; 2 bytes ahead of it may be
 * overwritten.
 */
struct net_buffer {
	struct net_device *device;
	uint8_t *frame;
	uint32_t len;
	_Alignas(8) uint8_t user[96]; /* the user's own */
};

struct net_device;

struct net_device_ops {
	/* The device may work from here on. 0 or a negative errno. */
	int (*start)(struct net_device *device);
	/* A frame; `token` comes back by `sent`. 0; -ENOSPC: full; -EIO, -EMSGSIZE. */
	int (*send)(struct net_device *device, const struct net_piece *pieces, unsigned count,
		    void *token);
	/* What was sent, and buffers that were given back, get to the device: once a batch. */
	void (*kick)(struct net_device *device);
	/* Hand over up to `most` frames by `received` and finished ones by `sent`. Frames. */
	unsigned (*poll)(struct net_device *device, unsigned most);
	/* Call `wake` at the next frame. True: there is one already. */
	bool (*interrupts_on)(struct net_device *device);
	void (*give_back)(struct net_buffer *buffer);
};

struct net_device {
	const struct net_device_ops *ops;
	char name[8];
	uint8_t mac[6];
	uint16_t mtu;
	bool link;	      /* the cable is in; changes are told by `wake` */
	bool kick_needed;     /* set by send and give_back */
	void *driver, *owner; /* each one's own */
	uint64_t frames_in, frames_out, dropped;

	/* The user's. */
	void (*wake)(struct net_device *device);
	void (*received)(struct net_device *device, struct net_buffer *buffer);
	void (*sent)(struct net_device *device, void *token);
};

/* 0 or -ENOSPC. Thread or early boot. */
int net_register(struct net_device *device);
/* The index-th, NULL past the last. */
struct net_device *net_device_at(unsigned index);
