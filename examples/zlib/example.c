/* SPDX-License-Identifier: BSD-2-Clause */
/* The test of the library, as it is in the package. */
#include <test/example.c>
