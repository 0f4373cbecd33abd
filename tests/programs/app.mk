# SPDX-License-Identifier: BSD-2-Clause
# Small programs for tests/integration: each file is one.
BINS = exit_status arguments copy produce consume stderr silent spin sleeper one_line timers \
	hours cpus out_of_memory bad_pointer small_out_of_memory malloc_abuse race faults
