/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints nothing. */
int main(void)
{
	return 0;
}
