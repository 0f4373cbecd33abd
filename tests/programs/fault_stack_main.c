/* SPDX-License-Identifier: BSD-2-Clause */
/* Overflows the stack of main. */
static volatile int sink, last = -1;

static int deeper(int depth)
{
	volatile char room[256];

	room[depth & 255] = (char)depth;
	sink += room[depth & 255];
	return depth == last ? 0 : deeper(depth + 1) + room[0];
}

int main(void)
{
	return deeper(0);
}
