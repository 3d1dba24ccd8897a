/* SPDX-License-Identifier: Apache-2.0
 *
 * steps.c: the small steps every part takes.
 */
#include "licence.h"

es_status emit_trace(const es_host *host, const char *what, es_text detail, const char *typical_of,
                     int specific, es_time time, const es_where *where)
{
    es_datum fields[4];

    fields[0] = es_datum_text(es_text_of(what));
    fields[1] = es_datum_text_or_null(detail);
    fields[2] = es_datum_text(es_text_of(typical_of));
    fields[3] = es_datum_boolean(specific);
    return es_emit(host, FACT_TRACE, fields, time, where);
}

es_status find_text(const es_host *host, const es_key *key, const char *name, es_value *ret_value,
                    es_text *ret)
{
    es_status status = host->value_find(host, key, es_text_of(name), ret_value);

    if (status == ES_OK)
        status = host->value_text(host, ret_value, 0, ret);
    return status < 0 ? status : status == ES_OK;
}

es_status find_number(const es_host *host, const es_key *key, const char *name,
                      es_value *ret_value, uint64_t *ret)
{
    es_status status = host->value_find(host, key, es_text_of(name), ret_value);

    if (status == ES_OK)
        status = host->value_number(host, ret_value, 0, ret);
    return status < 0 ? status : status == ES_OK;
}
