/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files about pipes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/layout.h>
#include <fs/file.h>
#include <fs/poll.h>

#define PIPE_FIRST_PAGES  16   /* 64 KiB, as Linux has */
#define PIPE_MOST_PAGES	  256  /* F_SETPIPE_SZ */
#define PIPE_ATOMIC_BYTES 4096 /* PIPE_BUF: so much is written as one */

/* Keys of pipe->queue. */
#define READERS 1
#define WRITERS 2
#define OPENERS 3 /* fifo.c */

/*
 * Twice as many as needed (one more would do, but is no power of two): the first byte and the last
 * are never in one page unless they are near.
 */
#define PIPE_SLOTS(size) (2 * (size) / PAGE_SIZE)

struct pipe {
	struct waitq queue; /* whose lock guards the rest */
	struct poll_source source;
	bool reading, writing;	   /* somebody has the turn */
	unsigned readers, writers; /* open files */
	unsigned waiting[2];	   /* to read, to write */
	uint64_t handed;	   /* since when who handed a reader the CPU has run */
	uint32_t head, tail;	   /* bytes ever put in and taken out, modulo 2^32 */
	uint32_t size;		   /* a power of two */
	uint8_t **pages;	   /* PIPE_SLOTS(size); NULL: no byte there */
	void *kept;		   /* an empty page for the next bytes, or NULL; atomic */
	uint8_t *first_pages[2 * PIPE_FIRST_PAGES];
};

static inline uint32_t pipe_count(const struct pipe *pipe)
{
	return pipe->head - pipe->tail;
}

static inline uint32_t pipe_room(const struct pipe *pipe)
{
	return pipe->size - pipe_count(pipe);
}

/* Where the page of a byte is; the number of slots is a power of two. */
static inline uint8_t **pipe_page(const struct pipe *pipe, uint32_t at)
{
	return &pipe->pages[at / PAGE_SIZE & (PIPE_SLOTS(pipe->size) - 1)];
}

/* Zeroed memory becomes an empty pipe that nobody has open. */
void pipe_init(struct pipe *pipe);
void pipe_free(struct pipe *pipe);

/* An open file of it ends: whoever waits on the other side learns of it. True: it was the last. */
bool pipe_leave(struct pipe *pipe, unsigned rights);

/* Operations of its files. */
long pipe_read(struct file *file, struct io *io, int64_t offset);
long pipe_write(struct file *file, struct io *io, int64_t offset);
uint32_t pipe_poll(struct file *file, struct poll_watch *watch);
long pipe_ioctl(struct file *file, unsigned request, void *user);

/* Few bytes, straight: pipe_short.c. */
long pipe_read_short(struct file *file, void *user, size_t size);
long pipe_write_short(struct file *file, const void *user, size_t size);

/* fcntl's F_GETPIPE_SZ, F_SETPIPE_SZ. */
long pipe_control(struct file *file, int command, unsigned long arg);
