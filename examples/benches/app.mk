# SPDX-License-Identifier: BSD-2-Clause
BINS = memory_bench knucleotide alloc
