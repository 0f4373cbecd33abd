/* SPDX-License-Identifier: BSD-2-Clause */
#include <unishyper/fact.h>

#include "native.h"

long fact_read(const char *name, char *text, size_t size)
{
	return uk_sys_fact_read(name, text, size);
}

int fact_write(const char *name, const char *text)
{
	return (int)uk_sys_fact_write(name, text);
}
