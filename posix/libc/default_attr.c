/* SPDX-License-Identifier: BSD-2-Clause */
/* What a thread gets whose creator does not say: pthread_setattr_default_np() makes it more. */
#include "pthread_impl.h"

unsigned __default_stacksize = 64 << 10;
unsigned __default_guardsize = DEFAULT_GUARD_SIZE;
