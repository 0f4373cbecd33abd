/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With a terminal ^C is a signal, sent when the key arrives, whoever reads or nobody. (Without one
 * it ends the program when it is read: fs/tty.c.)
 */
#include <signal.h>
#include <termios.h>

#include <fs/console_file.h>
#include <kernel/console.h>
#include <kernel/start.h>
#include <posix/signal.h>

static bool intercept(uint8_t byte)
{
	struct signal_info info = {.number = SIGINT, .code = SI_KERNEL};
	uint8_t key = tty_settings.chars[VINTR];

	if (!(tty_settings.local & ISIG) || !key || byte != key)
		return false;
	signal_send_process(&info);
	return true;
}

static void watch_keys(void)
{
	if (console_is_tty())
		console_intercept = intercept;
}

START_HOOK(TERMINAL, tty_signal) = {watch_keys};
