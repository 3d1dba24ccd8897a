/* SPDX-License-Identifier: Apache-2.0
 *
 * test_names.c: ASCII letters fold, nothing else does; an empty text and an empty word are texts.
 */
#include <esuscan/names.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static es_text text(const char *string)
{
    return es_text_of(string);
}

static const es_text nothing = { NULL, 0 };

static void only_letters_fold(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char folded = es_name_lower((char)c);

        assert_int_equal((unsigned char)folded, c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    assert_true(es_name_is(text("NtOsKrnl.EXE"), "ntoskrnl.exe"));
    assert_false(es_name_is(text("ntoskrnl[exe"), "ntoskrnl{exe"));
    assert_false(es_name_is(text("ntoskrnl.ex"), "ntoskrnl.exe"));
    assert_false(es_name_is(text("ntoskrnl.exee"), "ntoskrnl.exe"));
    assert_false(es_name_is(text("\xc3\x84"), "\xc3\xa4")); /* A umlaut, a umlaut */
    assert_true(es_name_same((es_text){ "a\0B", 3 }, (es_text){ "A\0b", 3 }));
    assert_false(es_name_same((es_text){ "a\0B", 3 }, (es_text){ "A\0c", 3 }));
    assert_true(es_name_same(nothing, text("")));
}

static void parts(void **state)
{
    es_text name = text("Package_for_KB4493471");

    (void)state;
    assert_true(es_name_begins(name, "package_FOR_"));
    assert_false(es_name_begins(name, "ackage"));
    assert_true(es_name_ends(name, "kb4493471"));
    assert_false(es_name_ends(name, "kb449347"));
    assert_true(es_name_holds(name, "_for_"));
    assert_false(es_name_holds(name, "_fort_"));
    assert_int_equal(es_name_find(name, "kb"), 12);
    assert_int_equal(es_name_find(name, "1"), name.size - 1);
    assert_int_equal(es_name_find(name, "KB4493472"), name.size);
    assert_int_equal(es_name_find(name, "package_for_kb44934711"), name.size);
    assert_int_equal(es_name_find(text("aaab"), "AAB"), 1);
}

static void empty_ones(void **state)
{
    (void)state;
    assert_true(es_name_begins(nothing, ""));
    assert_true(es_name_ends(nothing, ""));
    assert_true(es_name_holds(nothing, ""));
    assert_false(es_name_begins(nothing, "a"));
    assert_false(es_name_ends(nothing, "a"));
    assert_false(es_name_holds(nothing, "a"));
    assert_int_equal(es_name_find(nothing, "a"), 0);
    assert_int_equal(es_name_behind(nothing, 5).size, 0);
    assert_int_equal(es_name_behind(text("abc"), 5).size, 0);
    assert_true(es_name_is(es_name_behind(text("abc"), 1), "bc"));
}

static void base_names(void **state)
{
    (void)state;
    assert_true(es_name_is(es_name_base(text("C:\\Windows/System32\\ntdll.dll")), "ntdll.dll"));
    assert_true(es_name_is(es_name_base(text("ntdll.dll")), "ntdll.dll"));
    assert_int_equal(es_name_base(text("C:\\Windows\\")).size, 0);
    assert_int_equal(es_name_base(nothing).size, 0);
}

static void processors(void **state)
{
    (void)state;
    assert_string_equal(es_machine_name(ES_MACHINE_IA64), "ia64");
    assert_null(es_machine_name(0));
    assert_null(es_machine_name(0xffff));
    assert_int_equal(es_machine_of(text("AMD64")), ES_MACHINE_AMD64);
    assert_int_equal(es_machine_of(text("x86")), ES_MACHINE_I386);
    assert_int_equal(es_machine_of(text("arm")), ES_MACHINE_ARM);
    assert_int_equal(es_machine_of(text("ARM64")), ES_MACHINE_ARM64);
    assert_int_equal(es_machine_of(text("wow64")), 0);
    assert_int_equal(es_machine_of(nothing), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_letters_fold),
        cmocka_unit_test(parts),
        cmocka_unit_test(empty_ones),
        cmocka_unit_test(base_names),
        cmocka_unit_test(processors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
