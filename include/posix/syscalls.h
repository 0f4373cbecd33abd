/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls, one prototype a line of posix/table.def (the build compares the two). Each
 * returns a result or a negative errno. Pointers come from the program: they may be anything and
 * are touched only by user_copy_* (mem/user.h). Context: thread, kernel mode, no lock held.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct epoll_event;
struct iovec;
struct itimerspec;
struct itimerval;
struct kernel_sigaction;
struct mq_attr;
struct pollfd;
struct rlimit;
struct robust_list_head;
struct rusage;
struct sched_param;
struct stat;
struct statfs;
struct statx;
struct sysinfo;
struct timespec;
struct timeval;
struct timezone;
struct tms;
struct uk_thread_info;
struct uk_thread_start;
struct user_message;
struct user_messages;
struct user_sigevent;
struct utsname;

/* Reading and writing. Positions and lengths of files are signed 64-bit numbers (off_t). */
long sys_read(int fd, void *buf, size_t len);
long sys_write(int fd, const void *buf, size_t len);
long sys_readv(int fd, const struct iovec *iov, int count);
long sys_writev(int fd, const struct iovec *iov, int count);
long sys_pread64(int fd, void *buf, size_t len, int64_t pos);
long sys_pwrite64(int fd, const void *buf, size_t len, int64_t pos);
long sys_preadv(int fd, const struct iovec *iov, int count, int64_t pos, long unused);
long sys_pwritev(int fd, const struct iovec *iov, int count, int64_t pos, long unused);
long sys_preadv2(int fd, const struct iovec *iov, int count, int64_t pos, long unused, int flags);
long sys_pwritev2(int fd, const struct iovec *iov, int count, int64_t pos, long unused, int flags);
long sys_sendfile(int out_fd, int in_fd, int64_t *pos, size_t len);
long sys_copy_file_range(int in_fd, int64_t *in_pos, int out_fd, int64_t *out_pos, size_t len,
			 unsigned int flags);
long sys_lseek(int fd, int64_t pos, int whence);
long sys_close(int fd);
long sys_dup(int fd);
long sys_dup3(int fd, int new_fd, int flags);
long sys_fcntl(int fd, int command, unsigned long arg);
long sys_ioctl(int fd, unsigned int request, unsigned long arg);
long sys_fsync(int fd);
long sys_fdatasync(int fd);
long sys_ftruncate(int fd, int64_t len);
long sys_fallocate(int fd, int mode, int64_t pos, int64_t len);
long sys_fadvise64(int fd, int64_t pos, int64_t len, int advice);
long sys_flock(int fd, int operation);
long sys_sync(void);

/* Waiting for files, and files that exist to be waited for. */
long sys_ppoll(struct pollfd *fds, unsigned long count, const struct timespec *timeout,
	       const uint64_t *mask, size_t mask_size);
long sys_pselect6(int limit, uint64_t *read, uint64_t *write, uint64_t *except,
		  const struct timespec *timeout, const uintptr_t *mask);
long sys_pipe2(int *fds, int flags);
long sys_eventfd2(unsigned int count, int flags);
long sys_timerfd_create(int clock, int flags);
long sys_timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old);
long sys_timerfd_gettime(int fd, struct itimerspec *now);
long sys_signalfd4(int fd, const uint64_t *set, size_t set_size, int flags);
long sys_epoll_create1(int flags);
long sys_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
long sys_epoll_pwait(int epoll, struct epoll_event *events, int count, int timeout_ms,
		     const uint64_t *mask, size_t mask_size);

/* Message queues. */
long sys_mq_open(const char *name, int flags, unsigned int mode, const struct mq_attr *attr);
long sys_mq_unlink(const char *name);
long sys_mq_timedsend(int fd, const char *data, size_t length, unsigned int priority,
		      const struct timespec *timeout);
long sys_mq_timedreceive(int fd, char *data, size_t size, unsigned int *priority,
			 const struct timespec *timeout);
long sys_mq_notify(int fd, const struct user_sigevent *event);
long sys_mq_getsetattr(int fd, const struct mq_attr *attr, struct mq_attr *old);

/* Sockets. Addresses and their lengths are the program's. */
long sys_socket(int family, int type, int protocol);
long sys_socketpair(int family, int type, int protocol, int *fds);
long sys_sendto(int fd, const void *data, size_t size, int flags, const void *name,
		unsigned int name_size);
long sys_recvfrom(int fd, void *data, size_t size, int flags, void *name, unsigned int *name_size);
long sys_sendmsg(int fd, const struct user_message *message, int flags);
long sys_recvmsg(int fd, struct user_message *message, int flags);
long sys_sendmmsg(int fd, struct user_messages *list, unsigned int count, int flags);
long sys_recvmmsg(int fd, struct user_messages *list, unsigned int count, int flags,
		  struct timespec *timeout);
long sys_shutdown(int fd, int how);
long sys_getsockopt(int fd, int level, int option, void *value, unsigned int *size);
long sys_setsockopt(int fd, int level, int option, const void *value, unsigned long size);
long sys_getsockname(int fd, void *name, unsigned int *name_size);
long sys_getpeername(int fd, void *name, unsigned int *name_size);
long sys_bind(int fd, const void *name, unsigned int name_size);
long sys_connect(int fd, const void *name, unsigned int name_size);
long sys_listen(int fd, int backlog);
long sys_accept(int fd, void *name, unsigned int *name_size);
long sys_accept4(int fd, void *name, unsigned int *name_size, int flags);

/* Names. dirfd is a directory's descriptor or AT_FDCWD. */
long sys_openat(int dirfd, const char *path, int flags, unsigned int mode);
long sys_fstat(int fd, struct stat *st);
long sys_newfstatat(int dirfd, const char *path, struct stat *st, int flags);
long sys_statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *st);
long sys_getdents64(int fd, void *buf, size_t len);
long sys_mkdirat(int dirfd, const char *path, unsigned int mode);
long sys_mknodat(int dirfd, const char *path, unsigned int mode, unsigned int device);
long sys_memfd_create(const char *name, unsigned int flags);
long sys_linkat(int old_dirfd, const char *old_path, int new_dirfd, const char *new_path,
		int flags);
long sys_symlinkat(const char *target, int dirfd, const char *path);
long sys_unlinkat(int dirfd, const char *path, int flags);
long sys_renameat(int old_dirfd, const char *old_path, int new_dirfd, const char *new_path);
long sys_renameat2(int old_dirfd, const char *old_path, int new_dirfd, const char *new_path,
		   unsigned int flags);
long sys_readlinkat(int dirfd, const char *path, char *buf, size_t len);
long sys_truncate(const char *path, int64_t len);
long sys_faccessat(int dirfd, const char *path, int mode);
long sys_faccessat2(int dirfd, const char *path, int mode, int flags);
long sys_fchmod(int fd, unsigned int mode);
long sys_fchmodat2(int dirfd, const char *path, unsigned int mode, int flags);
long sys_fchmodat(int dirfd, const char *path, unsigned int mode);
long sys_fchown(int fd, unsigned int uid, unsigned int gid);
long sys_fchownat(int dirfd, const char *path, unsigned int uid, unsigned int gid, int flags);
long sys_utimensat(int dirfd, const char *path, const struct timespec *times, int flags);
long sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	       const void *data);
long sys_umount2(const char *target, int flags);
long sys_statfs(const char *path, struct statfs *st);
long sys_fstatfs(int fd, struct statfs *st);
long sys_chdir(const char *path);
long sys_fchdir(int fd);
long sys_getcwd(char *buf, size_t len); /* returns the length with the ending zero */
long sys_umask(unsigned int mask);

/* Memory. */
long sys_mmap(uintptr_t addr, size_t len, int prot, int flags, int fd, int64_t pos);
long sys_mprotect(uintptr_t addr, size_t len, int prot);
long sys_munmap(uintptr_t addr, size_t len);
long sys_mremap(uintptr_t addr, size_t len, size_t new_len, int flags, uintptr_t new_addr);
long sys_madvise(uintptr_t addr, size_t len, int advice);
long sys_msync(uintptr_t addr, size_t len, int flags);
long sys_mincore(uintptr_t addr, size_t len, unsigned char *there);
long sys_brk(uintptr_t addr);
long sys_mlock(uintptr_t addr, size_t len);
long sys_mlock2(uintptr_t addr, size_t len, unsigned int flags);
long sys_munlock(uintptr_t addr, size_t len);
long sys_mlockall(int flags);
long sys_munlockall(void);
long sys_membarrier(int command, unsigned int flags);

/* The program and its threads. */
long sys_exit(int status);
long sys_exit_group(int status);
long sys_set_tid_address(int *clear_tid);
long sys_set_robust_list(struct robust_list_head *head, size_t len);
long sys_get_robust_list(int tid, struct robust_list_head **head, size_t *len);
long sys_gettid(void);
long sys_getpid(void);
long sys_getppid(void);
long sys_getuid(void);
long sys_geteuid(void);
long sys_getgid(void);
long sys_getegid(void);
long sys_getpgid(int pid);
long sys_getsid(int pid);
long sys_setpgid(int pid, int group);
long sys_setsid(void);
long sys_getresuid(unsigned int *real, unsigned int *effective, unsigned int *saved);
long sys_getresgid(unsigned int *real, unsigned int *effective, unsigned int *saved);
long sys_getgroups(int count, unsigned int *groups);
long sys_setgroups(size_t count, const unsigned int *groups);
long sys_getpriority(int which, int who);
long sys_setpriority(int which, int who, int value);
long sys_wait4(int pid, int *status, int options, struct rusage *usage);
long sys_waitid(int type, int id, void *info, int options, struct rusage *usage);
long sys_kill(int pid, int signal);
long sys_tkill(int tid, int signal);
long sys_tgkill(int pid, int tid, int signal);
long sys_futex(uint32_t *word, int op, uint32_t value, unsigned long timeout_or_count,
	       uint32_t *word2, uint32_t value3);
long sys_sched_yield(void);
long sys_sched_getaffinity(int tid, size_t len, unsigned long *mask);
long sys_sched_setaffinity(int tid, size_t len, const unsigned long *mask);
long sys_sched_setscheduler(int tid, int policy, const struct sched_param *param);
long sys_sched_getscheduler(int tid);
long sys_sched_setparam(int tid, const struct sched_param *param);
long sys_sched_getparam(int tid, struct sched_param *param);
long sys_sched_rr_get_interval(int tid, struct timespec *interval);
long sys_sched_get_priority_max(int policy);
long sys_sched_get_priority_min(int policy);
long sys_getcpu(unsigned int *cpu, unsigned int *node, void *unused);
long sys_prctl(int option, unsigned long arg, unsigned long arg3, unsigned long arg4,
	       unsigned long arg5);
long sys_rt_sigaction(int signal, const struct kernel_sigaction *act, struct kernel_sigaction *old,
		      size_t sigmask_size);
long sys_rt_sigprocmask(int how, const uint64_t *set, uint64_t *old, size_t sigmask_size);
long sys_rt_sigreturn(uintptr_t frame); /* by posix/start alone; does not return */
long sys_rt_sigpending(uint64_t *set, size_t sigmask_size);
long sys_rt_sigtimedwait(const uint64_t *set, void *info, const struct timespec *timeout,
			 size_t sigmask_size);
long sys_rt_sigsuspend(const uint64_t *mask, size_t sigmask_size);
long sys_sigaltstack(const void *stack, void *old);
long sys_rt_sigqueueinfo(int pid, int signal, const void *info);
long sys_rt_tgsigqueueinfo(int pid, int tid, int signal, const void *info);
long sys_getrlimit(int resource, struct rlimit *limit);
long sys_prlimit64(int pid, int resource, const struct rlimit *limit, struct rlimit *old);
long sys_getrusage(int who, struct rusage *usage);
long sys_times(struct tms *times);

/* Time, chance, the machine. */
long sys_clock_gettime(int clock, struct timespec *now);
long sys_clock_getres(int clock, struct timespec *resolution);
long sys_clock_nanosleep(int clock, int flags, const struct timespec *time, struct timespec *left);
long sys_nanosleep(const struct timespec *time, struct timespec *left);
long sys_clock_settime(int clock, const struct timespec *now);
long sys_timer_create(int clock, const struct user_sigevent *event, int *id);
long sys_timer_settime(int id, int flags, const struct itimerspec *value, struct itimerspec *old);
long sys_timer_gettime(int id, struct itimerspec *value);
long sys_timer_getoverrun(int id);
long sys_timer_delete(int id);
long sys_setitimer(int which, const struct itimerval *value, struct itimerval *old);
long sys_getitimer(int which, struct itimerval *value);
long sys_gettimeofday(struct timeval *now, struct timezone *zone);
long sys_getrandom(void *buf, size_t len, unsigned int flags);
long sys_uname(struct utsname *name);
long sys_sethostname(const char *name, size_t length);
long sys_setdomainname(const char *name, size_t length);
long sys_sysinfo(struct sysinfo *info);
long sys_reboot(long magic, long magic2, int command, void *arg);

/* Private calls of posix/start. */
long sys_nosys(long number);		      /* a call we do not have: logs once */
long sys_inherit_enable(void);		      /* mutexes with protocols are linked */
long sys_ceiling_set(int ceiling, int mutex); /* posix/inherit.c */
/* posix/fact.c */
long sys_fact_read(const char *name, char *text, size_t size);
long sys_fact_write(const char *name, const char *text);
long sys_terminal_keys(int begin); /* posix/terminal.c: was ^C typed since the command began */
long sys_thread_create(struct uk_thread_start *start); /* abi/start.h; returns the thread's id */
long sys_thread_interrupt(int tid); /* its wait, or its next one, ends with -EINTR */
long sys_thread_kill(int tid, const unsigned char *hold); /* posix/kill.c */
long sys_thread_ending(void); /* no handler runs in the calling thread any more */
long sys_thread_next(int after, struct uk_thread_info *info); /* smallest id above; or -ESRCH */
long sys_thread_set_name(int tid, const char *name);	      /* cut to 15 bytes; tid 0: oneself */
long sys_thread_set_priority(int tid, unsigned int priority); /* 0 to 63; tid 0: oneself */
long sys_thread_to_front(int tid); /* before the ready threads of its priority */
/* posix/semaphore.c */
long sys_semaphore_acquire(uint64_t *word, uint64_t deadline_ns);
long sys_semaphore_release(uint64_t *word);
long sys_set_tp(uintptr_t tp); /* the calling thread's thread pointer */
