/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bounds of a linker set, which the link script of an image gives: UNIT_SET(driver, struct
 * driver, 3) = { {…}, {…}, {…} }; makes the set of these objects and no others.
 */
#ifndef UNIT_SET_H
#define UNIT_SET_H

#define UNIT_SET(name, type, count)                                                                \
	type unit_set_##name[count] __asm__("__set_" #name "_start");                              \
	extern type unit_set_end_##name[] __asm__("__set_" #name "_end");                          \
	__asm__(".globl __set_" #name "_end\n");                                                   \
	__attribute__((constructor)) static void unit_set_check_##name(void)                       \
	{                                                                                          \
		/* The compiler believes that two objects never touch. */                          \
		volatile uintptr_t end = (uintptr_t)unit_set_end_##name;                           \
                                                                                                   \
		if (end != (uintptr_t)(unit_set_##name + (count)))                                 \
			abort();                                                                   \
	}                                                                                          \
	type unit_set_##name[count]

/* Behind the set: its end, by the size in bytes, which is checked when the program starts. */
#define UNIT_SET_END(name, bytes)                                                                  \
	__asm__(".set __set_" #name "_end, __set_" #name "_start + " #bytes "\n")

#endif
