/* SPDX-License-Identifier: Apache-2.0
 *
 * store_schema.h: the tables that every store has. Those of facts, verdicts and lists are made from
 * the plugins' declarations (store_types.c) and told in the table `declared`.
 *
 * Numbers are those of the reports: installation 1 is "i1", fact 17 is "f17". Times are text in
 * ISO 8601, UTC, and sort as such.
 */
#ifndef ES_REPORT_STORE_SCHEMA_H
#define ES_REPORT_STORE_SCHEMA_H

static const char es_store_schema[] =
    "CREATE TABLE images(id INTEGER PRIMARY KEY, path TEXT NOT NULL, identity TEXT,"
    " options TEXT NOT NULL, state INTEGER NOT NULL, reason TEXT, tool_version TEXT,"
    " catalogue_edition TEXT, as_of TEXT, started TEXT, finished TEXT, seconds REAL,"
    " case_number TEXT, evidence TEXT, examiner TEXT, format TEXT, size INTEGER,"
    " sector_size INTEGER, stored_md5 TEXT, stored_sha1 TEXT, md5 TEXT, sha1 TEXT, sha256 TEXT,"
    " acquired TEXT, description TEXT, rests_on TEXT);"
    "CREATE INDEX images_path ON images(path, id);"
    /* What reports are made of. */
    "CREATE TABLE records(image INTEGER PRIMARY KEY REFERENCES images ON DELETE CASCADE,"
    " run BLOB NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE plugins(id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT,"
    " declaration BLOB NOT NULL);"
    "CREATE INDEX plugins_name ON plugins(name, version);"
    "CREATE TABLE image_plugins(image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE,"
    " position INTEGER NOT NULL, plugin INTEGER NOT NULL REFERENCES plugins,"
    " PRIMARY KEY(image, position)) WITHOUT ROWID;"
    "CREATE INDEX image_plugins_plugin ON image_plugins(plugin);"
    "CREATE TABLE declared(name TEXT NOT NULL, field TEXT NOT NULL, plugin TEXT NOT NULL,"
    " kind TEXT NOT NULL, type TEXT NOT NULL, means TEXT, PRIMARY KEY(name, field)) WITHOUT ROWID;"
    /* What was found. */
    "CREATE TABLE segments(image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE,"
    " position INTEGER NOT NULL, name TEXT NOT NULL, size INTEGER,"
    " PRIMARY KEY(image, position)) WITHOUT ROWID;"
    "CREATE TABLE bad_ranges(image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE,"
    " position INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, reason TEXT,"
    " PRIMARY KEY(image, position)) WITHOUT ROWID;"
    "CREATE TABLE volumes(image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE,"
    " id INTEGER NOT NULL, scheme TEXT, slot TEXT, start INTEGER, length INTEGER,"
    " filesystem TEXT, serial TEXT, label TEXT, encrypted INTEGER,"
    " PRIMARY KEY(image, id)) WITHOUT ROWID;"
    "CREATE TABLE installations(image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE,"
    " id INTEGER NOT NULL, machine INTEGER NOT NULL, volume INTEGER, snapshot INTEGER, role TEXT,"
    " system_root TEXT, product_name TEXT, edition TEXT, service_pack TEXT, architecture TEXT,"
    " computer_name TEXT, time_zone TEXT, install_date TEXT, last_shutdown TEXT, state_time TEXT,"
    " PRIMARY KEY(image, id)) WITHOUT ROWID;"
    "CREATE INDEX installations_name ON installations(computer_name);"
    "CREATE TABLE artefacts(image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE,"
    " id INTEGER NOT NULL, volume INTEGER, snapshot INTEGER, path TEXT, mft_entry INTEGER,"
    " mft_sequence INTEGER, size INTEGER, sha256 TEXT, damaged INTEGER,"
    " PRIMARY KEY(image, id)) WITHOUT ROWID;"
    "CREATE INDEX artefacts_sha256 ON artefacts(sha256);"
    "CREATE TABLE facts(image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE,"
    " id INTEGER NOT NULL, installation INTEGER, plugin TEXT NOT NULL, type TEXT NOT NULL,"
    " time TEXT, time_means TEXT, PRIMARY KEY(image, id),"
    " FOREIGN KEY(image, installation) REFERENCES installations(image, id)) WITHOUT ROWID;"
    "CREATE INDEX facts_type ON facts(type);"
    "CREATE INDEX facts_time ON facts(time) WHERE time IS NOT NULL;"
    "CREATE TABLE verdicts(image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE,"
    " installation INTEGER NOT NULL, name TEXT NOT NULL, plugin TEXT NOT NULL,"
    " answer TEXT NOT NULL, explanation TEXT, PRIMARY KEY(image, installation, name),"
    " FOREIGN KEY(image, installation) REFERENCES installations(image, id)) WITHOUT ROWID;"
    "CREATE INDEX verdicts_answer ON verdicts(name, answer);"
    "CREATE TABLE because(image INTEGER NOT NULL, installation INTEGER NOT NULL,"
    " verdict TEXT NOT NULL, position INTEGER NOT NULL, fact INTEGER NOT NULL,"
    " PRIMARY KEY(image, installation, verdict, position), FOREIGN KEY(image, installation,"
    " verdict) REFERENCES verdicts(image, installation, name) ON DELETE CASCADE,"
    " FOREIGN KEY(image, fact) REFERENCES facts(image, id) ON DELETE CASCADE) WITHOUT ROWID;"
    "CREATE TABLE notes(image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE,"
    " position INTEGER NOT NULL, severity TEXT NOT NULL, area TEXT, text TEXT NOT NULL,"
    " installation INTEGER, volume INTEGER, path TEXT, PRIMARY KEY(image, position))"
    " WITHOUT ROWID;"
    /* Which images are being scanned, and by whom. */
    "CREATE TABLE claims(path TEXT NOT NULL, options TEXT NOT NULL, owner TEXT NOT NULL,"
    " PRIMARY KEY(path, options)) WITHOUT ROWID;"
    /* Of each path the result that was added last. */
    "CREATE VIEW latest AS SELECT * FROM images AS i WHERE id ="
    " (SELECT max(id) FROM images AS j WHERE j.path = i.path);";

#endif
