/* SPDX-License-Identifier: BSD-2-Clause */
/* What the terminal does with files besides its commands: `>`, TAB, the greeting. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unishyper/cwd.h>
#include <unistd.h>

#include "files.h"

int shell_open(const char *path, int flags)
{
	return openat(AT_FDCWD, path, flags | O_CLOEXEC, 0666);
}

static FILE *begin(struct stream_memory *memory, const char *path, bool append)
{
	int file = shell_open(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC));

	return file < 0 ? NULL : stream_to(memory, file);
}

static void names(const char *path, bool all,
		  void (*fn)(void *arg, const char *name, bool is_folder), void *arg)
{
	struct shell_folder folder;
	const char *name;
	struct stat of;

	shell_folder_open(&folder, path);
	while ((name = shell_folder_next(&folder)))
		if (all || name[0] != '.')
			fn(arg, name, !fstatat(folder.fd, name, &of, 0) && S_ISDIR(of.st_mode));
}

static void greet(void)
{
	char here[256];

	if (!cwd_path(here, sizeof(here)))
		shell_say("File System is enabled, current path on %s\n", here);
}

extern const struct shell_command shell_command_ls, shell_command_devmem;
extern const char uk_terminal_root[]; /* fs/procfs.c: /proc and /dev/mem */

extern const struct shell_files terminal_files;
const struct shell_files terminal_files
	__attribute__((__used__, __section__(".set.shell_files.FILES"), __aligned__(8))) = {
		.begin = begin,
		.end = stream_end,
		.names = names,
		.greet = greet,
		.help = "command > FILE prints to a file\n",
		.with = {&shell_command_ls, &shell_command_devmem, uk_terminal_root},
};
