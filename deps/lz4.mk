# SPDX-License-Identifier: BSD-2-Clause
# The compression library for an application that says DEPS = lz4: LZ4 is its folder, LZ4_SRCS its
# sources, LZ4_DEFINES and LZ4_INCLUDES what its test programs need.
include deps/source.mk
$(eval $(call dep_source,LZ4,lz4,lib/lz4.c lib/lz4frame.c lib/lz4hc.c lib/xxhash.c))
LZ4_DEFINES := XXH_NAMESPACE=LZ4_ LZ4_DEBUG=1
LZ4_INCLUDES := $(LZ4)/lib $(LZ4)/programs $(LZ4)
