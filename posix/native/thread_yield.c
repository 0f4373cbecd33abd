/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/thread.h>: thread_yield(), compiled for speed and without a frame. */
#include <unishyper/thread.h>

#include "native.h"

/* What pthread_testcancel() calls: it does something where the program links pthread_cancel(). */
__attribute__((__visibility__("hidden"))) void __testcancel(void);
static void nothing(void)
{
}
extern __typeof(nothing) __testcancel __attribute__((__weak__, __alias__("nothing")));

/* Who asks for the thread's end while it waits here is heard at its next call. */
void thread_yield(void)
{
	__testcancel();
	uk_sys_sched_yield(); /* never fails */
}
