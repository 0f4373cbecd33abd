# SPDX-License-Identifier: BSD-2-Clause
BINS = threads events
NET = y
