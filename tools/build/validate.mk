# SPDX-License-Identifier: BSD-2-Clause
#
# Each value is one that exists, or the build ends with one sentence that names the allowed ones.

# $(call one_of,NAME,ALLOWED)
one_of = $(if $(and $(filter 1,$(words $($(1)))),$(filter $(2),$($(1)))),,$(error \
	$(1)=$($(1)) is unknown; allowed: $(2)))

$(call one_of,ARCH,$(ARCHES))
$(call one_of,MACHINE,$(MACHINES))
$(call one_of,LOG,$(LOGS))
$(call one_of,PROFILE,$(PROFILES))
$(call one_of,BUS,$(BUSES))
$(call one_of,DISK,$(DISKS))
$(call one_of,NIC,$(NICS))
$(if $(DEVICES),$(call one_of,DEVICES,all))
$(if $(KVM),$(call one_of,KVM,true false y n))
$(foreach o,$(OPTIONS),$(if $($(o)),$(call one_of,$(o),y n$(if $(filter NET,$(o)), tap pair))))

# The path of the tree may hold them: what is below it is named from there.
$(if $(filter 1,$(words $(O))),,$(error The path O=$(O) must not hold blanks))

$(if $(wildcard $(O)/.),$(if $(shell [ -w $(O) ] && echo y),,$(error The folder $(O) may not be \
	written by you: name another one, O=/tmp/mine)))

# Numbers: what is left of one without its digits is nothing.
no_digits = $(subst 0,,$(subst 1,,$(subst 2,,$(subst 3,,$(subst 4,,$(subst 5,,$(subst 6,,$(subst \
	7,,$(subst 8,,$(subst 9,,$(1)))))))))))
$(foreach v,K R,$(if $(call no_digits,$(user.$(v))),$(error $(v)=$(user.$(v)) is not a number)))
