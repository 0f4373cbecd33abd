# SPDX-License-Identifier: BSD-2-Clause
#
# Sources by folder -> objects -> kernel.o, one relocatable object whose symbols are local except
# those that kernel/exports.txt and the system call stubs name. A new file in one of these folders
# is compiled without being listed; a driver is listed by the boards that use it.

# The one file that every switch of threads goes through.
CFLAGS.kernel/sched.c := -O2 -fno-align-functions -fno-align-jumps -fno-align-loops \
	-fno-align-labels
# malloc() and free().
CFLAGS.posix/malloc/cache.c := -O2
# What programs call in their innermost loops.
CFLAGS.posix/native/sem.c := -O2 -fomit-frame-pointer
CFLAGS.posix/semaphore.c := $(CFLAGS.kernel/sched.c) -fno-stack-protector
# A thread that waits and goes on, begins and ends.
CFLAGS.kernel/waitq.c := $(CFLAGS.kernel/sched.c)
CFLAGS.posix/thread.c := $(CFLAGS.kernel/sched.c)
CFLAGS.posix/native/thread_yield.c := -O2 -fomit-frame-pointer
# Pages and nodes are filled there while a page fault waits: by our functions, not by bytes or half
# words in place, which is what the compiler writes for x86_64 to save space.
$(foreach f,fs/ramfs_file mem/heap mem/frame,\
	$(eval CFLAGS.$(f).c := -fno-builtin-memcpy -fno-builtin-memset))
$(foreach f,pthread_create pthread_join native_thread thread_blocks thread_ids,\
	$(eval CFLAGS.posix/libc/$(f).c := -O2 -fomit-frame-pointer -fno-align-functions \
		-fno-align-jumps -fno-align-loops -fno-align-labels))
# Threads wait there: backtraces find the caller by the frame.
CFLAGS.posix/libc/pthread_join.c += -fno-omit-frame-pointer
# What programs ask for all the time.
CFLAGS.posix/libc/clock_gettime.c := -O2 -fomit-frame-pointer
CFLAGS.posix/libc/strcasecmp.c := -O2 -fomit-frame-pointer
# What passes messages between threads.
CFLAGS.fs/pipe_short.c := -O2 -fno-stack-protector
CFLAGS.posix/file_read.c := -O2 -fno-stack-protector
CFLAGS.posix/file_write.c := -O2
# Every byte that a network card does not check itself goes through it; and what is sent and
# received through these.
CFLAGS.lib/sum.c := -O2 -fno-tree-reassoc
CFLAGS.net/frames.c := -O2
CFLAGS.dev/net/virtio_net_rx.c := -O2
CFLAGS.dev/virtio/queue.c := -O2
# Reading what is in the block cache. There is no array on these stacks.
CFLAGS.fs/cache_read.c := -O2 -fno-stack-protector

# What runs once, at the start: rather short than fast.
BOOT_CFLAGS := -fno-move-loop-invariants -fno-shrink-wrap
$(foreach f,mem/boot_map kernel/boot kernel/boot_fdt kernel/cpu kernel/clock_reference lib/fdt \
	lib/fdt_value dev/device,$(eval CFLAGS.$(f).c += $(BOOT_CFLAGS)))

DRIVERS := $(DRIVERS_$(ARCH))
missing := $(strip $(foreach d,$(DRIVERS),$(if $(wildcard dev/$(d).c),,dev/$(d).c)))
$(if $(missing),$(error boards/$(MACHINE)/board.mk lists what does not exist: $(missing)))

KERNEL_SRCS := $(sort $(wildcard arch/$(ARCH)/*.c arch/$(ARCH)/*.S lib/*.c kernel/*.c mem/*.c \
	zone/*.c fault/*.c dev/*.c fs/*.c net/*.c posix/*.c)) $(DRIVERS:%=dev/%.c)
KERNEL_SRCS := $(filter-out %/link.ld.S,$(KERNEL_SRCS))

kernel_object = $(patsubst %,$(K)/obj/%.o,$(basename $(1)))
KERNEL_READY := $(GEN_STUBS) $(MUSL_INCLUDE)/stdio.h
include deps/lwip.mk
KERNEL_OBJS := $(call kernel_object,$(KERNEL_SRCS)) $(K)/obj/stubs.o $(LWIP_OBJS)
KERNEL_CPPFLAGS += $(LWIP_CPPFLAGS)

# What is made of a library or cannot do without one is compiled, and the library fetched, for
# programs with the option only. The rest names it only in parts that the option keeps.
FS_OBJS  := $(call kernel_object,$(filter fs/fat%,$(KERNEL_SRCS)))
NET_OBJS := $(call kernel_object,$(filter-out net/socket.c net/unix%.c net/create.c net/names.c, \
	$(filter net/%,$(KERNEL_SRCS)))) $(LWIP_OBJS)
# exFAT is a third more of the library: these files are compiled with it and without.
EXFAT_OBJS := $(FS_OBJS:$(K)/obj/%=$(K)/obj/exfat/%)
$(FS_OBJS): KERNEL_CPPFLAGS += -DFAT_EXFAT=0
$(FS_OBJS) $(EXFAT_OBJS): | $(FATFS)/.fetched
$(NET_OBJS): | $(LWIP_READY)
# Read through headers that count as the system's, of which the compiler tells nothing.
$(NET_OBJS): $(wildcard net/lwip/*.h net/lwip/arch/*.h)

# $(call kernel_objects,FS-NET...): what the kernel of a program with these options is made of;
# $(call kernel_kind,...) is what tells its file from the other kernels'.
kernel_exfat = $(and $(findstring FS,$(1)),$(findstring EXFAT,$(1)))
kernel_objects = $(filter-out $(if $(findstring FS,$(1)),$(if $(kernel_exfat),$(FS_OBJS)), \
	$(FS_OBJS)) $(if $(findstring NET,$(1)),,$(NET_OBJS)),$(KERNEL_OBJS)) \
	$(if $(kernel_exfat),$(EXFAT_OBJS))
kernel_kind = $(if $(kernel_exfat),-exfat,$(if $(findstring FS,$(1)),-fs))$(if $(findstring \
	NET,$(1)),-net)

# Written when an option or the list of sources changed, so that what they affect is made again.
# Options of one file count for all of its kind: they change seldom.
special_flags = $(foreach v,$(sort $(filter $(1:%=CFLAGS.%),$(.VARIABLES))),$(v)=$($(v)))
$(call stamp,$(K)/kernel.flags,$(CC) $(KERNEL_CFLAGS) $(KERNEL_CPPFLAGS) $(KERNEL_ASFLAGS) \
	$(call special_flags,$(KERNEL_SRCS)))
$(call stamp,$(K)/kernel.list,$(KERNEL_OBJS))

$(K)/obj/%.o: %.c $(K)/kernel.flags | $(KERNEL_READY)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CPPFLAGS) $(KERNEL_CFLAGS) $(CFLAGS.$<) -MMD -MP -c -o $@ $<

$(K)/obj/exfat/%.o: %.c $(K)/kernel.flags | $(KERNEL_READY)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CPPFLAGS) $(KERNEL_CFLAGS) $(CFLAGS.$<) -MMD -MP -c -o $@ $<

$(K)/obj/%.o: %.S $(K)/kernel.flags | $(KERNEL_READY)
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_ASFLAGS) -MMD -MP -c -o $@ $<

$(K)/obj/stubs.o: $(GEN_STUBS) $(K)/kernel.flags
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_ASFLAGS) -MMD -MP -c -o $@ $<

UNIQUE := --unique=.text.* --unique=.rodata.* --unique=.data.* --unique=.bss.*

# $(call kernel_link,OBJECTS,EXPORTS): one object of many. Equal-named sections of different files
# stay apart, or the linker could not drop one without the other.
define kernel_link
	$(call say,LD,$@)
	$(Q)cat $(2) | sed '/^#/d;/^$$/d' >$@.exports
	$(Q)$(LD) -m $(LD_EMULATION) -r $(UNIQUE) -o $@.all $(1)
	$(Q)$(OBJCOPY) --keep-global-symbols=$@.exports $@.all $@
	$(if $(KERNEL_E_FLAGS),$(Q)printf '\$(KERNEL_E_FLAGS)' | \
		dd of=$@ bs=1 seek=48 conv=notrunc status=none)
	$(Q)rm -f $@.all
endef

EXPORTS := kernel/exports.txt $(GEN_EXPORTS)

define kernel_rule
$(K)/kernel$(call kernel_kind,$(1)).o: $(call kernel_objects,$(1)) $(EXPORTS) $(K)/kernel.list
	$$(call kernel_link,$(call kernel_objects,$(1)),$(EXPORTS))
endef
$(foreach o,none FS NET FS-NET FS-EXFAT FS-EXFAT-NET,$(eval $(call kernel_rule,$(o))))

# For tools/check.sh: the object, its sources and the options they are compiled with.
.PHONY: kernel kernel-flags kernel-sources kernel-objects
kernel: $(K)/kernel-fs-net.o
kernel-objects:
	@printf '%s\n' $(KERNEL_OBJS)
kernel-sources:
	@echo $(KERNEL_SRCS)
kernel-flags: $(KERNEL_READY) $(FATFS)/.fetched $(LWIP_READY)
	@echo $(call quote,$(subst ',,$(filter-out $(PREFIX_MAP),$(KERNEL_CPPFLAGS) \
		$(KERNEL_CFLAGS))))

# $(call kernel_tests,OBJECTS,EXPORTS,OPTIONS), with A set by app.mk: a kernel with suites inside,
# which see its private headers, too.
define kernel_tests
$(1): KERNEL_CPPFLAGS += -I. -DKERNEL_TESTS=1
$(1): | $(if $(findstring FS,$(3)),$(FATFS)/.fetched) $(if $(findstring NET,$(3)),$(LWIP_READY))
$(A)/kernel.o: $(call kernel_objects,$(3)) $(1) $(EXPORTS) $(2) $(K)/kernel.list
	$$(call kernel_link,$(call kernel_objects,$(3)) $(1),$(EXPORTS) $(2))
-include $(wildcard $(1:.o=.d))
endef

# The application's side of the system calls: compiled as an application is, but with the kernel's
# contracts in sight. Linked from an archive, so that only what a program uses comes along.
START_SRCS := $(sort $(wildcard posix/start/*.c posix/native/*.c \
	posix/malloc/*.c arch/$(ARCH)/app/*.c \
	arch/$(ARCH)/app/*.S)) $(GEN_TABLE)
start_object = $(K)/start/$(subst /,_,$(patsubst $(GEN)/%,gen/%,$(basename $(1)))).o
START_OBJS := $(foreach s,$(START_SRCS),$(call start_object,$(s)))
START_CPPFLAGS := $(APP_CPPFLAGS) -Iinclude -Iinclude/arch/$(ARCH) -Iposix/start \
	-Iposix/native -I$(GEN)
START_CFLAGS := $(APP_CFLAGS) $(WARNINGS) -fno-stack-protector
START_ASFLAGS := $(filter-out $(ARCH_ASFLAGS),$(KERNEL_ASFLAGS)) $(ARCH_APP)

$(call stamp,$(K)/start.flags,$(CC) $(START_CFLAGS) $(START_CPPFLAGS) $(START_ASFLAGS) \
	$(START_SRCS) $(call special_flags,$(START_SRCS)))

define start_rule
$(call start_object,$(1)): $(1) $(K)/start.flags | $(KERNEL_READY)
	$$(call say,$(if $(filter %.S,$(1)),AS,CC),$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(CC) $(if $(filter %.S,$(1)),$(START_ASFLAGS),$(START_CPPFLAGS) $(START_CFLAGS)) \
		$(CFLAGS.$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach s,$(START_SRCS),$(eval $(call start_rule,$(s))))

# The terminal: a part of programs with TERMINAL=y, which sees what a program sees.
# What is in shell/fs and shell/net is for those with FS=y and NET=y besides; shell/files is linked
# with what has files (docs/decisions/23-terminal-without-files.md).
SHELL_SRCS := $(sort $(wildcard shell/*.c shell/files/*.c))
SHELL_OBJS := $(SHELL_SRCS:%.c=$(K)/%.o)
SHELL_FS_OBJS := $(patsubst %.c,$(K)/%.o,$(sort $(wildcard shell/fs/*.c)))
SHELL_NET_OBJS := $(patsubst %.c,$(K)/%.o,$(sort $(wildcard shell/net/*.c)))
# $(call shell_objects,OPTIONS)
shell_objects = $(if $(findstring TERMINAL,$(1)),$(SHELL_OBJS) $(if $(findstring FS,$(1)), \
	$(SHELL_FS_OBJS)) $(if $(findstring NET,$(1)),$(SHELL_NET_OBJS)))
SHELL_CFLAGS := $(APP_CPPFLAGS) -I$(APP_INCLUDE) $(APP_CFLAGS) $(ARCH_SMALL) $(WARNINGS)

$(call stamp,$(K)/shell.flags,$(CC) $(SHELL_CFLAGS))

$(K)/shell/%.o: shell/%.c $(K)/shell.flags | $(KERNEL_READY) $(APP_INCLUDE)/unishyper
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SHELL_CFLAGS) -MMD -MP -c -o $@ $<

# Parts of the C library that are ours: a file here stands instead of the library's file of the same
# name, which is taken out of the copy that programs are linked with, and sees its private headers.
LIBC_SRCS := $(sort $(wildcard posix/libc/*.c))
LIBC_OBJS := $(LIBC_SRCS:posix/libc/%.c=$(K)/libc/%.o)
LIBC_CPPFLAGS := -nostdinc -D_GNU_SOURCE -include posix/musl/hidden.h -Iposix/musl -I$(GEN) \
	-Iinclude $(addprefix -isystem $(MUSL_SRC)/,arch/$(ARCH) arch/generic src/include \
	src/internal) -isystem $(MUSL)/include
LIBC_CFLAGS := $(START_CFLAGS) -ffreestanding

# malloc and its family are ours (posix/malloc), on top of the library's, which is reached by the
# names that it has for itself: its own malloc() and so on are out of sight.
MALLOC_OURS := $(patsubst %,--localize-symbol=%,malloc free calloc realloc memalign \
	posix_memalign) $(patsubst %,--redefine-sym %,aligned_alloc=__libc_aligned_alloc \
	malloc_usable_size=__libc_malloc_usable_size)

$(call stamp,$(K)/libc.flags,$(CC) $(LIBC_CFLAGS) $(LIBC_CPPFLAGS) $(LIBC_SRCS) \
	$(call special_flags,$(LIBC_SRCS)) $(MALLOC_OURS))

$(K)/libc/%.o: posix/libc/%.c $(K)/libc.flags | $(KERNEL_READY)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LIBC_CPPFLAGS) $(LIBC_CFLAGS) $(CFLAGS.$<) -MMD -MP -c -o $@ $<

$(K)/libunishyper.a: $(START_OBJS) $(LIBC_OBJS) $(K)/start.flags $(K)/libc.flags
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) crsD $@ $(START_OBJS) $(LIBC_OBJS)

# What takes the place of functions that are weak in the C library, in programs that link it for
# another of its functions: behind the library.
LATE_SRCS := $(sort $(wildcard posix/libc/late/*.c))
LATE_OBJS := $(LATE_SRCS:posix/libc/%.c=$(K)/libc/%.o)

$(K)/liblate.a: $(LATE_OBJS) $(K)/libc.flags
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) crsD $@ $(LATE_OBJS)

$(K)/libc.a: $(MUSL_LIB) $(K)/libc.flags
	$(call say,AR,$@)
	$(Q)new=$@.$$$$; cp $< $$new && $(AR) dD $$new $(notdir $(LIBC_OBJS)) && \
		$(OBJCOPY) $(MALLOC_OURS) $$new && mv $$new $@

-include $(wildcard $(patsubst %.o,%.d,$(KERNEL_OBJS) $(EXFAT_OBJS) $(START_OBJS) $(LIBC_OBJS) \
	$(LATE_OBJS) $(SHELL_OBJS)))
