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
$(if $(KVM),$(call one_of,KVM,true false y n))
$(foreach o,$(OPTIONS),$(if $($(o)),$(call one_of,$(o),y n)))

ifneq ($(findstring $(space),$(strip $(CURDIR)) $(O)),$(space))
$(error The path of the source tree and O= must not hold blanks)
endif
ifneq ($(words $(CURDIR) $(O)),2)
$(error The path of the source tree and O= must not hold blanks)
endif
