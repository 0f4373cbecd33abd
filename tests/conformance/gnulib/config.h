/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What gnulib's configure would have written, as far as its tests ask: the C library's own
 * functions are tested, so nothing is replaced.
 */
#pragma once

#define _GL_UNUSED		   __attribute__((unused))
#define MAYBE_UNUSED		   __attribute__((unused))
#define _GL_ATTRIBUTE_MAYBE_UNUSED __attribute__((unused))
#define _GL_ATTRIBUTE_CONST	   __attribute__((const))
#define _GL_ATTRIBUTE_PURE	   __attribute__((pure))
#define _GL_ATTRIBUTE_NODISCARD
#define _GL_ATTRIBUTE_DEPRECATED
#define _GL_ATTRIBUTE_MALLOC
#define _GL_ATTRIBUTE_DEALLOC(f, i)
#define _GL_ATTRIBUTE_DEALLOC_FREE
#define _GL_ATTRIBUTE_NONNULL(args)
#define _GL_ATTRIBUTE_RETURNS_NONNULL
#define _GL_ATTRIBUTE_FORMAT(args)
#define _GL_ATTRIBUTE_FORMAT_PRINTF_STANDARD(a, b)
#define _GL_ARG_NONNULL(args)
#define _GL_INLINE	  static inline
#define _GL_EXTERN_INLINE static inline
#define _GL_INLINE_HEADER_BEGIN
#define _GL_INLINE_HEADER_END
#define _GL_GNUC_PREREQ(a, b) 1
#define HAVE_ISNANF_IN_LIBC   1
#define HAVE_ISNAND_IN_LIBC   1
#define HAVE_ISNANL_IN_LIBC   1
#define HAVE_UNISTD_H	      1
#define HAVE_SYS_TIME_H	      1
#define HAVE_SYS_SOCKET_H     1
#define HAVE_PTHREAD_H	      1
#define HAVE_DECL_ALARM	      1
#define HAVE_DECL_STRERROR_R  1
#define FLEXIBLE_ARRAY_MEMBER
