/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals that are read from a file: signalfd(2). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <base/guard.h>
#include <fs/io.h>
#include <fs/poll.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/signal.h>
#include <posix/syscalls.h>

struct signalfd {
	struct signal_watch watch;
	struct waitq queue; /* whose lock guards `changes` */
	struct poll_source source;
	uint64_t set;	  /* atomic */
	unsigned changes; /* signals of the set that became pending */
};

static uint64_t set_of(const struct signalfd *signalfd)
{
	return __atomic_load_n(&signalfd->set, __ATOMIC_RELAXED);
}

static void tell(struct signalfd *signalfd)
{
	struct irq_state state = waitq_lock(&signalfd->queue);

	signalfd->changes++;
	waitq_wake(&signalfd->queue, 0, SIZE_MAX);
	poll_notify(&signalfd->source, POLL_READABLE);
	waitq_unlock(&signalfd->queue, state);
}

static void signalfd_notify(struct signal_watch *watch, int number)
{
	struct signalfd *signalfd = CONTAINER_OF(watch, struct signalfd, watch);

	if (set_of(signalfd) & signal_bit(number))
		tell(signalfd);
}

static unsigned changes_of(struct signalfd *signalfd)
{
	return __atomic_load_n(&signalfd->changes, __ATOMIC_ACQUIRE);
}

static int wait_for_change(struct signalfd *signalfd, unsigned seen)
{
	struct irq_state state = waitq_lock(&signalfd->queue);
	int error = 0;

	while (signalfd->changes == seen && !error)
		error = waitq_sleep(&signalfd->queue, &state, 0, DEADLINE_NEVER);
	if (signalfd->changes != seen)
		error = 0;
	waitq_unlock(&signalfd->queue, state);
	return error;
}

static void give_out(struct io *io, const struct signal_info *info)
{
	struct signalfd_siginfo out = {
		.ssi_signo = (uint32_t)info->number,
		.ssi_code = info->code,
		.ssi_pid = info->code == SI_TIMER ? 0 : (uint32_t)info->sender,
		.ssi_tid = info->code == SI_TIMER ? (uint32_t)info->sender : 0,
		.ssi_overrun = (uint32_t)info->overrun,
		.ssi_int = (int32_t)info->value,
		.ssi_ptr = info->value,
		.ssi_addr = info->address,
	};

	io_out(io, &out, sizeof(out));
}

static long signalfd_read(struct file *file, struct io *io, int64_t offset)
{
	struct signalfd *signalfd = file->data;
	struct signal_info info;
	unsigned seen;
	int error = 0;

	(void)offset;
	if (io->left < sizeof(struct signalfd_siginfo))
		return -EINVAL;
	while (!io->done && !io->fault && !error) {
		seen = changes_of(signalfd);
		while (io->left >= sizeof(struct signalfd_siginfo) && !io->fault &&
		       signal_take(set_of(signalfd), &info))
			give_out(io, &info);
		if (!io->done && !io->fault)
			error = file->flags & O_NONBLOCK ? -EAGAIN
							 : wait_for_change(signalfd, seen);
	}
	return error ? error : io_result(io);
}

static uint32_t signalfd_poll(struct file *file, struct poll_watch *watch)
{
	struct signalfd *signalfd = file->data;

	struct irq_state state;
	uint64_t pending;

	poll_watch_add(&signalfd->source, watch);
	state = waitq_lock(&signalfd->queue);
	pending = signal_pending() & set_of(signalfd);
	waitq_unlock(&signalfd->queue, state);
	return pending ? POLL_READABLE : 0;
}

static void signalfd_release(struct file *file)
{
	struct signalfd *signalfd = file->data;

	signal_unwatch(&signalfd->watch);
	heap_free(signalfd);
}

static const struct file_ops signalfd_ops = {
	.mode = 0600,
	.read = signalfd_read,
	.poll = signalfd_poll,
	.release = signalfd_release,
};

static long signalfd_new(uint64_t set, int flags)
{
	struct signalfd *signalfd = heap_alloc_zeroed(sizeof(*signalfd));
	struct file *file = NULL;

	if (signalfd)
		file = file_create(&signalfd_ops, NULL, ((unsigned)flags & O_NONBLOCK) | O_RDWR);
	if (!file) {
		heap_free(signalfd);
		return -ENOMEM;
	}
	waitq_init(&signalfd->queue);
	poll_source_init(&signalfd->source);
	signalfd->set = set;
	signalfd->watch.notify = signalfd_notify;
	file->data = signalfd;
	signal_watch(&signalfd->watch);
	return fd_add_new(file, flags & O_CLOEXEC);
}

long sys_signalfd4(int fd, const uint64_t *set, size_t set_size, int flags)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	struct signalfd *signalfd;
	uint64_t wanted;

	if (set_size != sizeof(wanted) || flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	if (user_copy_in(&wanted, set, sizeof(wanted)))
		return -EFAULT;
	wanted &= ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
	if (fd == -1)
		return signalfd_new(wanted, flags);
	file = fd_get(fd);
	if (!file)
		return -EBADF;
	if (file->ops != &signalfd_ops)
		return -EINVAL;
	signalfd = file->data;
	__atomic_store_n(&signalfd->set, wanted, __ATOMIC_RELAXED);
	tell(signalfd);
	return fd;
}
