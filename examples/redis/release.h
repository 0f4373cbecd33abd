/* SPDX-License-Identifier: BSD-2-Clause */
/* What the package's build would write: the release has no commit, and each build is the same. */
#define REDIS_GIT_SHA1	"00000000"
#define REDIS_GIT_DIRTY "0"
#define REDIS_BUILD_ID	"unishyper"
