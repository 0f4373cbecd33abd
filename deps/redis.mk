# SPDX-License-Identifier: BSD-2-Clause
# The server for an application that says DEPS = redis: REDIS_SRCS are the sources of the program
# (main included) and of the libraries in the package that it needs, REDIS_DEFINES and
# REDIS_INCLUDES what they are compiled with. Memory is the C library's. The file release.h, which
# its build writes, the application has.
include deps/source.mk
$(eval $(call dep_source,REDIS,redis,$(patsubst %,src/%.c,acl adlist ae anet aof bio bitops \
	blocked call_reply childinfo cluster commands config connection crc16 crc64 crcspeed db \
	debug \
	defrag dict endianconv eval evict expire function_lua functions geo geohash geohash_helper \
	hyperloglog intset latency lazyfree listpack localtime lolwut lolwut5 lolwut6 lzf_c lzf_d \
	memtest module monotonic mt19937-64 multi networking notify object pqsort pubsub \
	quicklist rand rax rdb redis-check-aof redis-check-rdb release replication resp_parser rio \
	script script_lua sds sentinel server setcpuaffinity setproctitle sha1 sha256 siphash \
	slowlog sort sparkline syncio syscheck t_hash t_list t_set t_stream t_string t_zset \
	timeout tls tracking util ziplist zipmap zmalloc) \
	$(patsubst %,deps/lua/src/%.c,fpconv lapi lauxlib lbaselib lcode ldblib ldebug ldo ldump \
	lfunc lgc llex lmathlib lmem lobject lopcodes lparser lstate lstring lstrlib ltable \
	ltablib ltm lua_bit lua_cjson lua_cmsgpack lua_struct lundump lvm lzio strbuf) \
	$(patsubst %,deps/hiredis/%.c,alloc async hiredis net read sds) \
	deps/hdr_histogram/hdr_histogram.c))
REDIS_DEFINES := _GNU_SOURCE LUA_ANSI ENABLE_CJSON_GLOBAL LUA_USE_MKSTEMP \
	HDR_MALLOC_INCLUDE='"hdr_redis_malloc.h"'
REDIS_INCLUDES := $(REDIS)/src $(REDIS)/deps/hiredis $(REDIS)/deps/lua/src \
	$(REDIS)/deps/hdr_histogram $(REDIS)/deps/linenoise
