/* SPDX-License-Identifier: BSD-2-Clause */
#include "../programs/copy.c"
