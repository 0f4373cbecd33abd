/* SPDX-License-Identifier: BSD-2-Clause */
/* Singly linked queues as BSD names them, a header that the C library does not have. */
#pragma once

#define STAILQ_HEAD(name, type)                                                                    \
	struct name {                                                                              \
		struct type *first, **last;                                                        \
	}

#define STAILQ_ENTRY(type)                                                                         \
	struct {                                                                                   \
		struct type *next;                                                                 \
	}

#define STAILQ_EMPTY(head)	  (!(head)->first)
#define STAILQ_FIRST(head)	  ((head)->first)
#define STAILQ_NEXT(entry, field) ((entry)->field.next)

#define STAILQ_INIT(head) ((head)->first = 0, (head)->last = &(head)->first)

#define STAILQ_INSERT_TAIL(head, entry, field)                                                     \
	((entry)->field.next = 0, *(head)->last = (entry), (head)->last = &(entry)->field.next)

#define STAILQ_REMOVE_HEAD(head, field)                                                            \
	((head)->first = (head)->first->field.next,                                                \
	 (void)((head)->first || ((head)->last = &(head)->first)))

#define STAILQ_FOREACH(entry, head, field)                                                         \
	for ((entry) = (head)->first; (entry); (entry) = (entry)->field.next)
