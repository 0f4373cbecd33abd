# SPDX-License-Identifier: BSD-2-Clause
#
# compile_commands.json for editors, without running the build under another program: the kernel
# and each application write their entries when their options or sources change, and the file in
# $(O) is all entries of the last configuration that was built.

.PHONY: compile_commands
compile_commands: $(O)/compile_commands.json
	@:

json_words = $(foreach w,$(filter-out $(PREFIX_MAP),$(1)),\
	"$(subst ",\",$(subst \,\\,$(subst ',,$(w))))",)
# $(call entry,SOURCE,OBJECT,OPTIONS)
define entry
{"directory":"$(CURDIR)","file":"$(1)","output":"$(2)","arguments":[$(call json_words,$(CC) \
	$(3))"-c","-o","$(2)","$(1)"]},

endef

$(K)/kernel-sources.json: $(K)/kernel.flags $(K)/kernel.list
	$(file >$@,$(foreach s,$(filter %.c,$(KERNEL_SRCS)),$(call entry,$(s),$(call \
		kernel_object,$(s)),$(KERNEL_CPPFLAGS) $(KERNEL_CFLAGS) $(CFLAGS.$(s)))))

commands_of = $(foreach s,$($(1).sources),$(call \
	entry,$(s),,$($($(1).app).$(if $(filter %.c,$(s)),,cxx)flags)))
$(PROGRAMS:%=$(K)/%.json): $(K)/%.json: $(K)/kernel.flags
	$(file >$@,$(call commands_of,$*))
$(foreach p,$(PROGRAMS),$(eval $(K)/$(p).json: $(K)/app/$($(p).app)/flags.$(p) \
	$(K)/app/$($(p).app)/flags))

$(call stamp,$(O)/compile_commands.list,$(K)/kernel-sources.json $(PROGRAMS:%=$(K)/%.json))
$(O)/compile_commands.json: $(O)/compile_commands.list $(K)/kernel-sources.json \
		$(PROGRAMS:%=$(K)/%.json)
	$(Q){ echo '['; cat $(filter %.json,$^) | sed '$$!b;s/,$$//'; echo ']'; } >$@
