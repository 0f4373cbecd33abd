/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ops ROOT SEED COUNT THREADS [TRACE]: random operations on files below ROOT, by each thread in a
 * folder of its own. The same program runs on the host: what every call returns, and every byte
 * that is read, goes into a sum that is printed 16 times a thread; both must be equal. TRACE is the
 * number of a thread that prints every call.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEPS	16
#define OPEN	6
#define THREADS 16
#define BYTES	16384

struct worker {
	unsigned number;
	uint64_t random, sum, done;
	uint64_t sums[STEPS];
	int open[OPEN];
	char last[300];
	unsigned char buffer[BYTES];
};

static const char *root;
static uint64_t count;
static int traced = -1;

static uint64_t next(struct worker *w)
{
	uint64_t x = w->random += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void add(struct worker *w, const void *bytes, size_t size)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < size; i++)
		w->sum = (w->sum ^ b[i]) * UINT64_C(0x100000001b3);
}

/* A call's result: the value, or which error. */
static long said(struct worker *w, const char *what, const char *a, const char *b, long value)
{
	long result = value < 0 ? -errno : value;

	add(w, &result, sizeof(result));
	if (traced == (int)w->number)
		printf("%" PRIu64 " %s %s %s = %ld\n", w->done, what, a, b, result);
	return result;
}

/* Names of all kinds: short ones, long ones, a folder deep; few enough to meet again. */
static void name(struct worker *w, char *to, size_t size)
{
	static const char *const kinds[] = {"F%u",
					    "file %u.txt",
					    "a rather long name of number %u.data",
					    "x%u.tar.gz",
					    "gr\xc3\xb6\xc3\x9f"
					    "e %u",
					    "D%u/inner %u",
					    "D%u/SUB/%u.bin",
					    "folder %u/y"};
	unsigned n = next(w) % 12, kind = next(w) % 8;
	int used = snprintf(to, size, "%s/t%u/", root, w->number);

	if (kind == 5 || kind == 6)
		n %= 3;
	snprintf(to + used, size - (size_t)used, kinds[kind], n, (unsigned)(next(w) % 6));
}

/* The part of the path both machines have in common. */
static const char *shown(const char *path)
{
	return path + strlen(root);
}

static void folder_name(struct worker *w, char *to, size_t size)
{
	static const char *const kinds[] = {"D%u", "D%u/SUB", "folder %u"};

	unsigned kind = next(w) % 3;
	int used = snprintf(to, size, "%s/t%u/", root, w->number);

	snprintf(to + used, size - (size_t)used, kinds[kind], (unsigned)(next(w) % 3));
}

static void op_open(struct worker *w)
{
	static const int flags[] = {O_RDWR | O_CREAT,	       O_RDWR | O_CREAT | O_TRUNC,
				    O_RDWR | O_CREAT | O_EXCL, O_RDWR,
				    O_RDWR | O_CREAT,	       O_RDWR | O_CREAT | O_APPEND};
	unsigned slot = next(w) % OPEN, kind = next(w) % 6;
	char path[300], slot_text[32];

	name(w, path, sizeof(path));
	if (w->open[slot] >= 0)
		said(w, "close", "", "", close(w->open[slot]));
	w->open[slot] = open(path, flags[kind], 0644);
	snprintf(slot_text, sizeof(slot_text), "as %u, %u", slot, kind);
	said(w, "open", shown(path), slot_text, w->open[slot] < 0 ? -1 : 0);
}

static uint64_t place(struct worker *w)
{
	switch (next(w) % 4) {
	case 0:
		return next(w) % 4 * 4096;
	case 1:
		return next(w) % 3000;
	case 2:
		return next(w) % 100000;
	}
	return next(w) % 20000;
}

static size_t amount(struct worker *w)
{
	switch (next(w) % 4) {
	case 0:
		return 4096;
	case 1:
		return 1 + next(w) % 40;
	case 2:
		return next(w) % BYTES;
	}
	return next(w) % 2000;
}

static void op_write(struct worker *w)
{
	int slot = (int)(next(w) % OPEN), fd = w->open[slot];
	uint64_t at = place(w), value = next(w);
	size_t size = amount(w);
	char where[64];

	for (size_t i = 0; i < size; i++)
		w->buffer[i] = (unsigned char)(value + i * 7 + (i >> 8));
	snprintf(where, sizeof(where), "%d at %" PRIu64 " of %zu", slot, at, size);
	said(w, "write", where, "", pwrite(fd, w->buffer, size, (off_t)at));
}

static void op_read(struct worker *w)
{
	int slot = (int)(next(w) % OPEN), fd = w->open[slot];
	uint64_t at = place(w);
	size_t size = amount(w);
	long got = pread(fd, w->buffer, size, (off_t)at);
	char where[64];

	snprintf(where, sizeof(where), "%d at %" PRIu64 " of %zu", fd < 0 ? -1 : slot, at, size);
	said(w, "read", where, "", got);

	if (got <= 0)
		return;
	add(w, w->buffer, (size_t)got);
	said(w, "bytes", "", "", (long)(w->sum >> 1));
}

static void op_stat(struct worker *w)
{
	struct stat stat_;
	char path[300];
	long mode = 0, size = 0;

	name(w, path, sizeof(path));
	if (said(w, "stat", shown(path), "", stat(path, &stat_)) == 0) {
		mode = stat_.st_mode & S_IFMT;
		size = S_ISREG(stat_.st_mode) ? (long)stat_.st_size : 0;
	}
	said(w, "mode", "", "", mode);
	said(w, "size", "", "", size);
}

static void op_rename(struct worker *w)
{
	char from[300], to[300];

	name(w, from, sizeof(from));
	name(w, to, sizeof(to));
	if (next(w) % 8 == 0)
		folder_name(w, from, sizeof(from));
	if (next(w) % 16 == 0)
		folder_name(w, to, sizeof(to));
	said(w, "rename", shown(from), shown(to), rename(from, to));
}

/* All names, in any order. */
static void op_list(struct worker *w)
{
	uint64_t all = 0, before = w->sum;
	char path[300];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/t%u", root, w->number);
	if (next(w) % 2)
		folder_name(w, path, sizeof(path));
	dir = opendir(path);
	said(w, "list", shown(path), "", dir ? 0 : -1);
	if (!dir)
		return;
	before = w->sum;
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		w->sum = 7;
		add(w, entry->d_name, strlen(entry->d_name));
		all += w->sum;
	}
	w->sum = before;
	closedir(dir);
	said(w, "names", "", "", (long)(all >> 1));
}

static void op_folder(struct worker *w)
{
	char path[300];

	folder_name(w, path, sizeof(path));
	if (next(w) % 3)
		said(w, "mkdir", shown(path), "", mkdir(path, 0755));
	else
		said(w, "rmdir", shown(path), "", rmdir(path));
}

static void operate(struct worker *w)
{
	int fd = w->open[next(w) % OPEN];
	char path[300];

	switch (next(w) % 32) {
	case 0 ... 4:
		op_open(w);
		break;
	case 5 ... 13:
		op_write(w);
		break;
	case 14 ... 19:
		op_read(w);
		break;
	case 20:
	case 21:
		op_folder(w);
		break;
	case 22:
	case 23:
		name(w, path, sizeof(path));
		said(w, "unlink", shown(path), "", unlink(path));
		break;
	case 24:
	case 25:
		op_rename(w);
		break;
	case 26:
		said(w, "truncate", "", "", ftruncate(fd, (off_t)place(w)));
		break;
	case 27:
		op_list(w);
		break;
	case 28:
		said(w, "seek", "", "", (long)lseek(fd, 0, SEEK_END));
		break;
	case 29:
		if (next(w) % 8 == 0)
			said(w, "fsync", "", "", fsync(fd));
		break;
	default:
		op_stat(w);
	}
}

static void *work(void *argument)
{
	struct worker *w = argument;
	char path[300];

	snprintf(path, sizeof(path), "%s/t%u", root, w->number);
	said(w, "mkdir", shown(path), "", mkdir(path, 0755));
	for (unsigned i = 0; i < OPEN; i++)
		w->open[i] = -1;
	for (w->done = 0; w->done < count; w->done++) {
		operate(w);
		w->sums[w->done * STEPS / count] = w->sum;
	}
	for (unsigned i = 0; i < OPEN; i++)
		if (w->open[i] >= 0)
			close(w->open[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS];
	pthread_t threads[THREADS];
	unsigned thread_count;

	if (argc < 5)
		return 2;
	root = argv[1];
	count = strtoull(argv[3], NULL, 10);
	thread_count = (unsigned)atoi(argv[4]);
	traced = argc > 5 ? atoi(argv[5]) : -1;
	for (unsigned i = 0; i < thread_count && i < THREADS; i++) {
		workers[i].number = i;
		workers[i].random = strtoull(argv[2], NULL, 10) * 1000 + i;
		if (pthread_create(&threads[i], NULL, work, &workers[i]))
			return 3;
	}
	for (unsigned i = 0; i < thread_count && i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		for (unsigned j = 0; j < STEPS; j++)
			printf("sum %u %u %016" PRIx64 "\n", i, j, workers[i].sums[j]);
	}
	sync();
	return 0;
}
