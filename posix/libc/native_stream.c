/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/stream.h>: the C library's streams without its malloc(). */
#include "libc.h"
#include "stdio_impl.h"

#include <unishyper/stream.h>

#define STREAM_START (sizeof(FILE) + UNGET)

_Static_assert(STREAM_START + 256 < sizeof(struct stream_memory), "room for a buffer");

FILE *stream_to(struct stream_memory *memory, int fd)
{
	FILE *stream = (FILE *)memory;

	*stream = (FILE){
		.fd = fd,
		.flags = F_NORD | F_PERM,
		.lbf = EOF,
		.buf = (unsigned char *)memory + STREAM_START,
		.buf_size = sizeof(*memory) - STREAM_START,
		.write = __stdio_write,
		.seek = __stdio_seek,
		.close = __stdio_close,
		.lock = libc.threaded ? 0 : -1,
	};
	return __ofl_add(stream);
}

int stream_end(FILE *stream)
{
	int error = fflush(stream) | -(ferror(stream) != 0);
	FILE **head = __ofl_lock();

	if (stream->prev)
		stream->prev->next = stream->next;
	if (stream->next)
		stream->next->prev = stream->prev;
	if (*head == stream)
		*head = stream->next;
	__ofl_unlock();
	return error | stream->close(stream);
}
