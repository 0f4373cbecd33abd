/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal's thread: reads lines, runs commands. Docs: docs/terminal.md. */
#define _GNU_SOURCE
#include "shell.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unishyper/fact.h>
#include <unishyper/thread.h>
#include <unistd.h>

#include "line.h"

static __thread struct shell_session *current;
static struct shell_session console, background;
static struct termios cooked;
static bool on_terminal; /* the console is one */

struct shell_session *shell_session(void)
{
	return current ? current : &background;
}

FILE **shell_out_now(void)
{
	return &shell_session()->out;
}

int shell_say(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vfprintf(shell_session()->terminal, format, args);
	va_end(args);
	return n;
}

/*
 * --- commands ----------------------------------------------------------------------------------
 */

/* ^C of the console comes by the kernel, which also ends its thread's waiting. */
bool shell_interrupted(void)
{
	struct shell_session *session = shell_session();

	return session->interrupted || (session == &console && uk_sys_terminal_keys(false));
}

int shell_fail(const char *name, const char *what)
{
	shell_say("%s: %s: %s\n", name, what, strerror(errno));
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

static int no_files(void)
{
	shell_say("[warning] file system is not supported, please enable \"fs\" feature.\n");
	return 1;
}

/* Is it a command on files: those are not there. */
static bool is_for_files(const char *name)
{
	static const char names[] = "cat\0cd\0cp\0devmem\0df\0hexdump\0ls\0mkdir\0mount\0mv\0"
				    "pwd\0rm\0rmdir\0sync\0touch\0umount\0";

	for (const char *one = names; *one; one += strlen(one) + 1)
		if (!strcmp(one, name))
			return true;
	return false;
}

static int unknown(const char *name)
{
	const struct shell_command *nearest = shell_nearest(name);

	if (!shell_files() && is_for_files(name))
		return no_files();
	shell_say("command not found: \"%s\", please input 'help' for more info.\n", name);
	if (nearest)
		shell_say("Did you mean %s?\n", nearest->name);
	return 127;
}

int shell_usage(const struct shell_command *command)
{
	shell_say("usage: %s%s%s\n", command->name, *command->usage ? " " : "", command->usage);
	return 2;
}

int shell_call(int argc, char **argv)
{
	const struct shell_command *command = shell_find(argv[0]);
	struct shell_session *session = shell_session();
	int arguments = argc - 1, status;
	const char *outer;

	if (!command)
		return unknown(argv[0]);

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		shell_say("%s %s\n  %s\n", command->name, command->usage, command->help);
		return 0;
	}
	if (arguments < command->least || (command->most != SHELL_ANY && arguments > command->most))
		return shell_usage(command);
	outer = session->running;
	session->running = command->name;
	status = command->run(argc, argv);
	session->running = outer;
	return shell_interrupted() ? 130 : status;
}

/* A command on a thread of its own, with its own copy of the words. */
struct job {
	const struct shell_command *command;
	int argc;
	char *argv[WORDS_MAX + 1];
	size_t size;
};

static void run_job(void *arg)
{
	struct job *job = arg;

	job->command->run(job->argc, job->argv);
	fflush(background.terminal);
	munmap(job, job->size);
}

void *shell_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* A thread of the terminal's that nobody joins. A negative errno, or its id. */
static int spawn(const char *name, void (*fn)(void *arg), void *arg, size_t stack)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;

	options.name = name;
	options.stack_bytes = stack;
	options.detached = true;
	return thread_spawn_with(fn, arg, &options);
}

static int start_job(const struct shell_command *command, const struct words *words)
{
	size_t bytes = sizeof(struct job);
	struct job *job;
	char *at;
	int error;

	for (int i = 0; i < words->argc; i++)
		bytes += strlen(words->argv[i]) + 1;
	job = shell_memory(bytes);
	if (!job)
		return shell_fail(command->name, "cannot start");
	job->command = command;
	job->argc = words->argc;
	job->size = bytes;
	at = (char *)(job + 1);
	for (int i = 0; i < words->argc; i++) {
		job->argv[i] = at;
		at = stpcpy(at, words->argv[i]) + 1;
	}
	error = spawn(command->name, run_job, job, 0);
	if (error > 0)
		return 0;
	munmap(job, bytes);
	errno = -error;
	return shell_fail(command->name, "cannot start");
}

static int run_words(struct words *words)
{
	const struct shell_command *command = shell_find(words->argv[0]);
	struct shell_session *session = shell_session();
	struct stream_memory memory;
	FILE *before = session->out;
	int status;

	if (!command)
		return unknown(words->argv[0]);
	if (words->background)
		return start_job(command, words);
	if (words->output && !shell_files())
		return no_files();
	if (words->output) {
		FILE *file = shell_files()->begin(&memory, words->output, words->append);

		if (!file)
			return shell_fail(command->name, words->output);
		session->out = file;
	}
	status = shell_call(words->argc, words->argv);
	if (words->output) {
		bool failed = shell_files()->end(session->out) != 0;

		session->out = before;
		if (failed && !status)
			status = shell_fail(command->name, words->output);
	}
	return status;
}

int shell_run(const char *text)
{
	struct shell_session *session = shell_session();
	struct words words;
	const char *error;

	session->interrupted = 0;
	if (session == &console)
		uk_sys_terminal_keys(true);
	while (*text && !shell_interrupted() && !session->ended) {
		if (words_split(&text, &words, &error)) {
			shell_say("%s\n", error);
			session->status = 2;
			break;
		}
		if (words.argc)
			session->status = run_words(&words);
		fflush(session->terminal);
	}
	return session->status;
}

/*
 * --- lines -------------------------------------------------------------------------------------
 */

/* The console's stream is empty while a line is edited. */
void shell_write(struct line *line, const char *bytes, size_t length)
{
	struct shell_session *session = shell_session();

	(void)line;
	if (session->remote) {
		fwrite(bytes, 1, length, session->terminal);
		fflush(session->terminal);
		return;
	}
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

	if (current != &console)
		return;
	raw.c_iflag &= ~(tcflag_t)ICRNL;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void keys_off(void)
{
	if (current == &console)
		tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
}

/* The end of the input, or an error: false. */
static bool next_byte(unsigned char *byte)
{
	struct shell_session *session = shell_session();

	while (session->at == session->count) {
		/* A terminal's keys come alone: what follows may be for a command. */
		bool one = session == &console && on_terminal;
		ssize_t n = read(session->input, session->bytes, one ? 1 : sizeof(session->bytes));

		session->at = session->count = 0;
		if (n > 0)
			session->count = (unsigned)n;
		else if (!n || errno != EINTR)
			return false;
		else if (session->ended)
			return false;
	}
	*byte = session->bytes[session->at++];
	return true;
}

static void run_line(struct line *line)
{
	if (line->too_long) {
		shell_say("the line is longer than %d bytes: nothing was run\n", LINE_BYTES - 1);
		shell_session()->status = 2;
		fflush(shell_session()->terminal);
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

	while (event != LINE_END && !current->ended) {
		keys_on();
		line_begin(line);
		shell_write(line, ask_width, sizeof(ask_width) - 1);
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

	while (more && !current->ended) {
		if (current != &console || on_terminal)
			shell_write(line, "SHELL> ", 7);
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
	const struct shell_files *files = shell_files();

	shell_say("Welcome to unishyper ...\n");
	if (files)
		files->greet();
	else
		shell_say("No FS support.\n");
	shell_say("You can input \"help\" for more info.\n");
}

/*
 * --- sessions ----------------------------------------------------------------------------------
 */

/* Lines of the fact are NAME=VALUE. */
bool shell_boot_word(const char *key, char *value, size_t size)
{
	size_t length = strlen(key), room = (size_t)fact_read("words", NULL, 0) + 1;
	char *text = shell_memory(room), *line = text, *end;
	bool found = false;

	if (!text)
		return false;
	for (fact_read("words", text, room); (end = strchr(line, '\n')); line = end + 1) {
		if (strncmp(line, key, length) || line[length] != '=')
			continue;
		line += length + 1;
		found = (size_t)(end - line) < size;
		if (found)
			*(char *)mempcpy(value, line, (size_t)(end - line)) = '\0';
		break;
	}
	munmap(text, room);
	return found;
}

static void session_thread(struct shell_session *session);

/*
 * A command has faulted, or somebody killed the thread: another one goes on in its place. Here the
 * old one ends.
 */
static void go_on(void *arg)
{
	struct shell_session *session = arg;

	if (session->running)
		shell_say("%s: ended by a fault\n", session->running);
	session->running = NULL;
	session->status = 139;
	if (session->out != session->terminal)
		shell_files()->end(session->out);
	session->out = session->terminal;
	fflush(session->terminal);
	if (session->automatic)
		exit(session->status);
	session->again = true;
	if (shell_session_start(session))
		exit(session->status);
}

static void session_main(void *arg)
{
	struct shell_session *session = current = arg;

	session->thread = thread_current_id();
	pthread_cleanup_push(go_on, session);
	session_thread(session);
	pthread_cleanup_pop(0);
	session->end(session);
}

int shell_session_start(struct shell_session *session)
{
	int error = spawn(session->name, session_main, session, SHELL_STACK);

	return error < 0 ? -error : 0;
}

static void session_thread(struct shell_session *session)
{
	if (!session->again && session->begin && !session->begin(session))
		return;
	if (!session->line) {
		struct line *line = shell_memory(sizeof(*line));

		if (!line) {
			shell_fail("shell", "cannot start");
			return;
		}
		line->write = shell_write;
		line->complete = shell_complete;
		line->prompt = "☻ SHELL➜ ";
		line->prompt_columns = line_columns(line->prompt, strlen(line->prompt));
		line->columns = 80;
		session->line = line;
	}
	if (!session->again && (session != &console || on_terminal))
		greet();
	fflush(session->terminal);
	if (session->plain)
		plain_lines(session->line);
	else
		edit_lines(session->line);
}

/* The console's. The word autorun= of the boot line: commands, then the end of the machine. */
static bool console_begin(struct shell_session *session)
{
	const char *term = getenv("TERM");
	char commands[2048];

	if (shell_remote_start)
		shell_remote_start();
	if (shell_boot_word("autorun", commands, sizeof(commands))) {
		session->automatic = true;
		shell_run(commands);
		return false;
	}
	on_terminal = !tcgetattr(STDIN_FILENO, &cooked);
	session->plain = !on_terminal || (term && !strcmp(term, "dumb"));
	return true;
}

static void console_end(struct shell_session *session)
{
	exit(session->status);
}

/*
 * --- the program's main ------------------------------------------------------------------------
 */

int __real_main(int argc, char **argv, char **envp);
int __wrap_main(int argc, char **argv, char **envp);

/* The linker puts this in front of the program's main(): when that returns, the terminal stays. */
int __wrap_main(int argc, char **argv, char **envp)
{
	int error, status;

	console = (struct shell_session){
		.name = "terminal",
		.input = STDIN_FILENO,
		.terminal = stdout,
		.out = stdout,
		.begin = console_begin,
		.end = console_end,
	};
	background.terminal = background.out = stdout;
	error = shell_session_start(&console);
	if (error) {
		errno = error;
		shell_fail(console.name, "cannot start");
		return __real_main(argc, argv, envp);
	}
	status = __real_main(argc, argv, envp);
	printf("main returned %d\n", status & 255);
	fflush(stdout);
	for (;;)
		sleep(UINT_MAX);
}
