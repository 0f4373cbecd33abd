/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With a terminal ^C is for the command that runs, when the key arrives, whoever reads or nobody:
 * the thread that runs it is told (and the program, if it has a handler for SIGINT). Without one
 * the key ends the program when it is read: fs/tty.c.
 */
#include <errno.h>
#include <termios.h>

#include <fs/console_file.h>
#include <kernel/console.h>
#include <kernel/thread.h>
#include <posix/syscalls.h>

#include "signals.h"

static int32_t reader; /* atomic: the thread that runs the commands */
static bool typed;     /* atomic: ^C came since it began with this one */

struct request {
	int32_t tid;
	long result;
};

static void interrupt(const struct thread *thread, void *arg)
{
	struct request *request = arg;

	if (thread->id != request->tid || thread->kernel_only)
		return;
	thread_interrupt((struct thread *)thread, PENDING_KILL);
	request->result = 0;
}

static long interrupt_id(int32_t tid)
{
	struct request request = {tid, -ESRCH};

	thread_for_each(interrupt, &request);
	return request.result;
}

long sys_thread_interrupt(int tid)
{
	trap_exit_enable();
	return interrupt_id(tid);
}

static bool intercept(uint8_t byte)
{
	uint8_t key = tty_settings.chars[VINTR];

	if (!(tty_settings.local & ISIG) || !key || byte != key)
		return false;
	WRITE_ONCE(typed, true);
	interrupt_id(READ_ONCE(reader));
	if (terminal_interrupt)
		terminal_interrupt();
	return true;
}

long sys_terminal_keys(int begin)
{
	if (begin) {
		trap_exit_enable();
		WRITE_ONCE(typed, false);
		WRITE_ONCE(reader, thread_current()->id);
		if (console_is_tty())
			console_intercept = intercept;
	}
	return READ_ONCE(typed);
}
