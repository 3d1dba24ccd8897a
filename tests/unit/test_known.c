/* SPDX-License-Identifier: Apache-2.0
 *
 * test_known.c: lists of known hashes, as NSRL writes them and as people do.
 */
#include "host/known.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Digests of nothing. */
#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static es_status read_text(const char *text, es_known **ret)
{
    char path[] = "/tmp/esuscan-known-XXXXXX";
    int file = mkstemp(path);
    es_note note;
    es_status status;

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    status = es_known_read(path, ret, &note);
    unlink(path);
    return status;
}

static uint32_t find(const es_known *known, const char *hex)
{
    uint8_t bytes[32];
    size_t size = strlen(hex) / 2;

    for (size_t i = 0; i < size; i++) {
        char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return es_known_find(known, (es_bytes){ bytes, size });
}

static void test_forms(void **state)
{
    static const struct {
        const char *text;
        uint32_t md5, sha1, sha256;
    } lists[] = {
        { "\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"SpecialCode\"\r\n"
          "\"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709\",\"D41D8CD98F00B204E9800998ECF8427E\","
          "\"00000000\",\"a, b.dll\",\"\"\r\n",
          ES_KNOWN_GOOD, ES_KNOWN_GOOD, ES_KNOWN_NOT },
        { "SHA-256,SpecialCode\n" SHA256 ",M\n", 0, 0, ES_KNOWN_BAD },
        { "name,sha1,status\nx," SHA1 ",good\ny," SHA1 ",bad\n", 0, ES_KNOWN_BAD, 0 },
        { SHA256 "\n" MD5 "\n", ES_KNOWN_GOOD, 0, ES_KNOWN_GOOD },
        { "# mine\n" SHA1, 0, ES_KNOWN_GOOD, 0 },
        { "\n\n" SHA1 ",\n,,,\n\"unclosed\n", 0, ES_KNOWN_GOOD, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        es_known *known = NULL;

        assert_int_equal(read_text(lists[i].text, &known), ES_OK);
        assert_int_equal(find(known, MD5), lists[i].md5);
        assert_int_equal(find(known, SHA1), lists[i].sha1);
        assert_int_equal(find(known, SHA256), lists[i].sha256);
        es_known_free(known);
    }
}

static void test_none(void **state)
{
    es_known *known = NULL;
    es_note note;

    (void)state;
    assert_int_equal(read_text("", &known), ES_CORRUPT);
    assert_int_equal(read_text("name,size\nntoskrnl.exe,3549672\n", &known), ES_CORRUPT);
    assert_int_equal(es_known_read("/nonexistent/list", &known, &note), ES_ABSENT);
    assert_null(known);
    assert_int_equal(find(NULL, MD5), ES_KNOWN_NOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
