/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_catalogue.c: the updates about the change to 6003, as the real catalogue has them.
 */
#include "fake_inside.h"

#define DAY(days) { INT64_C(131907744000000000) + (days) * INT64_C(864000000000), ES_TIME_DAY, 0 }
#define MONTH(number) (2019 * 12 + (number)-1)
#define UPDATE(index_, kb_, kind_, month_, build_, released_, ...)                                 \
    {                                                                                              \
        .size = sizeof(es_catalogue_update), .index = index_, .kb = kb_, .kind = kind_,            \
        .month = MONTH(month_), .build_after = build_, .released = released_, __VA_ARGS__          \
    }

/* Days from 2019-01-01. */
static const es_catalogue_update rows[] = {
    UPDATE(0, 4474419, ES_UPDATE_SHA2_SUPPORT, 9, 0, DAY(252), .issue = 4),
    UPDATE(1, 4489880, ES_UPDATE_MONTHLY_ROLLUP, 3, 6002, DAY(70), .issue = 0),
    UPDATE(2, 4489887, ES_UPDATE_PREVIEW_ROLLUP, 3, 0, DAY(77), .issue = 0),
    UPDATE(3, 4493458, ES_UPDATE_SECURITY_ONLY, 4, 6003, DAY(98), .issue = 0),
    UPDATE(4, 4493471, ES_UPDATE_MONTHLY_ROLLUP, 4, 6003, DAY(98), .issue = 0),
    UPDATE(5, 4493730, ES_UPDATE_SERVICING_STACK, 4, 0, DAY(98), .issue = 0),
    UPDATE(6, 4499149, ES_UPDATE_MONTHLY_ROLLUP, 5, 6003, DAY(133), .issue = 0),
};
static const es_catalogue_update *const updates[] = { &rows[0], &rows[1], &rows[2], &rows[3],
                                                      &rows[4], &rows[5], &rows[6] };

static const uint32_t sha2[] = { 4474419 };
static const es_catalogue_kernel kernel = { .size = sizeof kernel, .build = 6003,
                                            .version = { 6, 0, 6003, 20555 }, .kbs = sha2,
                                            .n_kbs = 1 };
static const es_catalogue_kernel *const kernels[] = { &kernel };

const es_catalogue fake_catalogue = { .size = sizeof fake_catalogue, .updates = updates,
                                      .n_updates = ES_COUNT(updates), .kernels = kernels,
                                      .n_kernels = 1 };
