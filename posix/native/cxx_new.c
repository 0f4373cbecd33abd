/* SPDX-License-Identifier: BSD-2-Clause */
/* The forms of operator new and operator delete, by their names in the Itanium C++ ABI. */
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/* std::nothrow, of which only the address is used. */
const char _ZSt7nothrow[1] = {0};

void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag);
void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t align, const void *tag);
void *_Znwm(size_t size);
void *_ZnwmSt11align_val_t(size_t size, size_t align);
void _ZdlPv(void *block);

/* There is always a block of its own, also for no bytes. */
void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag)
{
	(void)tag;
	return malloc(size ? size : 1);
}

/* aligned_alloc() is not asked for sizes that are no multiple of the alignment. */
void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t align, const void *tag)
{
	size_t whole = (size + align - 1) & -align;

	(void)tag;
	return whole < size ? NULL : aligned_alloc(align, whole ? whole : align);
}

static void *or_end(void *block)
{
	static const char text[] = "operator new: no memory\n";

	if (!block) {
		if (write(2, text, sizeof(text) - 1) < 0) {
			/* Nobody can be told. */
		}
		abort();
	}
	return block;
}

void *_Znwm(size_t size)
{
	return or_end(_ZnwmRKSt9nothrow_t(size, _ZSt7nothrow));
}

void *_ZnwmSt11align_val_t(size_t size, size_t align)
{
	return or_end(_ZnwmSt11align_val_tRKSt9nothrow_t(size, align, _ZSt7nothrow));
}

void _ZdlPv(void *block)
{
	free(block);
}

/* Of arrays, with a size, with an alignment, without exceptions: the same. */
#define SAME(type, name, of, ...) type name(__VA_ARGS__) __attribute__((__alias__(#of)))

SAME(void *, _Znam, _Znwm, size_t size);
SAME(void *, _ZnamRKSt9nothrow_t, _ZnwmRKSt9nothrow_t, size_t size, const void *tag);
SAME(void *, _ZnamSt11align_val_t, _ZnwmSt11align_val_t, size_t size, size_t align);
SAME(void *, _ZnamSt11align_val_tRKSt9nothrow_t, _ZnwmSt11align_val_tRKSt9nothrow_t, size_t size,
     size_t align, const void *tag);
SAME(void, _ZdaPv, _ZdlPv, void *block);

/* Further arguments of delete say what free() knows. */
#define DELETE(name, ...)                                                                          \
	void name(void *block, __VA_ARGS__);                                                       \
	void name(void *block, __VA_ARGS__)

DELETE(_ZdlPvm, size_t size)
{
	(void)size;
	free(block);
}

DELETE(_ZdlPvmSt11align_val_t, size_t size, size_t align)
{
	(void)size;
	(void)align;
	free(block);
}

SAME(void, _ZdaPvm, _ZdlPvm, void *block, size_t size);
SAME(void, _ZdlPvSt11align_val_t, _ZdlPvm, void *block, size_t align);
SAME(void, _ZdaPvSt11align_val_t, _ZdlPvm, void *block, size_t align);
SAME(void, _ZdaPvmSt11align_val_t, _ZdlPvmSt11align_val_t, void *block, size_t size, size_t align);
SAME(void, _ZdlPvRKSt9nothrow_t, _ZdlPvm, void *block, size_t tag);
SAME(void, _ZdaPvRKSt9nothrow_t, _ZdlPvm, void *block, size_t tag);
