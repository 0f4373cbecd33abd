/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel knows, as text, in programs with TERMINAL=y: threads meminfo free interrupts
 * version cmdline words log loglevel devices drivers cpus uptime stacks, with NET=y net/dev
 * net/route net/arp net/sockets. In images with files the same stands in /proc.
 */
#ifndef UNISHYPER_FACT_H
#define UNISHYPER_FACT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Write the text, without a zero behind it, and no more than fits. Returns how long all of it is,
 * -ENOENT (there is no such fact), -EFAULT.
 */
long fact_read(const char *name, char *text, size_t size);

/* Change what can be changed. 0, -ENOENT, -EACCES, -EFAULT, or what is wrong with the text. */
int fact_write(const char *name, const char *text);

#ifdef __cplusplus
}
#endif

#endif
