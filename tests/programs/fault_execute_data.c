/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls into a variable. */
#include <stdint.h>
#include <string.h>

static unsigned char data[64] = {1};

int main(void)
{
	void (*function)(void);
	uintptr_t address = (uintptr_t)data;

	memcpy(&function, &address, sizeof(function));
	function();
	return data[0] ? 0 : 1;
}
