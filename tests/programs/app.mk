# SPDX-License-Identifier: BSD-2-Clause
# Small programs for tests/integration: each file is one.
BINS = exit_status arguments copy produce consume stderr silent spin sleeper one_line \
	timers hours cpus out_of_memory bad_pointer fault_write_code fault_write_constant \
	fault_execute_data fault_execute_stack fault_read_null fault_write_null fault_stack_main \
	fault_stack_thread small_out_of_memory malloc_abuse race
