/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of files whose readiness is waited for: epoll(7). Thread context. */
#pragma once

#include <stdint.h>

struct epoll_event;
struct file;

/* With one reference; NULL: memory is out. */
struct file *epoll_create_file(void);
int epoll_is(const struct file *file);

/*
 * What epoll_ctl(2) does to the set, for `file` under the number `fd`. 0, -EEXIST, -ENOENT,
 * -ENOMEM, -ENOSPC, -EPERM (a file that is always ready), -ELOOP.
 */
int epoll_add(struct file *set, struct file *file, int fd, uint32_t events, uint64_t data);
int epoll_change(struct file *set, struct file *file, int fd, uint32_t events, uint64_t data);
int epoll_remove(struct file *set, struct file *file, int fd);

/* Up to `count` events into the application's array: how many; 0: the deadline; -EINTR, -EFAULT. */
long epoll_wait_events(struct file *set, struct epoll_event *user, int count, uint64_t deadline_ns);
