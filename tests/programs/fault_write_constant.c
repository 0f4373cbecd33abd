/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes to a constant. */
static const char text[] = "constant";

int main(int argc, char **argv)
{
	volatile char *place = (volatile char *)text;

	(void)argv;
	place[argc] = 'x';
	return 0;
}
