/* SPDX-License-Identifier: BSD-2-Clause */
/* What lighttpd's configure would find. */
#pragma once

#define PACKAGE_NAME	    "lighttpd"
#define PACKAGE_VERSION	    "1.4.69"
#define LIGHTTPD_VERSION_ID 0x10445

#define _GNU_SOURCE
#define LIBRARY_DIR "/lib"

#define SIZEOF_LONG  8
#define SIZEOF_OFF_T 8

#define HAVE_GETOPT_H
#define HAVE_INTTYPES_H
#define HAVE_POLL_H
#define HAVE_STDINT_H
#define HAVE_STDLIB_H
#define HAVE_STRINGS_H
#define HAVE_SYSLOG_H
#define HAVE_SYS_EPOLL_H
#define HAVE_SYS_MMAN_H
#define HAVE_SYS_POLL_H
#define HAVE_SYS_RESOURCE_H
#define HAVE_SYS_SENDFILE_H
#define HAVE_SYS_SELECT_H
#define HAVE_SYS_TIME_H
#define HAVE_SYS_TYPES_H
#define HAVE_SYS_UIO_H
#define HAVE_SYS_UN_H
#define HAVE_SYS_WAIT_H
#define HAVE_UNISTD_H

#define HAVE_CLOCK_GETTIME
#define HAVE_EPOLL_CTL
#define HAVE_EXPLICIT_BZERO
#define HAVE_GETENTROPY
#define HAVE_GETRANDOM
#define HAVE_GETRLIMIT
#define HAVE_GETUID
#define HAVE_GMTIME_R
#define HAVE_INET_ATON
#define HAVE_INET_PTON
#define HAVE_IPV6
#define HAVE_JRAND48
#define HAVE_LOCALTIME_R
#define HAVE_LSTAT
#define HAVE_MADVISE
#define HAVE_MEMPCPY
#define HAVE_MKOSTEMP
#define HAVE_MMAP
#define HAVE_PIPE2
#define HAVE_POLL
#define HAVE_PREAD
#define HAVE_PREADV
#define HAVE_PWRITE
#define HAVE_PWRITEV
#define HAVE_SELECT
#define HAVE_SENDFILE
#define HAVE_SIGACTION
#define HAVE_SIGNAL
#define HAVE_SOCKLEN_T
#define HAVE_SRANDOM
#define HAVE_STRUCT_TM_GMTOFF
#define HAVE_TIMEGM
#define HAVE_WEAK_SYMBOLS
#define HAVE_WRITEV
