# SPDX-License-Identifier: BSD-2-Clause
# K bytes a round and R rounds, as make's variables or from the environment; options say otherwise.
BINS = server-bw client-bw server-latency client-latency
NET = y
DEFINES = $(user.K:%=ROUND_BYTES=%) $(user.R:%=ROUNDS=%)
