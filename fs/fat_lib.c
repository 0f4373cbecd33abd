/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The FAT library, unmodified, included here because what the file system needs of it are its
 * inner functions: entries without their clusters, chains without their files.
 */
#define FFCONF_H <fs/fat_config.h>
#include <ff.c>
