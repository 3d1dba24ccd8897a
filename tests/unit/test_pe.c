/* SPDX-License-Identifier: Apache-2.0
 *
 * test_pe.c: what a PE file says of itself, and PE files that lie.
 *
 * argv[1] is the folder of the fixtures; expected numbers are those of `objdump -p` and of the
 * resources they were compiled from. Signed real files come from ../shared/data where it is there:
 * their stored checksums were computed by Microsoft's tools.
 */
#include "windows/pe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static const char *fixtures = "fixtures";

typedef struct memory {
    uint8_t *data;
    uint64_t size;
    uint64_t bad_at;    /* 0: nowhere */
    es_status bad_status;
    uint64_t bytes_read;
} memory;

static es_status read_memory(void *context, uint64_t offset, void *buffer, uint64_t size,
                             bool *ret_damaged)
{
    memory *m = context;
    bool hit = m->bad_at && m->bad_at >= offset && m->bad_at - offset < size;

    assert_true(offset <= m->size && size <= m->size - offset);
    memcpy(buffer, m->data + offset, size);
    m->bytes_read += size;
    *ret_damaged = hit && m->bad_status == ES_OK;
    return hit ? m->bad_status : ES_OK;
}

static bool load_path(const char *path, memory *m)
{
    FILE *file = fopen(path, "rb");

    *m = (memory){ 0 };
    if (!file)
        return false;
    m->data = malloc(1u << 20);
    assert_non_null(m->data);
    m->size = fread(m->data, 1, 1u << 20, file);
    fclose(file);
    return true;
}

static memory load(const char *name)
{
    char path[1024];
    memory m;

    snprintf(path, sizeof path, "%s/pe/%s", fixtures, name);
    if (!load_path(path, &m))
        fail_msg("%s is missing", path);
    return m;
}

static es_status read_pe(memory *m, uint32_t flags, es_pe *pe)
{
    es_pe_input input = { m->size, read_memory, m };

    m->bytes_read = 0;
    return es_pe_read(&input, flags, pe);
}

static void check_version(const char *name, uint16_t machine, bool plus, uint16_t build,
                          uint16_t revision, const char *string, const char *original)
{
    memory m = load(name);
    es_pe pe;

    assert_int_equal(read_pe(&m, 0, &pe), ES_OK);
    assert_true(m.bytes_read < 4096);
    assert_false(pe.checksum_read);
    assert_int_equal(read_pe(&m, ES_PE_WITH_CHECKSUM, &pe), ES_OK);
    assert_string_equal(pe.problem, "");
    assert_int_equal(pe.machine, machine);
    assert_int_equal(pe.pe32_plus, plus);
    assert_true(pe.has_version);
    assert_int_equal(pe.file_version[0], 6);
    assert_int_equal(pe.file_version[1], 0);
    assert_int_equal(pe.file_version[2], build);
    assert_int_equal(pe.file_version[3], revision);
    assert_memory_equal(pe.product_version, pe.file_version, sizeof pe.file_version);
    assert_true(pe.n_strings >= 1);
    assert_string_equal(pe.strings[0].file_version, string);
    assert_string_equal(pe.strings[0].original_filename, original);
    assert_string_equal(pe.strings[0].company_name, "Microsoft Corporation");
    assert_true(pe.checksum_read);
    assert_int_equal(pe.checksum_computed, pe.checksum_stored);
    assert_true(pe.has_pdb);
    assert_false(pe.damaged);
    assert_int_equal(pe.certificate_offset, 0);
    /* The place is that of VS_VERSIONINFO: wLength, wValueLength 52, binary, its key. */
    assert_memory_equal(m.data + pe.version_offset + 2, "\x34\0\0\0V\0S\0_\0", 10);
    free(m.data);
}

static void test_kernels(void **state)
{
    memory m;
    es_pe pe;

    (void)state;
    check_version("ntoskrnl-amd64-6003.exe", ES_MACHINE_AMD64, true, 6003, 20489,
                  "6.0.6003.20489 (vistasp2_ldr_escrow.190320-1700)", "ntkrnlmp.exe");
    check_version("ntkrnlpa-x86-6002.exe", ES_MACHINE_I386, false, 6002, 18005,
                  "6.0.6002.18005 (lh_sp2rtm.090410-1830)", "ntkrnlpa.exe");
    check_version("ntoskrnl-ia64-6003.exe", ES_MACHINE_IA64, true, 6003, 20489,
                  "6.0.6003.20489 (vistasp2_ldr_escrow.190320-1700)", "ntkrnlmp.exe");
    m = load("ntoskrnl-amd64-6003.exe");
    assert_int_equal(read_pe(&m, 0, &pe), ES_OK);
    assert_int_equal(pe.timestamp, 0x5c92b1a7);
    assert_int_equal(pe.checksum_stored, 0x2d2d);
    assert_string_equal(pe.pdb_id, "A60C8F7E2D795202BA9CC90B0D41227A1");
    assert_string_equal(pe.pdb_name, "ntkrnlmp.pdb");
    assert_int_equal(pe.flags, 0);
    free(m.data);
    m = load("checked-build.exe");
    assert_int_equal(read_pe(&m, 0, &pe), ES_OK);
    assert_int_equal(pe.flags & 1, 1);
    free(m.data);
}

static void test_languages(void **state)
{
    memory m = load("two-languages.dll");
    es_pe pe;

    (void)state;
    assert_int_equal(read_pe(&m, 0, &pe), ES_OK);
    assert_int_equal(pe.n_strings, 2);
    assert_string_equal(pe.strings[0].language, "040904B0");
    assert_string_equal(pe.strings[1].language, "040704B0");
    assert_string_equal(pe.strings[0].file_version, pe.strings[1].file_version);
    free(m.data);
    m = load("languages-differ.dll");
    assert_int_equal(read_pe(&m, 0, &pe), ES_OK);
    assert_int_equal(pe.n_strings, 2);
    assert_string_not_equal(pe.strings[0].file_version, pe.strings[1].file_version);
    free(m.data);
}

static void check_problem(const char *name, bool has_version, const char *problem)
{
    memory m = load(name);
    es_pe pe;

    assert_int_equal(read_pe(&m, ES_PE_WITH_CHECKSUM, &pe), ES_OK);
    assert_int_equal(pe.has_version, has_version);
    if (!strstr(pe.problem, problem) || (!*problem && *pe.problem))
        fail_msg("%s: \"%s\" does not say \"%s\"", name, pe.problem, problem);
    free(m.data);
}

static void test_broken_parts(void **state)
{
    (void)state;
    check_problem("looped-resources.dll", false, "version resource is broken");
    check_problem("resource-outside.dll", false, "version resource is broken");
    check_problem("zero-length-strings.dll", true, "version strings are broken");
    check_problem("truncated.exe", false, "ends before its sections");
    check_problem("no-version.sys", false, "");
    check_problem("no-codeview.sys", true, "");
}

static void check_status(const char *name, es_status expected)
{
    memory m = load(name);
    es_pe pe;

    assert_int_equal(read_pe(&m, 0, &pe), expected);
    free(m.data);
}

static void test_not_pe(void **state)
{
    (void)state;
    check_status("empty.exe", ES_UNSUPPORTED);
    check_status("not-a-pe.exe", ES_UNSUPPORTED);
    check_status("header-past-end.exe", ES_CORRUPT);
    check_status("truncated-in-headers.exe", ES_CORRUPT);
}

static void test_checksum(void **state)
{
    memory m = load("bad-checksum.exe");
    es_pe pe;

    (void)state;
    assert_int_equal(read_pe(&m, ES_PE_WITH_CHECKSUM, &pe), ES_OK);
    assert_int_not_equal(pe.checksum_computed, pe.checksum_stored);
    free(m.data);
    m = load("ntoskrnl-amd64-6003.exe"); /* an odd byte at the end counts as a word */
    m.data[m.size] = 0x31;
    m.size++;
    assert_int_equal(read_pe(&m, ES_PE_WITH_CHECKSUM, &pe), ES_OK);
    assert_int_equal(pe.checksum_computed, pe.checksum_stored + 0x31 + 1);
    free(m.data);
}

static void test_damage(void **state)
{
    memory m = load("ntoskrnl-amd64-6003.exe");
    uint64_t version_at;
    es_pe pe;

    (void)state;
    assert_int_equal(read_pe(&m, 0, &pe), ES_OK);
    version_at = pe.version_offset;
    m.bad_at = version_at + 8;
    assert_int_equal(read_pe(&m, 0, &pe), ES_OK);
    assert_true(pe.damaged && pe.has_version);
    m.bad_status = ES_CORRUPT; /* the evidence cannot give the bytes at all */
    assert_int_equal(read_pe(&m, 0, &pe), ES_OK);
    assert_true(pe.damaged && !pe.has_version);
    m.bad_status = ES_IO; /* we cannot */
    assert_int_equal(read_pe(&m, 0, &pe), ES_IO);
    m.bad_status = ES_OK;
    m.bad_at = 0x41; /* in the stub: nothing read rests on it, but the checksum does */
    assert_int_equal(read_pe(&m, 0, &pe), ES_OK);
    assert_false(pe.damaged);
    assert_int_equal(read_pe(&m, ES_PE_WITH_CHECKSUM, &pe), ES_OK);
    assert_true(pe.damaged);
    free(m.data);
}

/* The older kind of debug record, as compilers before 2002 wrote it. */
static void test_nb10(void **state)
{
    memory m = load("ntoskrnl-amd64-6003.exe");
    uint64_t at = 0;
    es_pe pe;

    (void)state;
    while (at + 24 < m.size && memcmp(m.data + at, "RSDS", 4) != 0)
        at++;
    memcpy(m.data + at, "NB10\0\0\0\0\x78\x56\x34\x12\x0a\0\0\0old.pdb", 24);
    assert_int_equal(read_pe(&m, 0, &pe), ES_OK);
    assert_true(pe.has_pdb);
    assert_string_equal(pe.pdb_id, "12345678A");
    assert_string_equal(pe.pdb_name, "old.pdb");
    free(m.data);
}

static void test_real_files(void **state)
{
    static const struct {
        const char *name;
        uint32_t checksum;
        uint64_t certificate_at, certificate_size;
    } files[] = {
        { "signed-x64.exe", 0xc214, 0x2e00, 0x598 },
        { "signed-x86.exe", 0x3990, 0x2a00, 0x598 },
        { "signed-nested-x86.exe", 0x538d, 0x2c00, 0xb38 },
    };
    char path[1024];
    memory m;
    es_pe pe;

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/../../shared/data/pe/%s", fixtures, files[i].name);
        if (!load_path(path, &m))
            skip();
        assert_int_equal(read_pe(&m, ES_PE_WITH_CHECKSUM, &pe), ES_OK);
        assert_int_equal(pe.checksum_stored, files[i].checksum);
        assert_int_equal(pe.checksum_computed, files[i].checksum);
        assert_int_equal(pe.certificate_offset, files[i].certificate_at);
        assert_int_equal(pe.certificate_length, files[i].certificate_size);
        assert_false(pe.has_version);
        free(m.data);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels),      cmocka_unit_test(test_languages),
        cmocka_unit_test(test_broken_parts), cmocka_unit_test(test_not_pe),
        cmocka_unit_test(test_checksum),     cmocka_unit_test(test_damage),
        cmocka_unit_test(test_nb10),         cmocka_unit_test(test_real_files),
    };

    if (argc > 1)
        fixtures = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
