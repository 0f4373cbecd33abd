/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layout of an image, the same on every processor: text, rodata and data, each on its own
 * pages, linked at ARCH_IMAGE_BASE, loaded at LOAD_PA. arch/<cpu>/link.ld.S defines
 * OUTPUT_ARCH_NAME and perhaps PVH_ENTRY, then includes this; the build gives LOAD_PA, __relr_size
 * and, for each option that is y, WITH_FS=1 and so on.
 *
 * The linker's dynamic tables go to a segment of their own behind everything ("junk"): the image
 * tool reads the relocations from it, packs them into .relr and drops it. A section that no line
 * below names is a link error (--orphan-handling=error): nobody has thought about its rights.
 */
#include <arch/layout.h>

#define IMAGE_BASE ARCH_IMAGE_BASE
#define PAGE 0x1000
#define AT_LOAD(section) AT(ADDR(section) - IMAGE_BASE + LOAD_PA)

/*
 * A linker set: all objects of a kind, whichever file they come from. The order means nothing. What
 * belongs to an option is there when the option is y; otherwise all that only these objects lead to
 * is dropped.
 */
#if WITH_FS
#define SET_FS(name) KEEP(*(.set.name.FS))
#else
#define SET_FS(name)
#endif
#if WITH_NET
#define SET_NET(name) KEEP(*(.set.name.NET))
#else
#define SET_NET(name)
#endif
#if WITH_TERMINAL
#define SET_TERMINAL(name) KEEP(*(.set.name.TERMINAL))
#else
#define SET_TERMINAL(name)
#endif
/*
 * The terminal's commands on files: there with FS or FILES; else, as what the kernel has of files
 * for the terminal alone, when something else of the image needs the tree (fs/root_fill.c).
 */
#if WITH_TERMINAL && (WITH_FS || WITH_FILES)
#define SET_FILES(name) KEEP(*(.set.name.FILES))
#else
#define SET_FILES(name) *(.set.name.FILES)
#endif
#define SET_FILES_TERMINAL(name) *(.set.name.FILES_TERMINAL)
#if WITH_VIRTIO_CONSOLE || WITH_ALL
#define SET_VIRTIO_CONSOLE(name) KEEP(*(.set.name.VIRTIO_CONSOLE))
#else
#define SET_VIRTIO_CONSOLE(name)
#endif
#if WITH_FS || WITH_NET || WITH_VIRTIO_CONSOLE
#define SET_IO(name) KEEP(*(.set.name.IO))
#else
#define SET_IO(name)
#endif
/* Drivers, by what the machine has (tools/build/app.mk). */
#if WITH_MMIO
#define SET_MMIO(name) KEEP(*(.set.name.MMIO))
#else
#define SET_MMIO(name)
#endif
#if WITH_PCI
#define SET_PCI(name) KEEP(*(.set.name.PCI))
#else
#define SET_PCI(name)
#endif
#if WITH_ALL
#define SET_ALL(name) KEEP(*(.set.name.ALL))
#else
#define SET_ALL(name)
#endif
#if WITH_NVME
#define SET_NVME(name) KEEP(*(.set.name.NVME))
#else
#define SET_NVME(name)
#endif
#if WITH_E1000E
#define SET_E1000E(name) KEEP(*(.set.name.E1000E))
#else
#define SET_E1000E(name)
#endif
#if WITH_NET && WITH_TERMINAL
#define SET_NET_TERMINAL(name) KEEP(*(.set.name.NET_TERMINAL))
#else
#define SET_NET_TERMINAL(name)
#endif
#if WITH_SYMS
#define SET_SYMS(name) KEEP(*(.set.name.SYMS))
#else
#define SET_SYMS(name)
#endif
#define SET(name) \
	. = ALIGN(8); \
	__set_##name##_start = .; \
	KEEP(*(.set.name)) \
	SET_FS(name) \
	SET_NET(name) \
	SET_TERMINAL(name) \
	SET_NET_TERMINAL(name) \
	SET_FILES(name) \
	SET_FILES_TERMINAL(name) \
	SET_IO(name) \
	SET_VIRTIO_CONSOLE(name) \
	SET_ALL(name) \
	SET_MMIO(name) \
	SET_PCI(name) \
	SET_NVME(name) \
	SET_E1000E(name) \
	SET_SYMS(name) \
	__set_##name##_end = .;

/* One operation of inodes (fs/inode.h): there when something refers to the set's ends. */
#define INODE_OP(op) inode_##op : AT_LOAD(inode_##op) { \
	*(inode_##op) \
	SET_FILES_TERMINAL(inode_##op) \
	} :rodata

OUTPUT_ARCH(OUTPUT_ARCH_NAME)
ENTRY(_start)

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
	tls PT_TLS FLAGS(4);
#ifdef PVH_ENTRY
	note PT_NOTE FLAGS(4);
#endif
	junk PT_LOAD FLAGS(4);
}

SECTIONS
{
	. = IMAGE_BASE;
	__image_start = .;

	.text : AT_LOAD(.text) {
		__text_start = .;
		KEEP(*(.text.boot .text.boot.*))
		*(.text.early.*) /* small functions, in the hole before aligned vectors */
		*(.text.vectors)
		*(.text.hot .text.hot.*)
		__stubs_start = .;
		*(.text.uk_sys_*)
		__stubs_end = .;
		/* The kernel and the libraries ahead of the program's own code (posix/kill.c). */
		*kernel.o(.text .text.*)
		*libunishyper.a:*(.text .text.*)
		*libc.a:*(.text .text.*)
		*libgcc.a:*(.text .text.*)
		__program_text_start = .;
		*(.text .text.* .gnu.linkonce.t.*)
		*(.text.unlikely .text.unlikely.*)
		__program_text_end = .;
		KEEP(*(.init)) KEEP(*(.fini))
		*(.plt .plt.* .iplt)
	} :text
	__text_end = .;

	. = ALIGN(PAGE);
	__rodata_start = .;
#ifdef PVH_ENTRY
	/* Xen's PHYS32_ENTRY note: name size, descriptor size, type 18, "Xen", the 32-bit entry. */
	.note.pvh : AT_LOAD(.note.pvh) {
		LONG(4) LONG(4) LONG(18) LONG(0x006e6558)
		LONG(PVH_ENTRY - IMAGE_BASE + LOAD_PA)
	} :rodata :note
#endif
	.rodata : AT_LOAD(.rodata) {
		*(SORT_BY_ALIGNMENT(.rodata.*) .rodata .gnu.linkonce.r.* .rodata1)
		*(.srodata .srodata.* .lrodata .lrodata.*)
		. = ALIGN(8);
		__tls_align = .;
		QUAD(MAX(16, MAX(ALIGNOF(.tdata), ALIGNOF(.tbss))))
	} :rodata

	/* Constants that hold pointers: written by the relocation of the image, never after it. */
	.relro : AT_LOAD(.relro) {
		SET(driver)
		SET(virtio_driver)
		SET(pci_driver)
		SET(start)
		SET(root_hook)
		SET(ram_disk)
		SET(proc_file)
		SET(socket_family)
		SET(test)
		SET(command)
		SET(shell_files)
		SET(fixup)
		SET(earlycon)
		SET(backtrace_namer)
		*(.got .got.plt .igot .igot.plt)
		*(SORT_BY_ALIGNMENT(.data.rel.ro.*) .data.rel.ro .gnu.linkonce.d.rel.ro.*)
		. = ALIGN(8);
		__preinit_array_start = .;
		KEEP(*(.preinit_array))
		__preinit_array_end = .;
		__init_array_start = .;
		KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*) SORT_BY_INIT_PRIORITY(.ctors.*)))
		KEEP(*(.init_array .ctors))
		__init_array_end = .;
		__fini_array_start = .;
		KEEP(*(SORT_BY_INIT_PRIORITY(.fini_array.*) SORT_BY_INIT_PRIORITY(.dtors.*)))
		KEEP(*(.fini_array .dtors))
		__fini_array_end = .;
	} :rodata

	fs_types : AT_LOAD(fs_types) { *(fs_types) } :rodata
	INODE_OP(lookup) INODE_OP(create) INODE_OP(link) INODE_OP(remove) INODE_OP(rename)
	INODE_OP(exchange) INODE_OP(entries) INODE_OP(read) INODE_OP(write) INODE_OP(truncate)
	INODE_OP(allocate) INODE_OP(zero) INODE_OP(next) INODE_OP(source) INODE_OP(prepare)
	INODE_OP(readlink) INODE_OP(changed) INODE_OP(may_set) INODE_OP(sync) INODE_OP(mark)

	/* The C library copies the first values of thread-local variables from here. */
	.tdata : AT_LOAD(.tdata) ALIGN(16) {
		*(.tdata .tdata.* .gnu.linkonce.td.*)
	} :rodata :tls
	.tbss : AT_LOAD(.tbss) ALIGN(16) {
		*(.tbss .tbss.* .gnu.linkonce.tb.* .tcommon)
	} :rodata :tls
	__tls_start = ADDR(.tdata);
	__tls_file_end = ADDR(.tdata) + SIZEOF(.tdata);
	__tls_end = ADDR(.tbss) + SIZEOF(.tbss);

#if WITH_RECOVER
	.eh_frame_hdr : AT_LOAD(.eh_frame_hdr) { *(.eh_frame_hdr) } :rodata
	.eh_frame : AT_LOAD(.eh_frame) {
		__eh_frame_start = .;
		KEEP(*(.eh_frame .eh_frame.*))
		__eh_frame_end = .;
	} :rodata
	.gcc_except_table : AT_LOAD(.gcc_except_table) {
		*(.gcc_except_table .gcc_except_table.*)
	} :rodata
#endif

	.relr : AT_LOAD(.relr) ALIGN(8) {
		__relr_start = .;
		QUAD(1)
		. += __relr_size - 8;
		__relr_end = .;
	} :rodata

#if WITH_SYMS
	/* tools/names.py fills it. */
	.names : AT_LOAD(.names) ALIGN(8) {
		__names_start = .;
		QUAD(0)
		. += __names_size - 8;
		__names_end = .;
	} :rodata
#endif

	.initrd : AT_LOAD(.initrd) {
		__initrd_start = .;
		KEEP(*(.initrd))
		__initrd_end = .;
	} :rodata
	__rodata_end = .;

	. = ALIGN(PAGE);
	__data_start = .;
	.data : AT_LOAD(.data) {
		SET(log_module)
		*(SORT_BY_ALIGNMENT(.data.*) .data .data1 .gnu.linkonce.d.*)
		*(.sdata .sdata.* .ldata .ldata.* .tm_clone_table)
		. = ALIGN(8);
	} :data
	__data_end = .;

	.bss : AT_LOAD(.bss) {
		. = ALIGN(8);
		__bss_start = .;
		*(SORT_BY_ALIGNMENT(.bss.*) .bss .gnu.linkonce.b.* COMMON)
		*(.sbss .sbss.* .scommon .lbss .lbss.* .dynbss .dynsbss)
		. = ALIGN(8);
		__bss_end = .;
	} :data

	/*
	 * Not cleared at boot: the pool the first page tables come from (ten, and one for each
	 * 2 MiB that the image touches), then the first stack of CPU 0, a kernel stack like all
	 * others: 8 KiB, bit 13 of its addresses set (mem/kstack.h), the page below unmapped. The
	 * pool takes up the hole that this alignment leaves; what boot does not need of it becomes
	 * free memory.
	 */
	. = ALIGN(PAGE);
	__boot_tables_room = PAGE * (11 + (. - IMAGE_BASE + 0x1fffff) / 0x200000);
	__boot_stack_at = ALIGN(. + __boot_tables_room + PAGE - 0x2000, 0x4000) + 0x2000;
	__boot_tables_room = __boot_stack_at - PAGE - .;
	.boot_tables (NOLOAD) : AT_LOAD(.boot_tables) {
		__boot_tables_start = .;
		. += __boot_tables_room;
		__boot_tables_end = .;
	} :data
	.boot_stack (NOLOAD) : AT_LOAD(.boot_stack) {
		__boot_stack_guard = .;
		. += PAGE;
		__boot_stack_bottom = .;
		. += 0x2000;
		__boot_stack_top = .;
	} :data
	. = ALIGN(PAGE);
	__image_end = .;

	.rela.dyn : AT_LOAD(.rela.dyn) { *(.rela*) } :junk
	.dynamic : AT_LOAD(.dynamic) { *(.dynamic) } :junk
	.dynsym : AT_LOAD(.dynsym) { *(.dynsym) } :junk
	.dynstr : AT_LOAD(.dynstr) { *(.dynstr) } :junk
	.gnu.hash : AT_LOAD(.gnu.hash) { *(.gnu.hash .hash) } :junk
#if !WITH_RECOVER
	/* For gdb alone. */
	.eh_frame : AT_LOAD(.eh_frame) { KEEP(*(.eh_frame .eh_frame.*)) } :junk
	.gcc_except_table : AT_LOAD(.gcc_except_table) {
		*(.gcc_except_table .gcc_except_table.*)
	} :junk
#endif

	.comment 0 : { *(.comment) } :NONE
	.riscv.attributes 0 : { *(.riscv.attributes) }
	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_info 0 : { *(.debug_info .gnu.linkonce.wi.*) }
	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_line 0 : { *(.debug_line .debug_line.*) }
	.debug_frame 0 : { *(.debug_frame) }
	.debug_str 0 : { *(.debug_str) }
	.debug_loc 0 : { *(.debug_loc) }
	.debug_ranges 0 : { *(.debug_ranges) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_macro 0 : { *(.debug_macro) }
	.debug_addr 0 : { *(.debug_addr) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_str_offsets 0 : { *(.debug_str_offsets) }
	.debug_names 0 : { *(.debug_names) }
	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }

	/DISCARD/ : {
		*(.set.*) /* of options that are n */
		*(.interp)
		*(.note .note.*)
		*(.gnu.attributes .gnu.version .gnu.version_d .gnu.version_r)
		*(.relr.dyn)
		*(.gnu.lto_* .gnu.warning.* .gnu_debuglink)
		*(.jcr .sframe)
	}
}

/* For the headers that boot loaders read; the image tool checks and fills them. */
__image_size = ABSOLUTE(__image_end - __image_start);

ASSERT(__image_start == IMAGE_BASE, "the image does not begin at its base")
ASSERT(LOAD_PA % PAGE == 0, "the load address is not page aligned")
