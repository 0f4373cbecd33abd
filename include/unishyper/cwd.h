/* SPDX-License-Identifier: BSD-2-Clause */
/* The working directory, for programs that are not to have a heap: getcwd() links one. */
#ifndef UNISHYPER_CWD_H
#define UNISHYPER_CWD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Write its path: 0, -ERANGE (there is too little room), -ENOENT (it was removed). */
int cwd_path(char *path, size_t size);

#ifdef __cplusplus
}
#endif

#endif
