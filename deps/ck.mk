# SPDX-License-Identifier: BSD-2-Clause
# Concurrency Kit for an application that says DEPS = ck: CK is its folder, CK_SRCS its sources,
# CK_INCLUDES and CK_DEFINES what it and its regression tests need. The application has the header
# ck_md.h, which the package's configure would write.
include deps/source.mk
$(eval $(call dep_source,CK,ck,$(addprefix src/,ck_array.c ck_barrier_centralized.c \
	ck_barrier_combining.c ck_barrier_dissemination.c ck_barrier_mcs.c \
	ck_barrier_tournament.c ck_ec.c ck_epoch.c ck_hp.c ck_hs.c ck_ht.c ck_rhs.c)))
CK_DEFINES := _GNU_SOURCE
CK_INCLUDES := $(CK)/include $(CK)/src $(CK)/regressions
