/* SPDX-License-Identifier: BSD-2-Clause */
/* mounts: the first disk is mounted before main, and unmounted at the end. Nothing else. */
int main(void)
{
	return 0;
}
