/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/pipe.h>

void (*pipe_signal)(void);
