/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes. Thread context. */
#pragma once

#include <fs/file.h>

/* The end to read from and the one to write to, with a reference each. 0 or -ENOMEM. */
int pipe_create(struct file *ends[2], unsigned flags);

/* What opening a pipe with a name gives: the file_ops of its inode (fs/fifo.c). */
extern const struct file_ops fifo_ops;

/*
 * Raises SIGPIPE in the calling thread: set before there is a pipe or socket by the floor that has
 * signals.
 */
extern void (*pipe_signal)(void);
