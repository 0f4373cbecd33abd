# SPDX-License-Identifier: BSD-2-Clause
# Programs of tests/integration/network.py.
NET = y
BINS = last_words bulk reach clock
