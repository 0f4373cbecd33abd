/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on threads, memory, time, and the machine. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <time.h>
#include <unishyper/thread.h>
#include <unishyper/time.h>
#include <unistd.h>

#include "shell.h"

extern char **environ;

/* A number, all of the text; or -1. */
static long number(const char *text, long most)
{
	long value = 0;

	if (!*text)
		return -1;
	for (; *text >= '0' && *text <= '9' && value <= most; text++)
		value = value * 10 + *text - '0';
	return *text || value > most ? -1 : value;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct shell_command *const *)a)->name,
		      (*(const struct shell_command *const *)b)->name);
}

static int run_help(int argc, char **argv)
{
	size_t count = (size_t)(__set_command_end - __set_command_start);
	const struct shell_command **sorted, *one;

	if (argc > 1) {
		one = shell_find(argv[1]);
		if (!one) {
			shell_say("help: there is no command %s\n", argv[1]);
			return 1;
		}
		fprintf(shell_out, "%s %s\n  %s\n", one->name, one->usage, one->help);
		return 0;
	}
	sorted = malloc(count * sizeof(*sorted));
	if (!sorted)
		return shell_fail("help", "sorting");
	for (size_t i = 0; i < count; i++)
		sorted[i] = __set_command_start + i;
	qsort(sorted, count, sizeof(*sorted), by_name);
	fprintf(shell_out, "This is unishyper. Commands:\n");
	for (size_t i = 0; i < count; i++) {
		int used = fprintf(shell_out, "  %s %s", sorted[i]->name, sorted[i]->usage);

		fprintf(shell_out, "%*s %s\n", used < 28 ? 28 - used : 0, "", sorted[i]->help);
	}
	fprintf(shell_out, "command & runs in the background, command > FILE prints to a file, "
			   "commands may stand between ;\n");
	free(sorted);
	return 0;
}
SHELL_COMMAND(help) = {"help", "[COMMAND]", "list the commands, or explain one", run_help, 0, 1};

/*
 * --- threads -----------------------------------------------------------------------------------
 */

static int run_ps(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show_file("ps", "/proc/threads");
}
SHELL_COMMAND(ps) = {"ps", "", "list the threads", run_ps, 0, 0};

/* The thread an argument names, or 0 after a message. */
static int thread_of(const char *command, const char *text)
{
	long id = number(text, INT_MAX);

	if (id > 0)
		return (int)id;
	shell_say("[warning] illegal argument in %s, please input \"help\" for more info.\n",
		  command);
	return 0;
}

static int told(const char *command, int id, int error)
{
	if (!error)
		return 0;
	shell_say("%s: thread %d: %s\n", command, id, strerror(-error));
	return 1;
}

static int run_kill(int argc, char **argv)
{
	int id = thread_of("kill", argv[1]);

	(void)argc;
	return id ? told("kill", id, thread_kill(id)) : 2;
}
SHELL_COMMAND(kill) = {"kill", "TID", "end a thread", run_kill, 1, 1};

/* A number wakes a thread; a name starts a command, as if `run` were not there. */
static int run_run(int argc, char **argv)
{
	const struct shell_command *command;
	int id;

	if (argv[1][0] >= '0' && argv[1][0] <= '9') {
		id = thread_of("run", argv[1]);
		return id ? told("run", id, thread_wake_to_front(id)) : 2;
	}
	command = shell_find(argv[1]);
	if (!command) {
		shell_say("run: there is no program %s\n", argv[1]);
		return 127;
	}
	return command->run(argc - 1, argv + 1);
}
SHELL_COMMAND(run) = {
	"run", "TID | NAME [ARG...]", "wake a thread, or start a program", run_run, 1, SHELL_ANY};

/* What each thread used of a second. */
static int run_top(int argc, char **argv)
{
	enum { THREADS = 64 };
	long rounds = argc > 1 ? number(argv[1], 1000000) : 1;
	struct thread_info *old = calloc(THREADS, sizeof(*old)),
			   *new = calloc(THREADS, sizeof(*new));
	int old_count, new_count;

	if (rounds < 0 || !old || !new) {
		free(old);
		free(new);
		shell_say("usage: top [ROUNDS]\n");
		return 2;
	}
	old_count = thread_list(old, THREADS);
	for (; rounds && !shell_interrupted(); rounds--) {
		struct thread_info *swap = old;

		sleep(1);
		new_count = thread_list(new, THREADS);
		fprintf(shell_out, "  CPU%%  TID LEVEL CPU NAME\n");
		for (int i = 0, j = 0; i < new_count; i++) {
			uint64_t before = 0, used;

			while (j < old_count && old[j].id < new[i].id)
				j++;
			if (j < old_count && old[j].id == new[i].id)
				before = old[j].run_ns;
			used = (new[i].run_ns - before) / 1000000;
			fprintf(shell_out, "%4u.%u %4d %5d %3d %s\n", (unsigned)(used / 10),
				(unsigned)(used % 10), new[i].id, new[i].priority, new[i].core,
				new[i].name);
		}
		fflush(shell_out);
		old = new;
		new = swap;
		old_count = new_count;
	}
	free(old);
	free(new);
	return 0;
}
SHELL_COMMAND(top) = {"top",   "[ROUNDS]", "processor time of the threads, each second",
		      run_top, 0,	   1};

/*
 * --- the machine -------------------------------------------------------------------------------
 */

static int run_free(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show_file("free", "/proc/free");
}
SHELL_COMMAND(free) = {"free", "", "memory: used and free", run_free, 0, 0};

static int run_uptime(int argc, char **argv)
{
	uint64_t s = time_now_s();

	(void)argc, (void)argv;
	fprintf(shell_out, "up %lu days, %02lu:%02lu:%02lu\n", (unsigned long)(s / 86400),
		(unsigned long)(s / 3600 % 24), (unsigned long)(s / 60 % 60),
		(unsigned long)(s % 60));
	return 0;
}
SHELL_COMMAND(uptime) = {"uptime", "", "how long the machine runs", run_uptime, 0, 0};

static int run_version(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show_file("version", "/proc/version");
}
SHELL_COMMAND(version) = {"version", "", "the kernel's version", run_version, 0, 0};

static int run_uname(int argc, char **argv)
{
	struct utsname name;

	(void)argc, (void)argv;
	if (uname(&name))
		return shell_fail("uname", "asking");
	fprintf(shell_out, "%s %s %s %s %s\n", name.sysname, name.nodename, name.release,
		name.version, name.machine);
	return 0;
}
SHELL_COMMAND(uname) = {"uname", "", "names of the system", run_uname, 0, 0};

static int run_dmesg(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show_file("dmesg", "/proc/log");
}
SHELL_COMMAND(dmesg) = {"dmesg", "", "the last lines of the log", run_dmesg, 0, 0};

static int run_log(int argc, char **argv)
{
	FILE *file = fopen("/proc/loglevel", "we");
	int failed;

	if (!file)
		return shell_fail("log", "/proc/loglevel");
	failed = fprintf(file, "%s%s%s", argc > 2 ? argv[1] : "", argc > 2 ? "=" : "",
			 argv[argc - 1]) < 0;
	failed |= fclose(file) != 0;
	if (failed) {
		shell_say("log: levels are off error warn info debug trace; or there is no such "
			  "module\n");
		return 2;
	}
	return 0;
}
SHELL_COMMAND(log) = {"log", "[MODULE] LEVEL", "set what is logged", run_log, 1, 2};

static int run_irq(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show_file("irq", "/proc/interrupts");
}
SHELL_COMMAND(irq) = {"irq", "", "interrupt lines and their counts", run_irq, 0, 0};

static int run_devices(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show_file("devices", "/proc/devices");
}
SHELL_COMMAND(devices) = {"devices", "", "devices and their drivers", run_devices, 0, 0};

static int run_drivers(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show_file("drivers", "/proc/drivers");
}
SHELL_COMMAND(drivers) = {"drivers", "", "drivers of the image", run_drivers, 0, 0};

static int run_cpu(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show_file("cpu", "/proc/cpus");
}
SHELL_COMMAND(cpu) = {"cpu", "", "the processors", run_cpu, 0, 0};

/*
 * --- words and time ----------------------------------------------------------------------------
 */

static int run_echo(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		fprintf(shell_out, "%s%s", i > 1 ? " " : "", argv[i]);
	fputc('\n', shell_out);
	return 0;
}
SHELL_COMMAND(echo) = {"echo", "[WORD...]", "print words", run_echo, 0, SHELL_ANY};

static int run_env(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value || value == argv[i]) {
			shell_say("usage: env [NAME=VALUE...]\n");
			return 2;
		}
		*value = '\0';
		if (setenv(argv[i], value + 1, 1))
			return shell_fail("env", argv[i]);
	}
	for (char **one = environ; argc == 1 && one && *one; one++)
		fprintf(shell_out, "%s\n", *one);
	return 0;
}
SHELL_COMMAND(env) = {"env", "[NAME=VALUE...]", "print or set the environment", run_env,
		      0,     SHELL_ANY};

/* "1", "0.25": in ns; or -1. */
static long long duration(const char *text)
{
	long long whole = 0, part = 0, digit = 1000000000;
	const char *at = text;

	for (; *at >= '0' && *at <= '9' && whole < 1000000; at++)
		whole = whole * 10 + *at - '0';
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++)
			part += (digit /= 10) * (*at - '0');
	return *at || at == text || (at == text + 1 && *text == '.') ? -1
								     : whole * 1000000000 + part;
}

static int pause_for(long long ns)
{
	struct timespec wait = {ns / 1000000000, ns % 1000000000};

	while (nanosleep(&wait, &wait) && !shell_interrupted())
		;
	return 0;
}

static int run_sleep(int argc, char **argv)
{
	long long ns = duration(argv[1]);

	(void)argc;
	if (ns < 0) {
		shell_say("usage: sleep SECONDS\n");
		return 2;
	}
	return pause_for(ns);
}
SHELL_COMMAND(sleep) = {"sleep", "SECONDS", "wait", run_sleep, 1, 1};

/* Words of a command, as one line again. */
static char *joined(int argc, char **argv, int first)
{
	size_t size = 1;
	char *line, *at;

	for (int i = first; i < argc; i++)
		size += strlen(argv[i]) * 4 + 3;
	line = at = malloc(size);
	for (int i = first; line && i < argc; i++) {
		*at++ = '\'';
		for (const char *c = argv[i]; *c; c++)
			at = *c == '\'' ? stpcpy(at, "'\\''") : (*at = *c, at + 1);
		at = stpcpy(at, "' ");
	}
	if (line)
		*at = '\0';
	return line;
}

static int run_time(int argc, char **argv)
{
	char *line = joined(argc, argv, 1);
	uint64_t begun = time_now_us(), us;
	int status = line ? shell_run(line) : shell_fail("time", argv[1]);

	us = time_now_us() - begun;
	fprintf(shell_out, "%lu.%06lu s\n", (unsigned long)(us / 1000000),
		(unsigned long)(us % 1000000));
	free(line);
	return status;
}
SHELL_COMMAND(time) = {
	"time", "COMMAND [ARG...]", "run a command, print how long it took", run_time,
	1,	SHELL_ANY};

static int run_watch(int argc, char **argv)
{
	long long ns = duration(argv[1]);
	char *line = joined(argc, argv, ns < 0 ? 1 : 2);

	if (!line || argc < (ns < 0 ? 2 : 3)) {
		free(line);
		shell_say("usage: watch [SECONDS] COMMAND [ARG...]\n");
		return 2;
	}
	while (!shell_interrupted()) {
		fprintf(shell_out, "\x1b[H\x1b[2J");
		shell_run(line);
		if (!shell_interrupted())
			pause_for(ns < 0 ? 2000000000 : ns);
	}
	free(line);
	return 0;
}
SHELL_COMMAND(watch) = {
	"watch",  "[SECONDS] COMMAND [ARG...]", "run a command again and again", run_watch, 1,
	SHELL_ANY};

static int run_date(int argc, char **argv)
{
	struct timespec now;
	struct tm tm;

	(void)argc, (void)argv;
	if (clock_gettime(CLOCK_REALTIME, &now) || !gmtime_r(&now.tv_sec, &tm))
		return shell_fail("date", "the time");
	fprintf(shell_out, "%d-%02d-%02d %02d:%02d:%02d UTC\n", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return 0;
}
SHELL_COMMAND(date) = {"date", "", "the time of day", run_date, 0, 0};

/*
 * --- the end -----------------------------------------------------------------------------------
 */

static int run_exit(int argc, char **argv)
{
	long status = argc > 1 ? number(argv[1], 255) : shell_session()->status;

	if (status < 0) {
		shell_say("usage: exit [0 to 255]\n");
		return 2;
	}
	if (shell_session()->remote) {
		shell_session()->ended = 1;
		return (int)status;
	}
	exit((int)status);
}
SHELL_COMMAND(exit) = {"exit", "[STATUS]", "end the machine with a status", run_exit, 0, 1};

static int run_poweroff(int argc, char **argv)
{
	(void)argc, (void)argv;
	sync();
	exit(0);
}
SHELL_COMMAND(poweroff) = {"poweroff", "", "end the machine", run_poweroff, 0, 0};

static int run_reboot(int argc, char **argv)
{
	(void)argc, (void)argv;
	sync();
	reboot(RB_AUTOBOOT);
	return shell_fail("reboot", "the machine");
}
SHELL_COMMAND(reboot) = {"reboot", "", "start the machine again", run_reboot, 0, 0};
