/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths and what is done by them. A path is a zero-terminated string in kernel memory of at most
 * PATH_BYTES_MAX; one that does not begin with a slash begins at the directory `start` (NULL: the
 * current one). Symbolic links are followed, 40 at most. There is one user and it may do
 * everything.
 *
 * Thread context. All return 0 or a negative errno with POSIX's meaning.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <fs/inode.h>

struct file;

#define PATH_FOLLOW 1u /* the last name as well, if it is a symbolic link */

int path_lookup(struct inode *start, const char *path, unsigned flags, struct inode **inode);

/* open(2); the mode is used as it is. */
int path_open(struct inode *start, const char *path, unsigned flags, uint32_t mode,
	      struct file **file);

/* Make a directory, symbolic link, device or socket; and the same with a reference to it. */
int path_make(struct inode *start, const char *path, const struct inode_make *make);
int path_make_inode(struct inode *start, const char *path, const struct inode_make *make,
		    struct inode **made);

int path_link(struct inode *inode, struct inode *start, const char *path);

/* unlink(2), or with `directory` rmdir(2). */
int path_remove(struct inode *start, const char *path, bool directory);

#define PATH_NOREPLACE 1u /* -EEXIST instead of replacing */
#define PATH_EXCHANGE  2u /* both exist and change places */
int path_rename(struct inode *from_start, const char *from, struct inode *to_start, const char *to,
		unsigned flags);

/* Open an inode that was found; takes its own reference. */
int inode_open(struct inode *inode, unsigned flags, struct file **file);

/*
 * Make and open a file without a name in a directory's file system; without O_EXCL it may be given
 * one by path_link().
 */
int inode_make_unnamed(struct inode *dir, unsigned flags, uint32_t mode, struct file **file);

/* The current directory: a reference. And set it: -ENOTDIR. */
struct inode *fs_cwd(void);
int fs_set_cwd(struct inode *dir);

/* Where the program begins, NULL: at what fs_set_cwd() set. Cleared at the first use. */
extern const char *fs_cwd_word;

/*
 * The absolute path of a directory, with its ending zero; its length with the zero. -ERANGE: it
 * does not fit; -ENOENT: it was removed.
 */
long path_of(struct inode *dir, char *buffer, size_t size);

/*
 * For fs/ itself: a path walked up to its last name. `dir` is referenced; the name lies in the
 * caller's string or in `buffer`.
 */
struct path {
	struct inode *dir;
	const char *name;
	size_t length; /* 0: the path names `dir` itself */
	bool trailing; /* slashes follow: it must be a directory */
	uint8_t links; /* symbolic links followed so far */
	char *buffer;
};

int path_begin(struct path *path, struct inode *start, const char *text);
/* The last name was found to be the symbolic link `link`: go on there. */
int path_follow(struct path *path, struct inode *link);
void path_end(struct path *path);

/* Is the last name "", "." or ".."? */
bool path_is_dots(const struct path *path);

/* One step, mounts crossed: a reference. Takes mount->lock. */
int path_step(struct inode *dir, const char *name, size_t length, struct inode **found);

/* The last name within path->dir, whose mount's lock is held; not for dots. */
int path_find(const struct path *path, struct inode **found);

/* May names be added to a directory? 0, -ENOENT (it was removed), -EROFS. The lock is held. */
int path_may_add(const struct inode *dir);
