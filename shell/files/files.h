/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the terminal that images with files have. */
#pragma once

#include "../shell.h"

/* open() for files that are made with 0666. */
int shell_open(const char *path, int flags);

/* The entries of a directory but "." and "..", one by one. */
struct shell_folder {
	int fd; /* below 0: it cannot be opened */
	unsigned at, count;
	char bytes[1024] __attribute__((aligned(8)));
};
void shell_folder_open(struct shell_folder *folder, const char *path);
const char *shell_folder_next(struct shell_folder *folder);
