# SPDX-License-Identifier: BSD-2-Clause
# The Lua interpreter for an application that says DEPS = lua: LUA_SRCS are the sources of the
# program lua (main included), LUA_DEFINES its defines.

LUA_VERSION := $(shell sed -n 's/^VERSION=//p' deps/lua.recipe)
LUA := $(O)/deps/lua-$(LUA_VERSION)
LUA_NAMES := lapi lauxlib lbaselib lcode lcorolib lctype ldblib ldebug ldo ldump lfunc lgc linit \
	liolib llex lmathlib lmem loadlib lobject lopcodes loslib lparser lstate lstring lstrlib \
	ltable ltablib ltm lua lundump lutf8lib lvm lzio
LUA_SRCS := $(LUA_NAMES:%=$(LUA)/src/src/%.c)
LUA_DEFINES := LUA_USE_POSIX

ifeq ($(LUA_RULES),)
LUA_RULES := y
$(LUA)/.fetched: deps/lua.recipe deps/fetch.sh
	@O=$(O) deps/fetch.sh lua && touch $@
$(LUA_SRCS): $(LUA)/.fetched ;
endif
