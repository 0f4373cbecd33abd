/* SPDX-License-Identifier: BSD-2-Clause */
/* Ticket spinlock. */
#define ITERATE 500
#include <ck_spinlock/validate/ck_ticket.c>
