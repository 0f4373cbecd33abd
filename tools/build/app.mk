# SPDX-License-Identifier: BSD-2-Clause
#
# Included once for each word of APP, in app_word: a name below examples/ or tests/target/, or a
# path. All *.c, *.cc and *.cpp of the folder make one program; no project file is needed. The
# folder's app.mk may set (everything is optional):
#
#   SRCS      more C files: of the folder (sub/*.c), below $(O) (without warnings), or anywhere
#   OMIT      files of the folder that are not compiled
#   LIBS      archives (.a) to link behind the program's objects
#   DEFINES   NAME or NAME=value
#   CFLAGS    more compiler options; CXXFLAGS: for C++ alone
#   INCLUDES  folders with headers
#   BINS      names of several programs: each is NAME.c (.cc, .cpp) or the folder NAME/, and the
#             rest is shared
#   ROOTFS    folder that becomes / (default: rootfs, if there is one)
#   KERNEL_TESTS  y: all C and assembly files but main.c are suites that run inside the kernel;
#             exports.txt names the functions of theirs that main.c may call
#   DEPS      recipes below deps/ that it needs: deps/NAME.mk is included
#   ARGS, MEM, SMP  what `make run` uses when the user does not say
#   FS EXFAT FILES NET TERMINAL SYMS ZONES RECOVER  y or n
#
# Gives, with n for the application's name: $(n.dir) $(n.bins) and for each program p (n or n.bin)
# the variables $(p.objs) $(p.libs) $(p.kernel) $(p.ldflags) that image.mk's templates use.

app_vars := SRCS OMIT LIBS DEFINES CFLAGS CXXFLAGS INCLUDES BINS ROOTFS DEPS KERNEL_TESTS
$(foreach v,$(app_vars),$(eval $(v) :=))

$(foreach o,$(OPTIONS),$(eval $(o) := $(or $(user.$(o)),n)))

d := $(patsubst %/.,%,$(firstword $(wildcard $(if $(filter . .. ./% ../% /%,$(app_word)),, \
	examples/$(app_word)/. tests/target/$(app_word)/.) $(app_word)/.)))
$(if $(d),,$(error APP=$(app_word) is neither an example nor a folder$(if $(filter-out \
	1,$(words $(APP))), (a path must not hold blanks)); examples: $(EXAMPLES)))
n := $(lastword $(notdir $(abspath $(d))))
A := $(K)/app/$(n)

-include $(wildcard $(d)/app.mk)
app_lost := $(strip $(foreach r,$(DEPS),$(if $(wildcard deps/$(r).mk),,$(r))))
$(if $(app_lost),$(error $(d)/app.mk: DEPS=$(app_lost) is unknown; allowed: $(patsubst \
	deps/%.mk,%,$(wildcard deps/*.mk))))
$(foreach r,$(DEPS),$(eval include deps/$(r).mk))
# What the user said wins, from the environment, too.
$(foreach v,ARGS MEM SMP,$(if $(user.$(v)),$(eval override $(v) := $$(user.$(v)))))

# $(call app_wild,PATH): the sources whose names are that, but for the ending.
app_wild = $(wildcard $(foreach e,c cc cpp,$(1).$(e)))
app_own  := $(sort $(filter-out $(addprefix $(d)/,$(OMIT)),$(call app_wild,$(d)/*)))
app_tests := $(if $(filter y,$(KERNEL_TESTS)),$(filter-out $(d)/main.c,$(app_own)) $(sort \
	$(wildcard $(d)/*.S)))
app_own  := $(filter-out $(app_tests),$(app_own))
app_here = $(foreach f,$(1),$(if $(filter /% $(O)/%,$(f)),$(f),$(d)/$(f)))
app_more := $(foreach s,$(call app_here,$(SRCS)),$(if $(findstring *,$(s)),$(or $(wildcard \
	$(s)),$(s)),$(s)))
app_lost := $(strip $(foreach f,$(app_more) $(call app_here,$(LIBS)),$(if $(filter \
	$(O)/%,$(f))$(wildcard $(f)),,$(f))))
$(if $(app_lost),$(error $(d)/app.mk: SRCS or LIBS name what is not there: $(app_lost)))
app_lost := $(strip $(foreach b,$(BINS),$(if $(call app_wild,$(d)/$(b))$(call \
	app_wild,$(d)/$(b)/*),,$(b))))
$(if $(app_lost),$(error $(d)/app.mk: BINS names $(app_lost), but there is neither $(firstword \
	$(app_lost)).c nor a folder $(firstword $(app_lost)) with C or C++ files))
app_shared := $(filter-out $(foreach b,$(BINS),$(call app_wild,$(d)/$(b))),$(app_own)) $(app_more)
$(if $(strip $(app_shared)$(BINS)),,$(error APP=$(app_word): the folder $(d) holds no C file$(if \
	$(call app_wild,$(d)/*/*), (those of folders below are compiled when $(d)/app.mk names \
	them: SRCS = sub/*.c))))
$(if $(APP_BIN),$(if $(filter $(APP_BIN),$(BINS)),,$(error APP_BIN=$(APP_BIN) is unknown; $(if \
	$(BINS),allowed: $(BINS),the application $(n) has one program only))))
$(foreach o,$(OPTIONS),$(if $($(o)),$(call one_of,$(o),y n)))

# An object's place: below $(A) as the source is below the folder; others by their whole path.
app_near = $(filter $(d)/%,$(filter-out $(d)/../%,$(1)))
app_object = $(if $(app_near),$(patsubst $(d)/%,$(A)/%.o,$(basename $(1))),$(A)/_/$(subst \
	/,_,$(basename $(1))).o)
app_objects = $(foreach s,$(1),$(call app_object,$(s)))

$(n).dir     := $(d)
$(n).bins    := $(or $(APP_BIN),$(BINS))
$(n).default := $(n)$(addprefix .,$(firstword $(APP_BIN) $(BINS)))
$(n).rootfs  := $(wildcard $(d)/$(or $(ROOTFS),rootfs))
$(if $(ROOTFS),$(if $($(n).rootfs),,$(error $(d)/app.mk: ROOTFS=$(ROOTFS) is not there)))
$(if $(filter y,$(TERMINAL)),$(if $($(n).rootfs),$(eval FILES := y)))
app_includes := -I$(d) $(addprefix -I,$(call app_here,$(INCLUDES))) -I$(APP_INCLUDE)
app_options := -Wall $(if $(filter /% ..%,$(d)),,-Wextra) $(CFLAGS)
$(n).flags   := $(APP_CPPFLAGS) $(app_includes) $(DEFINES:%=-D%) $(APP_CFLAGS) $(app_options)
app_cxx := $(filter-out %.c,$(app_own) $(app_more) $(foreach b,$(BINS),$(call \
	app_wild,$(d)/$(b)/*)))
$(n).cxxflags := $(if $(app_cxx),-nostdinc $(addprefix -isystem ,$(CXX_INCLUDE)) $(APP_CPPFLAGS) \
	$(app_includes) $(DEFINES:%=-D%) $(APP_CXXFLAGS) $(app_options) $(CXXFLAGS))
$(n).options := $(or $(subst $(space),-,$(strip $(foreach o,$(OPTIONS),$(if $(filter \
	y,$($(o))),$(o))))),none)
# And the drivers of what it is run on.
app_devices := $(if $(filter y,$(FS) $(NET) $(VIRTIO_CONSOLE)),$(if $(HAS_MMIO),MMIO) $(if \
	$(HAS_PCI),PCI) $(if $(HAS_ALL),ALL)) \
	$(if $(filter y,$(FS)),$(if $(HAS_NVME),NVME) $(if $(HAS_ALL),EXFAT)) \
	$(if $(filter y,$(NET)),$(if $(HAS_E1000E),E1000E))
$(n).options := $(subst $(space),-,$(strip $($(n).options) $(app_devices)))
$(n).kernel  := $(if $(app_tests),$(A)/kernel,$(K)/kernel$(call kernel_kind,$($(n).options))).o
$(n).libs    := $(call app_here,$(LIBS))

$(call stamp,$(A)/flags,$(CC) $(d) $($(n).flags) $($(n).cxxflags))
ifeq ($($(n).bins),)
$(eval $(call program,$(n),$(sort $(app_shared))))
else
$(foreach b,$($(n).bins),$(eval $(call program,$(n).$(b),$(sort $(app_shared) $(call \
	app_wild,$(d)/$(b)) $(call app_wild,$(d)/$(b)/*)))))
endif
$(eval $(call app_rules,$(sort $(app_more))))

$(if $(app_tests),$(eval $(call kernel_tests,$(call kernel_object,$(app_tests)),$(wildcard \
	$(d)/exports.txt),$($(n).options))))

APPS += $(n)
