/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls into the stack. */
#include <stdint.h>
#include <string.h>

int main(void)
{
	volatile unsigned char data[64] = {1};
	void (*function)(void);
	uintptr_t address = (uintptr_t)data;

	memcpy(&function, &address, sizeof(function));
	function();
	return data[0] ? 0 : 1;
}
