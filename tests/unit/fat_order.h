/* SPDX-License-Identifier: BSD-2-Clause */
/* What a cut of power may find of directories: the order of writes, and the sectors they touch. */
#pragma once

static uint32_t watched_directory; /* its first cluster; FAT12 with clusters of a sector */
static unsigned watched_links;
static bool watched_rubbish;

/* Where the kinds[0] volume has things, by its boot sector. */
static uint32_t word_at(size_t at)
{
	return disk_bytes[at] | (uint32_t)disk_bytes[at + 1] << 8;
}

static uint8_t *cluster_at(uint32_t cluster)
{
	uint32_t root = word_at(14) + disk_bytes[16] * word_at(22);

	return disk_bytes + (root + word_at(17) / 16 + cluster - 2) * 512;
}

static uint32_t link_of(uint32_t cluster)
{
	uint32_t value = word_at(word_at(14) * 512 + cluster + cluster / 2);

	return (cluster % 2 ? value >> 4 : value) & 0xfff;
}

/* After each write: no cluster that the directory has may be what it was before. */
static void watch(void)
{
	unsigned links = 0;

	for (uint32_t at = watched_directory; at >= 2 && at < 0xff0; at = link_of(at), links++)
		watched_rubbish |= cluster_at(at)[0] == 0xd7;
	watched_links = links;
}

/* Names whose entries lie in two sectors of a directory. */
static unsigned count_crossing(uint32_t first)
{
	unsigned crossing = 0;

	for (uint32_t at = first; at >= 2 && at < 0xff0; at = link_of(at))
		crossing += (cluster_at(at)[15 * 32 + 11] & 0x3f) == 0x0f &&
			    cluster_at(at)[15 * 32] != 0xe5;
	return crossing;
}

TEST(order_of_directories)
{
	uint32_t free_first;
	char name[80];

	CHECK(begin(&kinds[0]));
	free_first = word_at(14) + disk_bytes[16] * word_at(22) + word_at(17) / 16;
	memset(disk_bytes + free_first * 512, 0xd7, disk_size - free_first * 512);
	CHECK(!make_dir("d"));
	/* The first of the root, ahead of nothing but the label. */
	watched_directory = 2;
	CHECK(cluster_at(2)[0] == '.');
	disk_written = watch;
	for (int i = 0; i < 120; i++) {
		snprintf(name, sizeof(name), "d/file with a name of %d parts", i);
		CHECK(put_text(name, "x") && !watched_rubbish);
		if (i % 5 == 4)
			CHECK(!remove_file(name));
	}
	disk_written = NULL;
	CHECK(watched_links > 10 && !count_crossing(2));
	CHECK(end());
}

/* A name that comes back in another sector waits for its removal, in the same one it does not. */
TEST(name_that_comes_back)
{
	unsigned before;
	char name[32];

	CHECK(begin(&kinds[0]));
	CHECK(!make_dir("d"));
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "d/F%d.TXT", i);
		CHECK(put_text(name, name));
	}
	CHECK(!sys_sync());
	before = disk_commits;
	CHECK(!remove_file("d/F30.TXT") && put_text("d/F30.TXT", "again"));
	CHECK(disk_commits == before + 1); /* that says the volume is in use */
	CHECK(!remove_file("d/F2.TXT") && !remove_file("d/F30.TXT"));
	CHECK(put_text("d/F30.TXT", "elsewhere"));
	CHECK(disk_commits == before + 2);
	CHECK(put_text("d/F2.TXT", "elsewhere"));
	CHECK(disk_commits == before + 2); /* its removal was in the same commit */
	/* More than can be remembered: one commit for all of them. */
	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "d/G%d.TXT", i);
		CHECK(put_text(name, name));
	}
	CHECK(!sys_sync());
	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "d/G%d.TXT", i);
		CHECK(!remove_file(name));
	}
	before = disk_commits;
	CHECK(put_text("d/G399.TXT", "first") && put_text("d/G398.TXT", "second"));
	CHECK(disk_commits == before + 1);
	CHECK(end());
}

/* --- a rename that fails ---------------------------------------------------------------------- */

/* A directory's links as stat() has them, and as its entries are: 0 if they differ. */
static unsigned links_of(const char *dir, const char *a, const char *b)
{
	unsigned links = 2;
	char name[300];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, i ? b : a);
		links += !sys_faccessat(AT, name, F_OK);
	}
	return stat_of(dir).st_nlink == links ? links : 0;
}

#define LONG_NAME                                                                                  \
	"a directory whose name takes many entries, of which the first ones are in one sector of " \
	"its parent, and the last ones in another one, because they have no room in one as it is " \
	"longer than one hundred and ninety-five characters"

static bool rename_fails(unsigned after, bool reads, bool has_victim, const char *name)
{
	unsigned *left = reads ? &disk_reads_left : &disk_writes_left, from, to;
	char path[300];
	int error;

	if (!begin(&kinds[0]) || make_dir("a") || make_dir("b") || make_dir("b/other"))
		return false;
	snprintf(path, sizeof(path), "a/%s", name);
	if (make_dir(path) || (has_victim && make_dir("b/new")) || sys_sync() || make_dir("c") ||
	    !links_of("a", name, "none") || !links_of("b", "new", "other"))
		return false;
	disk_fails_once = true;
	*left = after;
	error = (int)sys_renameat2(AT, path, AT, "b/new", 0);
	*left = ~0u;
	disk_fails_once = false;
	from = links_of("a", name, "none");
	to = links_of("b", "new", "other");
	if (error && error != -EIO)
		return false;
	if (from != (error ? 3 : 2) || to != (!error || has_victim ? 4 : 3)) {
		fprintf(stderr, "%s %u: %d, links %u %u\n", reads ? "read" : "write", after, error,
			from, to);
		return false;
	}
	return end();
}

TEST(rename_on_a_bad_disk)
{
	for (unsigned i = 0; i < 120; i++)
		CHECK(rename_fails(i / 4, i & 1, i & 2, "old"));
	for (unsigned i = 0; i < 120; i++)
		CHECK(rename_fails(i / 4, i & 1, i & 2, LONG_NAME));
}
