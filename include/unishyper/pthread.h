/* SPDX-License-Identifier: BSD-2-Clause */
/* What pthreads have here beyond the C library's <pthread.h>. */
#ifndef UNISHYPER_PTHREAD_H
#define UNISHYPER_PTHREAD_H

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cpu_set_t;

/* The processors a new thread may run on. 0 or EINVAL; as the creator's where it is not set. */
int pthread_attr_setaffinity_np(pthread_attr_t *attr, size_t size, const struct cpu_set_t *set);
int pthread_attr_getaffinity_np(const pthread_attr_t *attr, size_t size, struct cpu_set_t *set);

#ifdef __cplusplus
}
#endif

#endif
