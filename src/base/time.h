/* SPDX-License-Identifier: Apache-2.0
 *
 * time.h: points in time, from what the evidence stores to ISO 8601 and back.
 *
 * Proleptic Gregorian calendar, UTC, no leap seconds. Pure functions.
 */
#ifndef ES_BASE_TIME_H
#define ES_BASE_TIME_H

#include <esuscan/types.h>

#define ES_TIME_STRING_MAX 40

es_time es_time_from_filetime(uint64_t filetime); /* 0 gives "no time" */
es_time es_time_from_unix(int64_t seconds);
/* Date and time as FAT writes them, of 2 seconds, taken as they stand; no time when they are none. */
es_time es_time_from_fat(uint16_t date, uint16_t time);
es_time es_time_now(void); /* of this machine; for tool.started and tool.finished only */

/* ISO 8601 in UTC with the precision the time has: "2019-04-09", "2019-04-09T17:00:03Z",
 * "…03.1234567Z"; "" for no time. Years before 1601 or after 9999 give "". */
void es_time_format(es_time time, char out[ES_TIME_STRING_MAX]);

/* Parse ISO 8601: a date, or a date and time with 'Z' or an offset. A bare date means its end in
 * UTC (the last tick of the day). ES_CORRUPT if it is none. */
es_status es_time_parse(const char *text, es_time *ret_time);

/* Unix microseconds, rounded down. */
int64_t es_time_unix_us(es_time time);

#endif
