/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on threads, memory, time, and the machine. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <time.h>
#include <unishyper/fact.h>
#include <unishyper/thread.h>
#include <unishyper/time.h>
#include <unistd.h>

#include "shell.h"

extern char **environ;

static void explain(const struct shell_command *command)
{
	int used = fprintf(shell_out, "  %s %s", command->name, command->usage);

	fprintf(shell_out, "%*s %s\n", used < 28 ? 28 - used : 0, "", command->help);
}

static int run_help(int argc, char **argv)
{
	const struct shell_command *next, *last = NULL, *one;

	if (argc > 1) {
		one = shell_find(argv[1]);
		if (!one) {
			shell_say("help: there is no command %s\n", argv[1]);
			return 1;
		}
		fprintf(shell_out, "%s %s\n  %s\n", one->name, one->usage, one->help);
		return 0;
	}
	fprintf(shell_out, "This is unishyper. Commands:\n");
	/* By name. */
	for (;; last = next) {
		next = NULL;
		for (one = __set_command_start; one < __set_command_end; one++)
			if ((!last || strcmp(one->name, last->name) > 0) &&
			    (!next || strcmp(one->name, next->name) < 0))
				next = one;
		if (!next)
			break;
		explain(next);
	}
	fprintf(shell_out, "%scommand & runs in the background, commands may stand between ;\n",
		shell_files() ? shell_files()->help : "");
	return 0;
}
SHELL_COMMAND(help) = {"help", "[COMMAND]", "list the commands, or explain one", run_help, 0, 1};

int shell_show(const char *name, const char *fact)
{
	/* It may grow between the two looks. */
	long size = fact_read(fact, NULL, 0), room = size + 256;
	char *text = size < 0 ? NULL : shell_memory((size_t)room);

	if (!text) {
		errno = size < 0 ? (int)-size : errno;
		return shell_fail(name, fact);
	}
	size = fact_read(fact, text, (size_t)room);
	fwrite(text, 1, (size_t)(size < room ? size : room), shell_out);
	munmap(text, (size_t)room);
	return 0;
}

/* Of commands that show what the kernel knows, by the name of either. */
static int show_fact(int argc, char **argv)
{
	static const char names[] = "ps\0threads\0dmesg\0log\0irq\0interrupts\0cpu\0cpus\0";
	const char *fact = argv[0];

	(void)argc;
	for (const char *one = names; *one; one += strlen(one) + 1)
		if (!strcmp(one, fact))
			fact = one += strlen(one) + 1;
	return shell_show(argv[0], fact);
}

/*
 * --- threads -----------------------------------------------------------------------------------
 */

SHELL_COMMAND(ps) = {"ps", "", "list the threads", show_fact, 0, 0};

/* The thread an argument names, or 0 after a message. */
static int thread_of(const char *command, const char *text)
{
	uint64_t id;

	if (shell_number(text, INT_MAX, &id) && id)
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

enum { TOP_THREADS = 64 };

static void print_used(const struct thread_info *old, int old_count, const struct thread_info *new)
{
	uint64_t used = new->run_ns;

	for (int i = 0; i < old_count; i++)
		if (old[i].id == new->id)
			used -= old[i].run_ns;
	used /= 1000000;
	fprintf(shell_out, "%4u.%u %4d %5d %3d %s\n", (unsigned)used / 10, (unsigned)used % 10,
		new->id, new->priority, new->core, new->name);
}

/* What each thread used of a second. */
static int run_top(int argc, char **argv)
{
	struct thread_info lists[2][TOP_THREADS];
	int counts[2] = {0};
	uint64_t rounds = 1;

	if (argc > 1 && !shell_number(argv[1], 1000000, &rounds))
		return shell_usage(shell_find("top"));
	counts[0] = thread_list(lists[0], TOP_THREADS);
	for (unsigned now = 1; rounds && !shell_interrupted(); rounds--, now ^= 1) {
		sleep(1);
		counts[now] = thread_list(lists[now], TOP_THREADS);
		fprintf(shell_out, "  CPU%%  TID LEVEL CPU NAME\n");
		for (int i = 0; i < counts[now]; i++)
			print_used(lists[now ^ 1], counts[now ^ 1], &lists[now][i]);
		fflush(shell_out);
	}
	return 0;
}
SHELL_COMMAND(top) = {"top", "[ROUNDS]", "processor time of threads", run_top, 0, 1};

/*
 * --- the machine -------------------------------------------------------------------------------
 */

SHELL_COMMAND(free) = {"free", "", "memory: used and free", show_fact, 0, 0};

static int run_uptime(int argc, char **argv)
{
	uint64_t s = time_now_s();

	(void)argc, (void)argv;
	fprintf(shell_out, "up %lu days, %02lu:%02lu:%02lu\n", (unsigned long)(s / 86400),
		(unsigned long)(s / 3600 % 24), (unsigned long)(s / 60 % 60),
		(unsigned long)(s % 60));
	return 0;
}
SHELL_COMMAND(uptime) = {"uptime", "", "time since the start", run_uptime, 0, 0};

SHELL_COMMAND(version) = {"version", "", "the kernel's version", show_fact, 0, 0};

static int run_uname(int argc, char **argv)
{
	struct utsname name;

	(void)argc, (void)argv;
	uname(&name);
	fprintf(shell_out, "%s %s %s %s %s\n", name.sysname, name.nodename, name.release,
		name.version, name.machine);
	return 0;
}
SHELL_COMMAND(uname) = {"uname", "", "names of the system", run_uname, 0, 0};

SHELL_COMMAND(dmesg) = {"dmesg", "", "the log's last lines", show_fact, 0, 0};

static int run_log(int argc, char **argv)
{
	const char *module = argc > 2 ? argv[1] : "";
	char text[64];

	if (strlen(module) + strlen(argv[argc - 1]) + 1 < sizeof(text)) {
		strcpy(stpcpy(stpcpy(text, module), argc > 2 ? "=" : ""), argv[argc - 1]);
		if (!fact_write("loglevel", text))
			return 0;
	}
	shell_say("log: levels are off error warn info debug trace; or there is no such module\n");
	return 2;
}
SHELL_COMMAND(log) = {"log", "[MODULE] LEVEL", "set what is logged", run_log, 1, 2};

SHELL_COMMAND(irq) = {"irq", "", "interrupts", show_fact, 0, 0};

SHELL_COMMAND(devices) = {"devices", "", "devices and their drivers", show_fact, 0, 0};

SHELL_COMMAND(drivers) = {"drivers", "", "drivers of the image", show_fact, 0, 0};

SHELL_COMMAND(stacks) = {"stacks", "", "most used of each stack", show_fact, 0, 0};
SHELL_COMMAND(cpu) = {"cpu", "", "the processors", show_fact, 0, 0};

/*
 * --- words and time ----------------------------------------------------------------------------
 */

static int run_echo(int argc, char **argv)
{
	for (int i = 1; i < argc - 1; i++)
		fprintf(shell_out, "%s ", argv[i]);
	fprintf(shell_out, "%s\n", argc > 1 ? argv[argc - 1] : "");
	return 0;
}
SHELL_COMMAND(echo) = {"echo", "[WORD...]", "print words", run_echo, 0, SHELL_ANY};

/* "NAME=VALUE", of which a copy is kept. The C library's setenv() would have to have a heap. */
static int set_variable(const char *text)
{
	size_t name = (size_t)(strchr(text, '=') - text) + 1, size = strlen(text) + 1, count = 0;
	char **copy, **found = NULL;

	for (; environ && environ[count]; count++)
		if (!strncmp(environ[count], text, name))
			found = &environ[count];
	if (found && strlen(*found) + 1 >= size) {
		strcpy(*found, text);
		return 0;
	}
	copy = shell_memory(size + (count + 2) * sizeof(*copy));
	if (!copy)
		return -1;
	for (size_t i = 0; i < count; i++)
		copy[i] = environ[i];
	if (!found)
		environ = copy;
	copy[found ? found - environ : (ptrdiff_t)count] = strcpy((char *)(copy + count + 2), text);
	if (found)
		*found = copy[found - environ];
	return 0;
}

static int run_env(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value || value == argv[i])
			return shell_usage(shell_find("env"));
		if (set_variable(argv[i]))
			return shell_fail("env", argv[i]);
	}
	for (char **one = environ; argc == 1 && one && *one; one++)
		fprintf(shell_out, "%s\n", *one);
	return 0;
}
SHELL_COMMAND(env) = {"env", "[NAME=VALUE...]", "show or set variables", run_env, 0, SHELL_ANY};

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

/* At most a second at a time: ^C may come between a look at it and the sleep. */
static int pause_for(long long ns)
{
	while (ns > 0 && !shell_interrupted()) {
		struct timespec part = {ns >= 1000000000, ns >= 1000000000 ? 0 : ns};

		while (nanosleep(&part, &part) && !shell_interrupted())
			;
		ns -= 1000000000;
	}
	return 0;
}

static int run_sleep(int argc, char **argv)
{
	long long ns = duration(argv[1]);

	(void)argc;
	if (ns < 0)
		return shell_usage(shell_find("sleep"));
	return pause_for(ns);
}
SHELL_COMMAND(sleep) = {"sleep", "SECONDS", "wait", run_sleep, 1, 1};

static int run_time(int argc, char **argv)
{
	uint64_t us = time_now_us();
	int status = shell_call(argc - 1, argv + 1);

	us = time_now_us() - us;
	fprintf(shell_out, "%lu.%06lu s\n", (unsigned long)(us / 1000000),
		(unsigned long)(us % 1000000));
	return status;
}
SHELL_COMMAND(time) = {"time", "COMMAND [ARG...]", "run a command and time it", run_time,
		       1,      SHELL_ANY};

static int run_watch(int argc, char **argv)
{
	long long ns = duration(argv[1]);
	int first = ns < 0 ? 1 : 2;

	if (argc == first)
		return shell_usage(shell_find("watch"));
	while (!shell_interrupted()) {
		fprintf(shell_out, "\x1b[H\x1b[2J");
		shell_call(argc - first, argv + first);
		fflush(shell_out);
		if (!shell_interrupted())
			pause_for(ns < 0 ? 2000000000 : ns);
	}
	return 0;
}
SHELL_COMMAND(watch) = {"watch",  "[SECONDS] COMMAND [ARG...]", "repeat a command", run_watch, 1,
			SHELL_ANY};

/* The day is counted in years that begin in March, from 0000-03-01, 719468 days before 1970. */
static int run_date(int argc, char **argv)
{
	uint64_t now = (time_boot_ns() + time_now_ns()) / 1000000000;
	unsigned day, year, month, second;

	(void)argc, (void)argv;
	day = (unsigned)(now / 86400) + 719468;
	second = (unsigned)(now % 86400);
	year = (unsigned)((4ull * day + 3) / 146097); /* centuries */
	day -= year * 146097 / 4;
	year = year * 100 + (4 * day + 3) / 1461;
	day -= (4 * day + 3) / 1461 * 1461 / 4;
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	month += month < 10 ? 3 : -9u;
	fprintf(shell_out, "%d-%02d-%02d %02d:%02d:%02d UTC\n", year + (month < 3), month, day + 1,
		second / 3600, second / 60 % 60, second % 60);
	return 0;
}
SHELL_COMMAND(date) = {"date", "", "the time of day", run_date, 0, 0};

/*
 * --- the end -----------------------------------------------------------------------------------
 */

static int run_exit(int argc, char **argv)
{
	uint64_t status = (unsigned)shell_session()->status;

	if (argc > 1 && !shell_number(argv[1], 255, &status))
		return shell_usage(shell_find("exit"));
	if (shell_session()->remote) {
		shell_session()->ended = 1;
		return (int)status;
	}
	exit((int)status);
}
SHELL_COMMAND(exit) = {"exit", "[0 to 255]", "end the machine", run_exit, 0, 1};

static int run_poweroff(int argc, char **argv)
{
	(void)argc, (void)argv;
	exit(0);
}
SHELL_COMMAND(poweroff) = {"poweroff", "", "end the machine", run_poweroff, 0, 0};

static int run_reboot(int argc, char **argv)
{
	(void)argc, (void)argv;
	reboot(RB_AUTOBOOT);
	return shell_fail("reboot", "the machine");
}
SHELL_COMMAND(reboot) = {"reboot", "", "start the machine again", run_reboot, 0, 0};
