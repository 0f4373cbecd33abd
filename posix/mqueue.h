/* SPDX-License-Identifier: BSD-2-Clause */
/* Message queues, between the two files about them. */
#pragma once

#include <mqueue.h>

#include <fs/poll.h>
#include <posix/signal.h>

#define MQ_NAME_MAX	255
#define MQ_QUEUES_MAX	32
#define MQ_MESSAGES_MAX 256
#define MQ_BYTES_MAX	65536
#define MQ_PRIORITIES	32768
#define MQ_COOKIE_BYTES 32 /* of the C library's threads that wait for a notification */

/* Keys of the queue of those who wait. */
#define RECEIVERS 1
#define SENDERS	  2

struct mq_message {
	struct list node;
	unsigned priority;
	size_t length;
	uint8_t data[];
};

/* Who is told when a message comes to an empty queue. */
struct mq_notice {
	struct file *by;	 /* NULL: nobody; no reference, its end takes the notice away */
	struct signal_info info; /* number 0: no signal */
	struct file *socket;	 /* where the cookie goes, with a reference, or NULL */
	uint8_t cookie[MQ_COOKIE_BYTES];
};

struct mqueue {
	struct list node;   /* guarded by the list of names' lock, */
	unsigned refs;	    /* as is this: open files, and one for the name */
	struct waitq queue; /* whose lock guards the rest */
	struct poll_source source;
	struct list messages; /* by priority, then arrival */
	long count, count_max;
	size_t bytes_max; /* of one message */
	long receivers;	  /* that sleep */
	struct mq_notice notice;
	char name[MQ_NAME_MAX + 1];
};

/* The queue of an open file, or NULL. */
struct mqueue *mqueue_of(const struct file *file);

/* Take the notice away and tell: 1 the message came, 2 it was removed. Nothing is locked. */
void mqueue_tell(struct mq_notice *notice, uint8_t why);
