# SPDX-License-Identifier: BSD-2-Clause
# With a terminal; ../prompt_none is the same program without one.
TERMINAL = y
INCLUDES = ../../../include
