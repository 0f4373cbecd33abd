/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that is freed when no reader can see it any more. */
#define PAIRS_S	  20
#define ITERATE_S 2
#include <ck_epoch/validate/ck_epoch_synchronize.c>
