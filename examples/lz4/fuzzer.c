/* SPDX-License-Identifier: BSD-2-Clause */
/* A test program of the package, as it is there. */
#include <tests/fuzzer.c>
