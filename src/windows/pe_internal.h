/* SPDX-License-Identifier: Apache-2.0
 *
 * pe_internal.h: what pe.c and pe_version.c share. Included by them alone.
 */
#ifndef ES_WINDOWS_PE_INTERNAL_H
#define ES_WINDOWS_PE_INTERNAL_H

#include "windows/pe.h"

/* The first thing found broken is the one that is told. */
void es_pe_problem(es_pe *pe, const char *text);

/* VS_VERSIONINFO, as it lies in a resource. The first one read gives the numbers; string tables of
 * further ones are added. ES_CORRUPT: nothing could be taken from it. */
es_status es_pe_version_read(es_bytes bytes, es_pe *pe);

#endif
