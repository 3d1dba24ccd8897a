/* SPDX-License-Identifier: Apache-2.0
 *
 * integrity.h: what the files of the integrity plugin share.
 *
 * integrity.c describes the plugin; file.c turns a file's signature and place into a fact; traces.c
 * looks for what spoofing and bypasses leave, store.c at the component store; judge.c decides whose
 * a file is, place.c whether it belongs there.
 */
#ifndef ESUSCAN_PLUGIN_INTEGRITY_H
#define ESUSCAN_PLUGIN_INTEGRITY_H

#include <esuscan/names.h>
#include <esuscan/plugin.h>

/* Usage of a certificate that signs components of Windows. */
#define USAGE_COMPONENT "1.3.6.1.4.1.311.10.3.6"

enum { FACT_FILE, FACT_BOOT, FACT_TRACE, FACT_COMPONENT, FACT_STORE };

/* Fields of integrity.file, in order. */
enum {
    F_NAME, F_ROLE, F_EMBEDDED, F_CHAIN, F_CHAIN_REASON, F_SIGNER, F_ISSUER, F_ROOT, F_THUMBPRINT,
    F_COMPONENT_USAGE, F_USAGES, F_SIGNED_AT, F_TIME_PROVEN, F_STAMP, F_STAMPER, F_ALGORITHM,
    F_STATED, F_IMAGE_SHA1, F_IMAGE_SHA256, F_FILE_SHA256, F_PAGES, F_N_SIGNATURES, F_CATALOGS,
    F_CATALOG_SIGNER, F_CATALOG_ROOT, F_CATALOG_AT, F_OTHER_CATALOGS, F_CATALOG_BY_ANOTHER,
    F_CATALOGS_FOUND, F_CATALOGS_UNREAD, F_DAMAGED, F_VERSION, F_VERSION_DIFFERS, F_ORIGINAL,
    F_MEMBER, F_FITS, F_CHECKED, F_CHECKSUM, F_LINKS, F_COMPONENT, F_SEARCHED, F_KNOWN, F_APPENDED,
    F_BEHIND, F_UNCOVERED, F_PROBLEM, F_INSIDE, F_INSIDE_AT, N_FILE_FIELDS
};

enum { B_STORE, B_OBJECT, B_DESCRIPTION, B_DEFAULT, B_ORDER, B_CONCERNS, N_BOOT_FIELDS };
enum { T_TRACE, T_FOUND, T_EXPECTED, T_MEANS, N_TRACE_FIELDS };
enum { C_PATH, C_STATE, C_ALGORITHM, C_STATED, C_COMPUTED, C_SIZE, N_COMPONENT_FIELDS };
enum { S_CHECKED, S_SAME, S_DIFFER, S_MISSING, S_UNREADABLE, S_MANIFESTS, S_LEFT_OUT,
       N_STORE_FIELDS };

es_status file_examine(const es_host *host, const es_artefact *file, const char *role);
es_status boot_examine(const es_host *host, const es_artefact *artefact);
es_status traces_of_software(const es_host *host, const es_artefact *hive);
es_status traces_of_system(const es_host *host, const es_artefact *hive);
es_status traces_of_file(const es_host *host, const es_artefact *file);
es_status store_examine(const es_host *host, const es_artefact *store);
es_status integrity_judge(void *state, const es_host *host, const es_installation *installation,
                          const es_question *question);

#endif
