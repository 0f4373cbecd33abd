/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal's thread: reads lines, runs commands. Docs: docs/terminal.md. */
#define _GNU_SOURCE
#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "line.h"

#define SHELL_STACK (64 << 10) /* what is not touched takes no memory */

int shell_status;
FILE *shell_out;

static volatile sig_atomic_t interrupted;
static pthread_t shell_thread;
static struct termios cooked;
static bool on_terminal, plain;

/*
 * --- commands ----------------------------------------------------------------------------------
 */

bool shell_interrupted(void)
{
	return interrupted;
}

/* Any thread of the program may get it: it is meant for the one that runs the command. */
static void on_interrupt(int signal)
{
	int error = errno;

	interrupted = 1;
	if (!pthread_equal(pthread_self(), shell_thread))
		pthread_kill(shell_thread, signal);
	errno = error;
}

int shell_fail(const char *name, const char *what)
{
	printf("%s: %s: %s\n", name, what, strerror(errno));
	return 1;
}

const struct shell_command *shell_find(const char *name)
{
	for (const struct shell_command *c = __set_command_start; c < __set_command_end; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* Are two neighbours swapped, and is all else the same. */
static bool is_swapped(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return *a && *b && a[0] == b[1] && a[1] == b[0] && !strcmp(a + 2, b + 2);
}

/* Letters to change, add or leave out to make b of a; both are short. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[24], columns = (unsigned)strnlen(b, 23);

	if (strlen(a) > 1 && strlen(b) > 1 && is_swapped(a, b))
		return 1;
	for (unsigned i = 0; i <= columns; i++)
		row[i] = i;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= columns; j++) {
			unsigned best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			best = best < row[j] + 1 ? best : row[j] + 1;
			row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
		}
	}
	return row[columns];
}

const struct shell_command *shell_nearest(const char *name)
{
	const struct shell_command *nearest = NULL;
	unsigned best = 3;

	if (strlen(name) > 20)
		return NULL;
	for (const struct shell_command *c = __set_command_start; c < __set_command_end; c++) {
		unsigned d = distance(name, c->name);

		if (d < best && d < strlen(name)) {
			best = d;
			nearest = c;
		}
	}
	return nearest;
}

static int unknown(const char *name)
{
	const struct shell_command *nearest = shell_nearest(name);

	printf("command not found: \"%s\", please input 'help' for more info.\n", name);
	if (nearest)
		printf("Did you mean %s?\n", nearest->name);
	return 127;
}

static int call(const struct shell_command *command, int argc, char **argv)
{
	int arguments = argc - 1, status;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		printf("%s %s\n  %s\n", command->name, command->usage, command->help);
		return 0;
	}
	if (arguments < command->least ||
	    (command->most != SHELL_ANY && arguments > command->most)) {
		printf("usage: %s%s%s\n", command->name, *command->usage ? " " : "",
		       command->usage);
		return 2;
	}
	status = command->run(argc, argv);
	return interrupted ? 130 : status;
}

/* A command on a thread of its own, with its own copy of the words. */
struct job {
	const struct shell_command *command;
	int argc;
	char *argv[WORDS_MAX + 1];
};

static void *run_job(void *arg)
{
	struct job *job = arg;

	job->command->run(job->argc, job->argv);
	fflush(stdout);
	free(job);
	return NULL;
}

static int start_job(const struct shell_command *command, const struct words *words)
{
	size_t bytes = 0;
	struct job *job;
	pthread_t thread;
	char *at;
	int error;

	for (int i = 0; i < words->argc; i++)
		bytes += strlen(words->argv[i]) + 1;
	job = malloc(sizeof(*job) + bytes);
	if (!job)
		return shell_fail(command->name, "cannot start");
	job->command = command;
	job->argc = words->argc;
	at = (char *)(job + 1);
	for (int i = 0; i < words->argc; i++) {
		job->argv[i] = at;
		at = stpcpy(at, words->argv[i]) + 1;
	}
	job->argv[job->argc] = NULL;
	error = pthread_create(&thread, NULL, run_job, job);
	if (error) {
		free(job);
		errno = error;
		return shell_fail(command->name, "cannot start");
	}
	pthread_setname_np(thread, command->name);
	pthread_detach(thread);
	return 0;
}

static int run_words(struct words *words)
{
	const struct shell_command *command = shell_find(words->argv[0]);
	int status;

	if (!command)
		return unknown(words->argv[0]);
	if (words->background)
		return start_job(command, words);
	if (words->output) {
		shell_out = fopen(words->output, words->append ? "a" : "w");
		if (!shell_out) {
			shell_out = stdout;
			return shell_fail(command->name, words->output);
		}
	}
	status = call(command, words->argc, words->argv);
	if (words->output) {
		bool failed = ferror(shell_out);

		failed |= fclose(shell_out) != 0;
		shell_out = stdout;
		if (failed && !status)
			status = shell_fail(command->name, words->output);
	}
	return status;
}

int shell_run(const char *text)
{
	/* One line at a time, and a line may run another (watch, time). */
	struct words *words = malloc(sizeof(*words));
	const char *error;

	if (!words)
		return shell_fail("shell", "cannot run it");
	interrupted = 0;
	while (*text && !interrupted) {
		if (words_split(&text, words, &error)) {
			printf("%s\n", error);
			shell_status = 2;
			break;
		}
		if (words->argc)
			shell_status = run_words(words);
		fflush(stdout);
	}
	free(words);
	return shell_status;
}

/*
 * --- lines -------------------------------------------------------------------------------------
 */

static void to_terminal(struct line *line, const char *bytes, size_t length)
{
	(void)line;
	while (length) {
		ssize_t n = write(STDOUT_FILENO, bytes, length);

		if (n <= 0)
			break;
		bytes += n;
		length -= (size_t)n;
	}
}

/* Keys come one by one, none of them is special; commands get an ordinary terminal. */
static void keys_on(void)
{
	struct termios raw = cooked;

	raw.c_iflag &= ~(tcflag_t)ICRNL;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void keys_off(void)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
}

/* The end of the input, or an error: false. */
static bool next_byte(unsigned char *byte)
{
	static unsigned char bytes[128];
	static ssize_t count, at;

	while (at == count) {
		at = 0;
		count = read(STDIN_FILENO, bytes, on_terminal ? 1 : sizeof(bytes));
		if (count < 0 && errno == EINTR)
			count = 0;
		else if (count <= 0)
			return false;
	}
	*byte = bytes[at++];
	return true;
}

static void run_line(struct line *line)
{
	if (line->too_long) {
		printf("the line is longer than %d bytes: nothing was run\n", LINE_BYTES - 1);
		shell_status = 2;
		return;
	}
	line_remember(line, line->text);
	shell_run(line->text);
}

static void edit_lines(struct line *line)
{
	/* Ask where the right edge is: the answer comes with the keys. */
	static const char ask_width[] = "\x1b"
					"7\x1b[999C\x1b[6n\x1b"
					"8";
	enum line_event event = LINE_CANCEL;
	unsigned char byte;

	while (event != LINE_END) {
		keys_on();
		line_begin(line);
		to_terminal(line, ask_width, sizeof(ask_width) - 1);
		do {
			if (!next_byte(&byte))
				return;
			event = line_input(line, byte);
		} while (event == LINE_MORE);
		keys_off();
		if (event == LINE_DONE)
			run_line(line);
	}
}

/* Without a terminal, or one that knows no movements: lines as they come. */
static void plain_lines(struct line *line)
{
	unsigned char byte = 0;
	bool more = true;

	while (more) {
		if (on_terminal)
			to_terminal(line, "SHELL> ", 7);
		line->length = 0;
		line->too_long = false;
		while ((more = next_byte(&byte)) && byte != '\n') {
			if (line->length < LINE_BYTES - 1)
				line->text[line->length++] = (char)byte;
			else
				line->too_long = true;
		}
		line->text[line->length] = '\0';
		if (more || line->length)
			run_line(line);
	}
}

static void greet(void)
{
	char here[256];

	printf("Welcome to unishyper ...\n");
	if (getcwd(here, sizeof(here)))
		printf("File System is enabled, current path on %s\n", here);
	printf("You can input \"help\" for more info.\n");
	fflush(stdout);
}

/* The word autorun= of the boot line: commands, then the end of the machine. */
static bool autorun(void)
{
	static const char key[] = "autorun=";
	char text[2048];
	FILE *words = fopen("/proc/words", "re");
	bool found = false;

	while (words && !found && fgets(text, sizeof(text), words))
		found = !strncmp(text, key, sizeof(key) - 1);
	if (words)
		fclose(words);
	if (!found)
		return false;
	text[strcspn(text, "\n")] = '\0';
	shell_run(text + sizeof(key) - 1);
	return true;
}

static void *shell_main(void *arg)
{
	const struct sigaction action = {.sa_handler = on_interrupt};
	const char *term = getenv("TERM");
	struct line *line;

	(void)arg;
	shell_out = stdout;
	sigaction(SIGINT, &action, NULL);
	if (autorun())
		exit(shell_status);
	on_terminal = !tcgetattr(STDIN_FILENO, &cooked);
	plain = !on_terminal || (term && !strcmp(term, "dumb"));
	line = calloc(1, sizeof(*line));
	if (!line)
		exit(shell_fail("shell", "cannot start"));
	line->write = to_terminal;
	line->complete = shell_complete;
	line->prompt = "☻ SHELL➜ ";
	line->prompt_columns = line_columns(line->prompt, strlen(line->prompt));
	line->columns = 80;
	if (on_terminal)
		greet();
	if (plain)
		plain_lines(line);
	else
		edit_lines(line);
	exit(shell_status);
}

/*
 * --- the program's main ------------------------------------------------------------------------
 */

int __real_main(int argc, char **argv, char **envp);
int __wrap_main(int argc, char **argv, char **envp);

/* The linker puts this in front of the program's main(): when that returns, the terminal stays. */
int __wrap_main(int argc, char **argv, char **envp)
{
	pthread_attr_t attr;
	int error, status;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, SHELL_STACK);
	error = pthread_create(&shell_thread, &attr, shell_main, NULL);
	if (error) {
		fprintf(stderr, "the terminal cannot start: %s\n", strerror(error));
		return __real_main(argc, argv, envp);
	}
	pthread_setname_np(shell_thread, "terminal");
	status = __real_main(argc, argv, envp);
	printf("main returned %d\n", status & 255);
	fflush(stdout);
	pthread_join(shell_thread, NULL);
	return status;
}
