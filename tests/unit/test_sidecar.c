/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sidecar.c: digests in the files that people and programs leave beside images.
 */
#include "evidence/sidecar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MD5 "7e6a81194f01b95fbc75285818a10f36"
#define SHA1 "ca1d5efc2ecafc5dd078d1e01e6564ddd0d46afe"
#define SHA256 "9faebd4dcf45001e43ca405e6d8bdb3b133fbc810ce41a4f673d9048e430335a"
#define OTHER "982264acd06caa4a02f51c17edfbcd9f"

static es_sidecar parsed(const char *text)
{
    es_sidecar found;

    es_sidecar_parse((es_bytes){ (const uint8_t *)text, strlen(text) }, "disk.raw", &found);
    return found;
}

static void what_programs_write(void **unused)
{
    es_sidecar found = parsed(MD5 "  disk.raw\n");

    (void)unused;
    assert_string_equal(found.md5, MD5);
    assert_string_equal(parsed(MD5).md5, MD5); /* the digest alone */
    assert_string_equal(parsed("SHA256 (disk.raw) = " SHA256 "\n").sha256, SHA256);
    found = parsed("Created By AccessData\r\n[Computed Hashes]\r\n MD5 checksum:    " MD5 "\r\n"
                   " SHA1 checksum:   CA1D5EFC2ECAFC5DD078D1E01E6564DDD0D46AFE\r\n\r\n"
                   "Image Verification Results:\r\n MD5 checksum:    " MD5 " : verified\r\n");
    assert_string_equal(found.md5, MD5);
    assert_string_equal(found.sha1, SHA1);
    assert_string_equal(found.sha256, "");
}

static void which_of_several(void **unused)
{
    (void)unused;
    assert_string_equal(parsed(OTHER "  other.raw\n" MD5 " *disk.raw\n").md5, MD5);
    /* two that could be meant: none is */
    assert_string_equal(parsed(OTHER "\n" MD5 "\n").md5, "");
    assert_string_equal(parsed(OTHER " disk.raw\n" MD5 " disk.raw\n").md5, "");
}

static void what_is_none(void **unused)
{
    (void)unused;
    assert_string_equal(parsed("").md5, "");
    assert_string_equal(parsed("no digest here, deadbeef, 1234").md5, "");
    assert_string_equal(parsed(MD5 "0").md5, "");        /* 33 digits */
    assert_string_equal(parsed(MD5 "xyzw1234").md5, ""); /* 40 characters, not hexadecimal */
    assert_string_equal(parsed(SHA256 SHA256).sha256, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_programs_write),
        cmocka_unit_test(which_of_several),
        cmocka_unit_test(what_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
