/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /init of the small Linux that make bench compares with: loads the modules that /modules/order
 * names, gives the first network card an address, mounts the first disk at /fatfs, runs the program
 * that the kernel's command line names behind `--`, prints `status N` and turns the machine off.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int complain(const char *what)
{
	printf("init: %s: %s\n", what, strerror(errno));
	return 1;
}

static void modules_load(void)
{
	char path[256], name[200];
	FILE *order = fopen("/modules/order", "r");

	while (order && fscanf(order, "%199s", name) == 1) {
		int fd;

		snprintf(path, sizeof(path), "/modules/%s", name);
		fd = open(path, O_RDONLY);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			complain(path);
		close(fd);
	}
}

static int disk_mount(void)
{
	struct stat status;

	if (mount("dev", "/dev", "devtmpfs", 0, "") && errno != EBUSY)
		return complain("/dev");
	/* The disk is found by a thread of the kernel. */
	for (int i = 0; i < 2000 && stat("/dev/vda", &status); i++)
		usleep(1000);
	if (stat("/dev/vda", &status))
		return 0;
	return mount("/dev/vda", "/fatfs", "vfat", 0, "") ? complain("/fatfs") : 0;
}

/* The first network card, if there is one, gets the address that images have. */
static void card_start(void)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000002)};
	struct ifreq request = {.ifr_name = "eth0"};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(&request.ifr_addr, &own, sizeof(own));
	if (fd < 0 || ioctl(fd, SIOCSIFADDR, &request)) {
		close(fd);
		return;
	}
	own.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&request.ifr_netmask, &own, sizeof(own));
	ioctl(fd, SIOCSIFNETMASK, &request);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		complain("eth0");
	close(fd);
}

static int program_run(char **argv)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(complain(argv[0]));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return complain("the program");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int status;

	setvbuf(stdout, NULL, _IONBF, 0);
	modules_load();
	card_start();
	status = disk_mount();
	if (!status && argc > 1)
		status = program_run(argv + 1);
	umount("/fatfs");
	printf("status %d\n", status);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
