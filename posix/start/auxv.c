/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The auxiliary vector, by which an ELF loader would tell the C library about the program. The
 * library finds the first values of thread-local variables through the program headers; an image
 * carries none in memory, so one PT_TLS header is made from what the link script says.
 */
#include <elf.h>

#include "start.h"

/*
 * Link script (arch/image.ld.h): bounds of .tdata and .tbss, and a word with the larger of their
 * alignments. The linker counted thread-local offsets with exactly this alignment.
 */
extern START_HIDDEN char __tls_start[], __tls_file_end[], __tls_end[];
extern START_HIDDEN const uint64_t __tls_align;

#define PAGE_SIZE 4096

static Elf64_Phdr tls_header;

START_HIDDEN void start_auxv_fill(struct uk_start_info *info)
{
	unsigned long *at = info->auxv;

	tls_header.p_type = PT_TLS;
	tls_header.p_flags = PF_R;
	tls_header.p_vaddr = (uintptr_t)__tls_start;
	tls_header.p_filesz = (uintptr_t)__tls_file_end - (uintptr_t)__tls_start;
	tls_header.p_memsz = (uintptr_t)__tls_end - (uintptr_t)__tls_start;
	tls_header.p_align = __tls_align;
	_Static_assert(UK_AUXV_WORDS == 12, "room for the vector");
	*at++ = AT_PAGESZ;
	*at++ = PAGE_SIZE;
	*at++ = AT_RANDOM;
	*at++ = (unsigned long)info->random;
	*at++ = AT_PHDR;
	*at++ = (unsigned long)&tls_header;
	*at++ = AT_PHENT;
	*at++ = sizeof(tls_header);
	*at++ = AT_PHNUM;
	*at++ = &__tls_end[0] != &__tls_start[0];
	*at++ = AT_NULL;
	*at++ = 0;
}
