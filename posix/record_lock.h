/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

struct file;

/* What fcntl(2) does for F_GETLK, F_SETLK, F_SETLKW and those with F_OFD_. */
long record_lock(struct file *file, int command, void *user);
