/* SPDX-License-Identifier: Apache-2.0
 *
 * test_source_virtual.c: VMDK, VHD, VHDX and QCOW2 give the bytes they were made from; deltas find
 * their parents or are refused.
 */
#include "source_fixture.h"

static void reads_every_kind(void **state)
{
    static const struct {
        const char *command, *name, *format;
    } kinds[] = {
        { "-O vmdk -o subformat=monolithicSparse", "sparse.vmdk", "VMDK" },
        { "-O vmdk -o subformat=monolithicFlat", "flat.vmdk", "VMDK" },
        { "-O vmdk -o subformat=twoGbMaxExtentSparse", "two.vmdk", "VMDK" },
        { "-O vmdk -o subformat=twoGbMaxExtentFlat", "twoflat.vmdk", "VMDK" },
        { "-O vmdk -o subformat=streamOptimized", "stream.vmdk", "VMDK" },
        { "-O vpc -o force_size=on", "dynamic.vhd", "VHD" },
        { "-O vpc -o subformat=fixed,force_size=on", "fixed.vhd", "VHD" },
        { "-O vhdx", "dynamic.vhdx", "VHDX" },
        { "-O vhdx -o subformat=fixed", "fixed.vhdx", "VHDX" },
        { "-O qcow2", "three.qcow2", "QCOW2" },
        { "-O qcow2 -o compat=0.10", "two.qcow2", "QCOW2" },
        { "-c -O qcow2", "packed.qcow2", "QCOW2" },
    };

    (void)state;
    need_qemu();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char command[512];
        opened *o;

        snprintf(command, sizeof command, "qemu-img convert %s image.raw %s", kinds[i].command,
                 kinds[i].name);
        if (run_in_folder(command) != 0) {
            print_message("qemu-img does not write %s\n", kinds[i].name);
            continue;
        }
        o = open_image(kinds[i].name);
        check_opens(o, kinds[i].format);
        assert_int_equal(es_source_size(o->source), IMAGE_SIZE);
        check_bytes(o->source, image, IMAGE_SIZE);
        shut(o);
    }
}

static void names_no_path(void **state)
{
    opened *o;

    (void)state;
    need_qemu();
    assert_int_equal(run_in_folder("qemu-img convert -O vmdk -o subformat=monolithicFlat image.raw "
                                   "far.vmdk && sed -i 's,far-flat,/etc/far-flat,' far.vmdk"), 0);
    o = open_image("far.vmdk"); /* the bare name is beside it */
    check_opens(o, "VMDK");
    check_bytes(o->source, image, IMAGE_SIZE);
    shut(o);
    assert_int_equal(run_in_folder("sed -i 's,/etc/far-flat.vmdk,../../etc/passwd,' far.vmdk"), 0);
    check_refused(open_image("far.vmdk"), ES_UNSUPPORTED, "passwd");
    check_refused(open_image("two-s001.vmdk"), ES_UNSUPPORTED, "descriptor");
}

static void delta_vmdk(void **state)
{
    uint8_t *expected;
    size_t size;
    opened *o;

    (void)state;
    need_qemu();
    if (run_in_folder("qemu-img convert -O vmdk image.raw base.vmdk && "
                      "qemu-img create -f vmdk -b base.vmdk -F vmdk delta.vmdk && "
                      "qemu-io -f vmdk -c 'write -P 0x41 70000 100000' delta.vmdk && "
                      "qemu-img convert -O raw delta.vmdk delta.raw") != 0)
        skip();
    expected = read_all("delta.raw", &size);
    o = open_image("delta.vmdk");
    check_opens(o, "VMDK");
    check_bytes(o->source, expected, size);
    shut(o);
    free(expected);
    /* The parent was written to since: another CID, of whatever length qemu-img gave it. */
    assert_int_equal(run_in_folder("sed -i '/^CID=/{s/=[0-7]/=9/;t;s/=./=1/}' base.vmdk"), 0);
    check_refused(open_image("delta.vmdk"), ES_UNSUPPORTED, "CID");
    assert_int_equal(run_in_folder("rm base.vmdk"), 0);
    check_refused(open_image("delta.vmdk"), ES_UNSUPPORTED, "not beside it");
}

static void refuses_qcow2_of_other_kinds(void **state)
{
    (void)state;
    need_qemu();
    if (run_in_folder("qemu-img convert -O qcow2 image.raw back.qcow2 && "
                      "qemu-img create -f qcow2 -b back.qcow2 -F qcow2 over.qcow2") == 0)
        check_refused(open_image("over.qcow2"), ES_UNSUPPORTED, "backing file");
    if (run_in_folder("qemu-img create -f qcow2 --object secret,id=s,data=abc "
                      "-o encrypt.format=luks,encrypt.key-secret=s luks.qcow2 8M") == 0)
        check_refused(open_image("luks.qcow2"), ES_UNSUPPORTED, "encrypted");
    if (run_in_folder("qemu-img create -f qcow2 -o extended_l2=on l2.qcow2 8M") == 0)
        check_refused(open_image("l2.qcow2"), ES_UNSUPPORTED, "extended");
    if (run_in_folder("qemu-img create -f qcow2 -o data_file=data.bin file.qcow2 8M") == 0)
        check_refused(open_image("file.qcow2"), ES_UNSUPPORTED, "another file");
    if (run_in_folder("qemu-img convert -c -o compression_type=zstd -O qcow2 image.raw z.qcow2") ==
        0)
        check_refused(open_image("z.qcow2"), ES_UNSUPPORTED, "zlib");
}

/* A container cut short opens with what is there, or is refused: never read as something else. */
static void survives_cuts(void **state)
{
    static const char *const names[] = { "sparse.vmdk", "stream.vmdk", "dynamic.vhd", "fixed.vhdx",
                                         "dynamic.vhdx", "three.qcow2", "packed.qcow2" };
    uint8_t *buffer = malloc(IMAGE_SIZE);

    (void)state;
    need_qemu();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size;
        uint8_t *data;

        if (access(path_of(names[i]), R_OK) != 0)
            continue;
        data = read_all(names[i], &size);
        for (unsigned eighth = 1; eighth < 8; eighth++) {
            bool damaged = false;
            opened *o;

            write_file("cut", data, size / 8 * eighth);
            o = open_image("cut");
            if (o->status != ES_OK) {
                assert_true(o->status > 0 && o->note.text[0]);
            } else {
                assert_int_equal(es_source_read(o->source, 0, buffer, IMAGE_SIZE, &damaged),
                                 ES_OK);
                assert_true(damaged || memcmp(buffer, image, IMAGE_SIZE) == 0);
            }
            shut(o);
        }
        free(data);
    }
    free(buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind),
        cmocka_unit_test(names_no_path),
        cmocka_unit_test(delta_vmdk),
        cmocka_unit_test(refuses_qcow2_of_other_kinds),
        cmocka_unit_test(survives_cuts),
    };

    return cmocka_run_group_tests(tests, make_fixtures, remove_fixtures);
}
