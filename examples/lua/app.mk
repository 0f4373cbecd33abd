# SPDX-License-Identifier: BSD-2-Clause
DEPS = lua
SRCS = $(LUA_SRCS)
DEFINES = $(LUA_DEFINES)
ARGS = main.lua
