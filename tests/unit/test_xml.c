/* SPDX-License-Identifier: Apache-2.0
 *
 * test_xml.c: documents of servicing as nodes, and every way in which one may be refused.
 *
 * A walk is written down as one string: "<name a=b>" for a start, "{text}", "</name>".
 */
#include "windows/limits.h"
#include "windows/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct document {
    const char *bytes;
    uint64_t size;
    uint64_t damaged_from; /* UINT64_MAX: nowhere */
} document;

static es_status read_bytes(void *context, uint64_t offset, void *buffer, uint64_t size,
                            bool *ret_damaged)
{
    const document *from = context;

    assert_true(offset <= from->size && size <= from->size - offset);
    memcpy(buffer, from->bytes + offset, size);
    *ret_damaged = offset + size > from->damaged_from;
    return ES_OK;
}

static es_xml *open_document(document *from)
{
    es_xml_input input = { from->size, read_bytes, from };
    es_xml *xml = NULL;

    assert_int_equal(es_xml_open(&input, &xml), ES_OK);
    return xml;
}

__attribute__((format(printf, 3, 4))) static void append(char *walk, size_t room,
                                                          const char *format, ...)
{
    size_t used = strlen(walk);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(walk + used, room - used, format, arguments);
    va_end(arguments);
}

static es_status walk_document(document *from, char *walk, size_t room)
{
    es_xml *xml = open_document(from);
    es_xml_item item;
    es_status status;

    walk[0] = '\0';
    while ((status = es_xml_next(xml, &item)) == ES_OK) {
        assert_true(item.offset <= from->size && item.length <= from->size - item.offset);
        if (item.kind == ES_XML_TEXT)
            append(walk, room, "{%.*s}", (int)item.text.size, item.text.data);
        else
            append(walk, room, "<%s%.*s", item.kind == ES_XML_END ? "/" : "",
                   (int)item.name.size, item.name.data);
        for (uint32_t i = 0; i < item.n_attributes; i++)
            append(walk, room, " %.*s=%.*s", (int)item.attribute_names[i].size,
                   item.attribute_names[i].data, (int)item.attribute_values[i].size,
                   item.attribute_values[i].data);
        if (item.kind != ES_XML_TEXT)
            append(walk, room, ">");
    }
    /* What has ended stays ended. */
    assert_int_equal(es_xml_next(xml, &item), status);
    es_xml_free(xml);
    return status;
}

static void expect(const char *bytes, size_t size, es_status status, const char *walk)
{
    document from = { bytes, size, UINT64_MAX };
    char got[4096];

    assert_int_equal(walk_document(&from, got, sizeof got), status);
    assert_string_equal(got, walk);
}

#define EXPECT(literal, status, walk) expect(literal, sizeof(literal) - 1, status, walk)

static void test_nodes(void **state)
{
    (void)state;
    EXPECT("<a/>", ES_END, "<a></a>");
    EXPECT("\xef\xbb\xbf<?xml version=\"1.0\"?>\r\n<a>\r\n  <b c='1' d=\"&lt;2\"/>\r\n</a>\r\n",
           ES_END, "<a><b c=1 d=<2></b></a>");
    EXPECT("<a>one<b/>two &amp; <![CDATA[<three>]]></a>", ES_END,
           "<a>{one}<b></b>{two & <three>}</a>");
    EXPECT("<a xmlns='urn:x' xmlns:q='urn:y'><q:b q:c='d'/></a>", ES_END, "<a><b c=d></b></a>");
    EXPECT("<a><!-- no --><?x y?></a>", ES_END, "<a></a>");
}

static void test_encodings(void **state)
{
    (void)state;
    EXPECT("\xff\xfe<\0a\0/\0>\0", ES_END, "<a></a>");
    EXPECT("<?xml version='1.0' encoding='iso-8859-1'?><a b='\xe9'/>", ES_END,
           "<a b=\xc3\xa9></a>");
    EXPECT("<?xml version='1.0' encoding='koi8-r'?><a/>", ES_UNSUPPORTED, "");
    EXPECT("<a b='\xe9'/>", ES_CORRUPT, "");
}

static void test_broken(void **state)
{
    (void)state;
    EXPECT("", ES_CORRUPT, "");
    EXPECT("MZ\x90", ES_CORRUPT, "");
    EXPECT("<a><b></a>", ES_CORRUPT, "<a><b>");
    EXPECT("<a><b/>", ES_CORRUPT, "<a><b></b>");
    EXPECT("<a/><b/>", ES_CORRUPT, "<a></a>");
    EXPECT("<a b='1' b='2'/>", ES_CORRUPT, "");
    EXPECT("<a>&nothing;</a>", ES_CORRUPT, "<a>");
}

/* Nothing behind a document type declaration is read: no entity exists. */
static void test_entities(void **state)
{
    (void)state;
    EXPECT("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", ES_UNSUPPORTED, "");
    EXPECT("<!DOCTYPE a [<!ENTITY x 'lol'><!ENTITY y '&x;&x;&x;&x;'><!ENTITY z '&y;&y;&y;&y;'>]>"
           "<a>&z;</a>", ES_UNSUPPORTED, "");
    EXPECT("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", ES_UNSUPPORTED, "");
    EXPECT("<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://host/x'>%x;]><a/>", ES_UNSUPPORTED, "");
    EXPECT("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a b='&x;'/>", ES_UNSUPPORTED,
           "");
}

static void test_damage(void **state)
{
    static const char text[] = "<a><b/></a>";
    document from = { text, sizeof text - 1, 5 };
    char got[64];

    (void)state;
    assert_int_equal(walk_document(&from, got, sizeof got), ES_CORRUPT);
    assert_string_equal(got, "");
}

static char *repeat(const char *piece, size_t n, const char *before, const char *after)
{
    size_t size = strlen(piece);
    char *made = malloc(strlen(before) + n * size + strlen(after) + 1);

    assert_non_null(made);
    strcpy(made, before);
    for (size_t i = 0, at = strlen(before); i < n; i++, at += size)
        memcpy(made + at, piece, size + 1);
    strcat(made + strlen(before) + (n ? (n - 1) * size : 0), after);
    return made;
}

static es_status count_nodes(char *made, uint64_t *ret_n)
{
    document from = { made, strlen(made), UINT64_MAX };
    es_xml *xml = open_document(&from);
    es_xml_item item;
    es_status status;

    for (*ret_n = 0; (status = es_xml_next(xml, &item)) == ES_OK; (*ret_n)++)
        ;
    es_xml_free(xml);
    free(made);
    return status;
}

static void test_caps(void **state)
{
    es_xml_input huge = { UINT64_C(100) << 20, read_bytes, NULL };
    es_xml *xml = NULL;
    uint64_t n;

    (void)state;
    assert_int_equal(es_xml_open(&huge, &xml), ES_LIMIT);
    assert_null(xml);
    assert_int_equal(count_nodes(repeat("<a>", ES_XML_DEPTH_MAX + 1, "", ""), &n), ES_LIMIT);
    assert_int_equal(n, ES_XML_DEPTH_MAX);
    assert_int_equal(count_nodes(repeat("x", ES_XML_TEXT_MAX + 1, "<a>", "</a>"), &n), ES_LIMIT);
    assert_int_equal(n, 1);
    assert_int_equal(count_nodes(repeat("x", ES_XML_TEXT_MAX, "<a>", "</a>"), &n), ES_END);
    assert_int_equal(n, 3);
    assert_int_equal(count_nodes(repeat("x", 3000000, "<a b='", "'/>"), &n), ES_END);
    assert_int_equal(count_nodes(repeat("<b c='d'/>", 300000, "<a>", "</a>"), &n), ES_END);
    assert_int_equal(n, 600002);
}

static void test_many_attributes(void **state)
{
    char made[8192] = "<a";
    uint64_t n;

    (void)state;
    for (unsigned i = 0; i <= ES_XML_ATTRIBUTES_MAX; i++)
        append(made, sizeof made, " x%u=''", i);
    append(made, sizeof made, "/>");
    assert_int_equal(count_nodes(strdup(made), &n), ES_LIMIT);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nodes),    cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_broken),   cmocka_unit_test(test_entities),
        cmocka_unit_test(test_damage),   cmocka_unit_test(test_caps),
        cmocka_unit_test(test_many_attributes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
