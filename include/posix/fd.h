/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program's descriptors: numbers for open files. 0, 1 and 2 are the console from the start.
 * Thread context; the table's spinlock is taken inside.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct file;
struct io;

#define FD_MAX 1024 /* the most that RLIMIT_NOFILE allows */

/* The file of a descriptor with a reference for the caller, or NULL (-EBADF). */
struct file *fd_get(int fd);

/* For CLEANUP(fd_drop): give that reference back. NULL is allowed. */
void fd_drop(struct file **file);

/*
 * The lowest free descriptor that is `lowest` or above; the caller's reference goes to the table.
 * -EMFILE or -ENOMEM: the caller still has it.
 */
int fd_add(struct file *file, int lowest, bool close_on_exec);

/*
 * The same for a new file, 0 being the lowest, and for two of them whose numbers go to the
 * application. On failure the references are gone; also -EFAULT.
 */
int fd_add_new(struct file *file, bool close_on_exec);
int fd_add_pair(struct file *const files[2], int *user, bool close_on_exec);

/*
 * A number for a file that is yet to come, -EMFILE or -ENOMEM. Until it comes, the number is
 * nobody's (-EBADF) and is not given out; it ends in either of the others. To fill takes the
 * reference and gives the number: another one, if the application put a file there itself; as
 * fd_add_new().
 */
int fd_reserve(void);
int fd_fill(int fd, struct file *file, bool close_on_exec);
void fd_unreserve(int fd);

/*
 * Let `fd` stand for the file instead of what it stood for, if anything. 0, -EBADF, -ENOMEM; as
 * above.
 */
int fd_replace(int fd, struct file *file, bool close_on_exec);

/* Take a descriptor out of the table: the table's reference, or NULL. */
struct file *fd_remove(int fd);

/* FD_CLOEXEC; -EBADF. Nothing executes another program yet: it is remembered. */
int fd_close_on_exec(int fd);
int fd_set_close_on_exec(int fd, bool on);

/* RLIMIT_NOFILE: descriptors from it on are not given out; at most FD_MAX. */
unsigned fd_limit(void);
void fd_set_limit(unsigned limit);

/*
 * Transfer between a descriptor's file and the application: right is FILE_READ or FILE_WRITE,
 * offset may be OFFSET_CURRENT (fs/file.h). Bytes moved or a negative errno.
 */
long fd_transfer(int fd, struct io *io, int64_t offset, unsigned right);
long fd_transfer_file(struct file *file, struct io *io, int64_t offset, unsigned right);
