# SPDX-License-Identifier: BSD-2-Clause
BINS = http-server udp-server udp-client
NET = y
