# SPDX-License-Identifier: BSD-2-Clause
#
# Templates: app_rules makes an application's objects, program links one of its programs.

LOAD_PA := $(LOAD_$(ARCH))

# By the options that are y: link-none.ld, link-FS-NET.ld.
link_options = $(filter-out none,$(subst -, ,$(1)))
$(K)/link-%.ld: arch/$(ARCH)/link.ld.S boards/$(MACHINE)/board.mk
	$(call say,CPP,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -E -P -undef -x assembler-with-cpp -Iinclude -Iinclude/arch/$(ARCH) \
		-DLOAD_PA=$(LOAD_PA) $(patsubst %,-DWITH_%=1,$(call link_options,$*)) \
		-MD -MP -MT $@ -o $@ $<
-include $(wildcard $(K)/link-*.d)

# <unishyper/...> and no other header of ours.
$(APP_INCLUDE)/unishyper:
	$(Q)mkdir -p $(@D)
	$(Q)ln -sfn $(call quote,$(abspath include/unishyper)) $@
# In a tree that was moved or copied it leads elsewhere, and so would the times of what it shows.
ifneq ($(realpath $(APP_INCLUDE)/unishyper),$(realpath include/unishyper))
$(shell rm -f $(APP_INCLUDE)/unishyper)
endif

# The root file system: packed on every build, kept when nothing in it changed.
$(K)/app/%/initrd.cpio: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) tools/mkinitrd.py $($*.rootfs) $@

$(K)/app/%/initrd.o: $(K)/app/%/initrd.cpio
	$(call say,INITRD,$($*.rootfs))
	$(Q)printf '.section .initrd,"a"\n.balign 4096\n.incbin "%s"\n.balign 4096\n' $< | \
		$(CC) -Wa,--noexecstack $(ARCH_CFLAGS) $(ARCH_APP) -x assembler -c -o $@ -

# A .d file names the source by its path, too: of a folder that has moved, or another one of the
# same name, all is compiled anew (-MP does this for headers only). A failed compilation leaves one.
source_may_go = ; status=$$?; printf '%s:\n' $(call quote,$<) >>$(@:.o=.d); exit $$status

define compile_cxx
	$(if $(CXX_INCLUDE),,@echo $(call quote,$(CXX_MISSING)) >&2; exit 1)
	$(call say,CXX,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) $(cxxflags) -MMD -MP -c -o $@ $< $(source_may_go)
endef

# $(call app_rules,SOURCES OUTSIDE THE FOLDER), with n, d and A set by app.mk
define app_rules
$(A)/%.o: $(d)/%.c $(A)/flags | $(KERNEL_READY) $(APP_INCLUDE)/unishyper $($(n).ready)
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(CC) $($(n).flags) -MMD -MP -c -o $$@ $$< $$(source_may_go)
$(A)/%.o: $(d)/%.cc $(A)/flags | $(KERNEL_READY) $(APP_INCLUDE)/unishyper $($(n).ready)
	$$(compile_cxx)
$(A)/%.o: $(d)/%.cpp $(A)/flags | $(KERNEL_READY) $(APP_INCLUDE)/unishyper $($(n).ready)
	$$(compile_cxx)
$(A)/%.o: private cxxflags = $($(n).cxxflags)
$(foreach s,$(1),$(call app_outside,$(s),$(call app_object,$(s))))
endef
define app_outside

$(2): $(1) $(A)/flags | $(KERNEL_READY) $($(n).ready)
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(if $(filter %.c,$(1)),$(CC),$(CXX)) $(filter-out $(if $(filter \
		$(O)/%,$(1)),$(WARNINGS)),$($(n).$(if $(filter %.c,$(1)),,cxx)flags)) \
		-MMD -MP -c -o $$@ $$< $$(source_may_go)

endef

# $(call program,NAME,SOURCES)
define program
$(1).sources := $(2)
$(1).app := $(n)
$(1).objs := $(call app_objects,$(2)) $(if $($(n).rootfs),$(A)/initrd.o)
PROGRAMS += $(1)

$(K)/$(1).elf: $(call app_objects,$(2)) $(if $($(n).rootfs),$(A)/initrd.o) $($(n).kernel) \
		$($(n).libs) $(call shell_objects,$($(n).options)) \
		$(K)/libunishyper.a $(K)/libc.a $(K)/liblate.a \
		$(K)/link-$($(n).options).ld \
		$(K)/link.flags $(A)/flags.$(1) tools/mkimage.py tools/names.py
	$$(call say,LINK,$$@)
	$$(Q)$(PYTHON) tools/mkimage.py --elf $$@ --img $(K)/$(1).img --memo $(A)/relr.$(1) \
		--name "$(n)" -- $(LD) $(LDFLAGS) -Map=$(K)/$(1).map \
		$(if $(findstring RECOVER,$($(n).options)),--eh-frame-hdr) \
		-T $(K)/link-$($(n).options).ld \
		$($(n).kernel) $(call app_objects,$(2)) $(if $($(n).rootfs),$(A)/initrd.o) \
		$(if $(findstring TERMINAL,$($(n).options)),--wrap=main) \
		$(call shell_objects,$($(n).options)) \
		--start-group $($(n).libs) $(K)/libunishyper.a $(K)/libc.a \
		$(K)/liblate.a $(K)/libunishyper.a $(LIBGCC) \
		$(if $(findstring RECOVER,$($(n).options)),$(LIBGCC_EH)) --end-group

-include $(wildcard $(patsubst %.o,%.d,$(call app_objects,$(2))))
$$(call stamp,$(A)/flags.$(1),$(call app_objects,$(2)) $($(n).libs) $($(n).kernel) \
	$($(n).rootfs) $($(n).options))
endef

$(call stamp,$(K)/link.flags,$(LD) $(LDFLAGS) $(LIBGCC) $(LOAD_PA))

# Written by the link of the .elf, as the .map is; made again if someone removed it alone.
$(K)/%.img: $(K)/%.elf
	@test -f $@ || { rm -f $<; $(MAKE) $(K)/$*.elf; }

$(K)/%.asm: $(K)/%.elf
	$(call say,OBJDUMP,$@)
	$(Q)$(OBJDUMP) -d --no-show-raw-insn $< >$@

$(K)/%.size: $(K)/%.elf tools/size.py
	$(Q)$(PYTHON) tools/size.py --objdump $(OBJDUMP) --elf $< --map $(K)/$*.map \
		--obj $(K)/obj --out $@
