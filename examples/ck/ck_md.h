/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the package's configure would find out, and that neither transactions nor packed pointers
 * shall be used.
 */
#ifndef CK_MD_H
#define CK_MD_H

#define CK_MD_CACHELINE		   64
#define CK_MD_PAGESIZE		   4096
#define CK_MD_RTM_DISABLE	   1
#define CK_MD_LSE_DISABLE	   1
#define CK_MD_POINTER_PACK_DISABLE 1
#define CK_MD_VMA_BITS_UNKNOWN	   1

/* The weakest model, which is right on every processor. */
#define CK_MD_RMO 1

#define CK_VERSION "0.7.1"
#define CK_GIT_SHA ""

#endif
