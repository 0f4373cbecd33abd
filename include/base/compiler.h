/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel asks of the compiler, under names of its own. Everything here is a macro and
 * costs nothing; the header includes nothing but <stddef.h>.
 */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#include <stddef.h>

#define NORETURN	       __attribute__((noreturn))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NOINLINE	       __attribute__((noinline))
#define ALWAYS_INLINE	       inline __attribute__((always_inline))
#define MUST_CHECK	       __attribute__((warn_unused_result))
#define UNUSED		       __attribute__((unused))
#define WEAK		       __attribute__((weak))
#define PACKED		       __attribute__((packed))
#define ALIGNED(bytes)	       __attribute__((aligned(bytes)))
#define FALLTHROUGH	       __attribute__((fallthrough))

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define STATIC_ASSERT(x) _Static_assert(x, #x)

/* A pointer instead of an array does not compile. */
#define ARRAY_SIZE(array)                                                                          \
	(sizeof(array) / sizeof((array)[0]) +                                                      \
	 0 * sizeof(char[1 - 2 * __builtin_types_compatible_p(__typeof__(array),                   \
							      __typeof__(&(array)[0]))]))

/* The object of which `pointer` is the member; a member of another type does not compile. */
#define CONTAINER_OF(pointer, type, member)                                                        \
	((type *)((char *)(pointer)-offsetof(type, member) +                                       \
		  0 * sizeof((pointer) == &((type *)0)->member)))

/* One access, neither torn nor repeated nor invented by the compiler. No ordering. */
/* For small functions of every image: with others' in the hole ahead of aligned vectors. */
#define TEXT_EARLY(name) __attribute__((__section__(".text.early." #name)))

#define READ_ONCE(object)	  (*(const volatile __typeof__(object) *)&(object))
#define WRITE_ONCE(object, value) (*(volatile __typeof__(object) *)&(object) = (value))

/* The compiler moves no memory access across. The CPU may. */
#define BARRIER() __asm__ volatile("" ::: "memory")

/*
 * Linker sets: an object defined with SECTION_SET(name) is an element of the array between
 * __set_NAME_start and __set_NAME_end, in no promised order. All elements of a set have one type,
 * whose size is a multiple of 8. (The stated alignment also keeps the compiler from choosing a
 * larger one, which would leave gaps.) The link script keeps the sections.
 *
 *	SET_DECLARE(const struct driver, driver);
 *	SET_FOR_EACH(const struct driver, driver, d) ...
 */
#define SECTION_SET(name) __attribute__((used, section(".set." #name), aligned(8)))
/* The same, in images of programs with FS=y, NET=y, … only: SECTION_SET_IF(driver, FS). */
#define SECTION_SET_IF(name, option)                                                               \
	__attribute__((used, section(".set." #name "." #option), aligned(8)))
/*
 * Whatever links the function or section where this stands links the object `name`, too: no code,
 * only a relocation that does nothing. The second form is for what may not be in the image at all.
 */
#define LINKS(name)	   __asm__ volatile(".reloc ., BFD_RELOC_NONE, " #name)
#define LINKS_IF_ANY(name) __asm__ volatile(".weak " #name "\n\t.reloc ., BFD_RELOC_NONE, " #name)

#define SET_DECLARE(type, name) extern type __set_##name##_start[], __set_##name##_end[]
#define SET_FOR_EACH(type, name, item)                                                             \
	for (type *item = __set_##name##_start; item < __set_##name##_end; item++)

#endif
