/* SPDX-License-Identifier: Apache-2.0
 *
 * zone.h: the time zone of a machine, to read local times by.
 *
 * The registry holds one rule: the bias, and when daylight saving time begins and ends in any year.
 * A machine whose law changed since is converted by the rule that stood last; in the hour that
 * comes twice each autumn standard time is taken. Whoever shows such a time says that it was local.
 */
#ifndef ES_WINDOWS_ZONE_H
#define ES_WINDOWS_ZONE_H

#include "windows/hive.h"

typedef struct es_zone_change {
    uint16_t year, month, weekday, day, hour, minute; /* of a SYSTEMTIME; month 0: none */
} es_zone_change;

typedef struct es_zone {
    bool known;
    int32_t bias, standard_bias, daylight_bias; /* minutes to add to get UTC */
    es_zone_change standard, daylight;
} es_zone;

/* Not known when the hive does not say. `control_set` as es_system_control_set() gives it. */
es_status es_zone_read(es_hive *system, uint32_t control_set, es_zone *ret_zone);

/* Ticks of UTC from ticks of local time. */
int64_t es_zone_utc(const es_zone *zone, int64_t local_ticks);

#endif
