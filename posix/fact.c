/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/fact.h>: what the kernel knows, as text, without files. */
#include <errno.h>

#include <base/bits.h>
#include <base/str.h>
#include <fs/procfs.h>
#include <mem/user.h>
#include <posix/syscalls.h>

SET_DECLARE(const struct proc_file, proc_file);

#define NAME_BYTES 32

static const struct proc_file *find(const char *user_name, long *error)
{
	char name[NAME_BYTES];
	long length = user_copy_string(name, user_name, sizeof(name));

	*error = length == -EFAULT ? -EFAULT : -ENOENT;
	if (length < 0)
		return NULL;
	SET_FOR_EACH (const struct proc_file, proc_file, fact)
		if (str_equal(fact->name, name))
			return fact;
	return NULL;
}

struct answer {
	struct fmt_sink sink;
	char *at; /* in the program's memory */
	size_t left, length;
	bool fault;
};

static void append(struct fmt_sink *sink, const char *bytes, size_t length)
{
	struct answer *answer = CONTAINER_OF(sink, struct answer, sink);
	size_t n = MIN(length, answer->left);

	answer->length += length;
	if (n && user_copy_out(answer->at, bytes, n))
		answer->fault = true;
	answer->at += n;
	answer->left -= n;
}

long sys_fact_read(const char *name, char *text, size_t size)
{
	struct answer answer = {.sink.write = append, .at = text, .left = size};
	long error;
	const struct proc_file *fact = find(name, &error);

	if (!fact)
		return error;
	fact->show(&answer.sink);
	return answer.fault ? -EFAULT : (long)answer.length;
}

long sys_fact_write(const char *name, const char *text)
{
	char line[80];
	long error;
	const struct proc_file *fact = find(name, &error);

	if (!fact)
		return error;
	if (!fact->store)
		return -EACCES;
	error = user_copy_string(line, text, sizeof(line));
	return error < 0 ? error == -EFAULT ? -EFAULT : -EINVAL : fact->store(line);
}
