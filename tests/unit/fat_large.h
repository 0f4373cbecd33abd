/* SPDX-License-Identifier: BSD-2-Clause */
/* Part of test_fat.c: a large folder, which has an index, against a model and against a search. */
#pragma once

#define LARGE 400

static struct member {
	bool here, folder;
	unsigned size;
} members[LARGE];
static bool bad_disk;

/* Long and short ones, some with equal beginnings, and in any case. */
static const char *member_name(unsigned i, bool other_case)
{
	static const char *const forms[] = {"d/F%u",
					    "d/longname%u.text",
					    "d/A longer name, number %u",
					    "d/Gr\xc3\xbc\xc3\x9f"
					    "e %u",
					    "d/x~%u.tex",
					    "d/a.b.%u"};
	static char name[64];

	snprintf(name, sizeof(name), forms[i % 6], i);
	for (char *c = name + 2; other_case && *c; c++)
		if (*c >= 'a' && *c <= 'z' && pick(2))
			*c -= 32;
	return name;
}

static struct fat_inode *large_folder(struct inode **dir)
{
	return path_lookup(NULL, "/m/d", 0, dir) ? NULL : fat_inode(*dir);
}

/* The index and a search of the folder say the same, and so does the model; true for errors. */
static bool is_agreed(unsigned i, bool known)
{
	const char *name = member_name(i, true) + 2;
	struct fat_entry by_index = {0}, by_search = {0};
	struct inode *inode;
	struct fat_inode *dir = large_folder(&inode);
	int found = dir ? fat_names_find(dir, name, strlen(name), &by_index) : -EIO;
	int searched = dir ? fat_lib_find(dir, name, strlen(name), &by_search) : -EIO;

	if (dir)
		inode_put(inode);
	if (!dir || found == -EIO || searched == -EIO)
		return !known;
	if (!known) { /* what an error did: from now on it is known */
		members[i].here = !searched;
		members[i].folder = by_search.attributes & AM_DIR;
		members[i].size = (unsigned)by_search.size;
	}
	if (found != searched || !found != members[i].here) {
		fprintf(stderr, "%s: by index %d, by search %d\n", name, found, searched);
		return false;
	}
	if (found)
		return true;
	/* A search also counts parts of a long name that a failed call left ahead of it. */
	if ((by_index.first_offset != by_search.first_offset && !bad_disk) ||
	    by_index.last_offset != by_search.last_offset) {
		fprintf(stderr, "%s: by index at %u, by search at %u\n", name, by_index.last_offset,
			by_search.last_offset);
		return false;
	}
	/* On a bad disk an entry may have been written later. */
	return !!(by_index.attributes & AM_DIR) == members[i].folder &&
	       (bad_disk || by_index.size == members[i].size);
}

/* A call's result: as it must be; or where the disk fails, -EIO. */
static bool is_result(long result, long right, bool fails)
{
	return result == right || (fails && result < 0);
}

static bool member_make(unsigned i, bool fails)
{
	struct member *m = &members[i];
	const char *name = member_name(i, m->here);
	int fd;

	if (!m->here && !pick(8)) {
		long result = sys_mkdirat(AT, name, 0755);

		*m = (struct member){!result, !result, 0};
		return is_result(result, 0, fails);
	}
	fd = (int)sys_openat(AT, name, O_RDWR | O_CREAT | O_EXCL, 0644);
	if (fd < 0)
		return is_result(fd, m->here ? -EEXIST : 0, fails);
	if (m->here)
		return false;
	*m = (struct member){.here = true, .size = pick(3) * i};
	if (sys_ftruncate(fd, m->size) && !fails)
		return false;
	return !sys_close(fd) || fails;
}

static bool member_remove(unsigned i, bool fails)
{
	struct member *m = &members[i];
	long right = m->here ? 0 : -ENOENT;

	if (!is_result(sys_unlinkat(AT, member_name(i, true), m->folder ? AT_REMOVEDIR : 0), right,
		       fails))
		return false;
	*m = (struct member){0};
	return true;
}

static bool member_rename(unsigned i, unsigned j, bool fails)
{
	struct member *m = &members[i], *to = &members[j];
	long right = !m->here ? -ENOENT : 0;
	char name[64];

	if (i != j && m->here && to->here && m->folder != to->folder)
		right = m->folder ? -ENOTDIR : -EISDIR;
	strcpy(name, member_name(i, true));
	if (!is_result(sys_renameat2(AT, name, AT, member_name(j, true), 0), right, fails))
		return false;
	if (!right && i != j) {
		*to = *m;
		*m = (struct member){0};
	}
	return true;
}

static bool large_step(bool fails)
{
	unsigned i = pick(LARGE), j = pick(4) ? pick(LARGE) : i;
	bool good;

	if (fails) {
		j = (i + 1 + pick(LARGE - 1)) % LARGE; /* or a name may be there twice */
		*(pick(2) ? &disk_reads_left : &disk_writes_left) = pick(12);
		host_heap_fails_after = pick(4) ? -1 : (long)pick(3);
	}
	switch (pick(5)) {
	case 0:
		good = member_remove(i, fails);
		break;
	case 1:
		good = member_rename(i, j, fails);
		break;
	case 2:
		good = is_agreed(i, !fails);
		break;
	default:
		good = member_make(i, fails);
	}
	disk_reads_left = disk_writes_left = ~0u;
	host_heap_fails_after = -1;
	if (!good)
		fprintf(stderr, "step with %u and %u, fails %d\n", i, j, fails);
	return good && is_agreed(i, !fails) && is_agreed(j, !fails) &&
	       is_agreed(pick(LARGE), !fails);
}

static unsigned folders(void)
{
	unsigned count = 2;

	for (unsigned i = 0; i < LARGE; i++)
		count += members[i].here && members[i].folder;
	return count;
}

/* The folder has an index, or could not have one. */
static bool has_index(void)
{
	struct inode *inode;
	struct fat_inode *dir = large_folder(&inode);
	bool has = dir && fat_index_find(fat_volume(inode), dir->first);

	inode_put(inode);
	return has;
}

static void large(unsigned steps, bool fails)
{
	memset(members, 0, sizeof(members));
	bad_disk = fails;
	CHECK(!make_dir("d"));
	for (unsigned step = 0; step < steps; step++) {
		CHECK(large_step(fails && !pick(4)));
		if (!(step % 256) && !fails)
			CHECK(!sys_sync() && stat_of("d").st_nlink == folders());
	}
	/* A rename that failed halfway has left two names. */
	CHECK(fails || stat_of("d").st_nlink == folders());
	for (unsigned i = 0; i < LARGE; i++)
		CHECK(is_agreed(i, true));
}

/* Short names that others have, or want. */
static void aliases(void)
{
	CHECK(put_text("d/Very long first.text", "first"));
	CHECK(!strcmp(text_of("d/verylo~1.tex"), "first"));
	CHECK(sys_openat(AT, "d/VERYLO~1.TEX", O_CREAT | O_EXCL | O_RDWR, 0644) == -EEXIST);
	CHECK(put_text("d/verylo~2.tex", "short"));
	CHECK(put_text("d/Very long second.text", "second"));
	CHECK(!strcmp(text_of("d/verylo~3.tex"), "second"));
	CHECK(!strcmp(text_of("d/verylo~2.tex"), "short"));
	CHECK(!remove_file("d/VERYLO~1.TEX"));
	CHECK(sys_openat(AT, "d/Very long first.text", O_RDONLY, 0) == -ENOENT);
	CHECK(!sys_renameat2(AT, "d/verylo~3.tex", AT, "d/very long FIRST.text", 0));
	CHECK(!strcmp(text_of("d/verylo~1.tex"), "second"));
	CHECK(sys_openat(AT, "d/verylo~3.tex", O_RDONLY, 0) == -ENOENT);
}

TEST(large_folders)
{
	for (unsigned k = 0; k < 4; k++) {
		CHECK(begin(&kinds[k]));
		CHECK_IN(large(3000, false));
		CHECK(has_index());
		CHECK_IN(aliases());
		CHECK(end());
	}
	host_frame_total = 1; /* no memory for an index */
	CHECK(begin(&kinds[2]));
	CHECK_IN(large(1000, false));
	CHECK(!has_index());
	CHECK(end());
	host_frame_total = 65536;
}

/* What is left of calls that failed may be damage; but what is found by the index is there. */
TEST(large_folder_on_a_bad_disk)
{
	for (unsigned k = 0; k < 3; k++) {
		CHECK(begin(&kinds[k]));
		CHECK_IN(large(3000, true));
		sys_sync();
		CHECK(!sys_sync() && leave());
	}
}

/* What one call costs does not grow with the folder. */
TEST(cost_of_a_name)
{
	unsigned most[4] = {0};
	char name[64];

	CHECK(begin(&kinds[2]) && !make_dir("d"));
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "d/file number %d", i);
		disk_accesses = 0;
		CHECK(!sys_close((int)sys_openat(AT, name, O_RDWR | O_CREAT, 0644)));
		/* It grows itself now and then, by building the index anew. */
		most[0] += disk_accesses;
	}
	for (int i = 4999; i >= 0; i -= 7) {
		snprintf(name, sizeof(name), "d/file number %d", i);
		disk_accesses = 0;
		CHECK(stat_of(name).st_nlink == 1);
		most[1] = disk_accesses > most[1] ? disk_accesses : most[1];
		disk_accesses = 0;
		snprintf(name, sizeof(name), "d/File number %d, which is not there", i);
		CHECK(sys_openat(AT, name, O_RDONLY, 0) == -ENOENT);
		most[2] = disk_accesses > most[2] ? disk_accesses : most[2];
	}
	for (int i = 4999; i >= 0; i--) {
		snprintf(name, sizeof(name), "d/file number %d", i);
		disk_accesses = 0;
		CHECK(!remove_file(name));
		most[3] = disk_accesses > most[3] ? disk_accesses : most[3];
	}
	if (getenv("UNIT_LONG"))
		printf("%u %u %u %u\n", most[0] / 5000, most[1], most[2], most[3]);
	CHECK(most[0] / 5000 < 50 && most[1] < 10 && most[2] < 10 && most[3] < 20);
	CHECK(end());
}
