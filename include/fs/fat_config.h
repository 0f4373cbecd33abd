/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the FAT library is configured to be, in place of its own ffconf.h. The names are the
 * library's. It has no lock and no buffers of names of its own: fs/fat.h says who gives them.
 */
#pragma once

/* Without exFAT the library's code for it is left out, and its structures stay as they are. */
#ifndef FAT_EXFAT
#define FAT_EXFAT 1
#endif

#define FFCONF_DEF	   86604
#define FF_FS_READONLY	   0
#define FF_FS_MINIMIZE	   0
#define FF_USE_STRFUNC	   0
#define FF_USE_FIND	   0
#define FF_USE_MKFS	   0
#define FF_USE_FASTSEEK	   0
#define FF_USE_EXPAND	   0
#define FF_USE_CHMOD	   0
#define FF_USE_LABEL	   0
#define FF_USE_FORWARD	   0
#define FF_CODE_PAGE	   437 /* of short names alone */
#define FF_USE_LFN	   2
#define FF_MAX_LFN	   255
#define FF_LFN_UNICODE	   2   /* UTF-8 */
#define FF_LFN_BUF	   765 /* 255 units of UTF-16 are no more bytes than that */
#define FF_SFN_BUF	   34
#define FF_STRF_ENCODE	   3
#define FF_FS_RPATH	   0
#define FF_VOLUMES	   1
#define FF_STR_VOLUME_ID   0
#define FF_MULTI_PARTITION 0
#define FF_MIN_SS	   512
#define FF_MAX_SS	   4096
#define FF_USE_TRIM	   0
#define FF_FS_NOFSINFO	   1 /* the number of free clusters is counted, never believed */
#define FF_FS_TINY	   1
#define FF_FS_EXFAT	   1
#define FF_FS_NORTC	   0
#define FF_FS_LOCK	   0
#define FF_FS_REENTRANT	   0
