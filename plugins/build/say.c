/* SPDX-License-Identifier: Apache-2.0
 *
 * say.c: sentences and names.
 *
 * Evidence enters a sentence as text of bounded length; the reports escape what is not printable.
 */
#include "build.h"

#include <stdio.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int build_text_same(es_text a, es_text b)
{
    if (a.size != b.size)
        return 0;
    for (uint64_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return 0;
    return 1;
}

int build_text_is(es_text text, const char *lower_case)
{
    return build_text_same(text, es_text_of(lower_case));
}

static int is_separator(char c)
{
    return c == '\\' || c == '/';
}

es_text build_base_name(es_text path)
{
    uint64_t at = path.size;
    es_text name;

    while (at && !is_separator(path.data[at - 1]))
        at--;
    name.data = path.size ? path.data + at : "";
    name.size = path.size - at;
    return name;
}

/* The files between power-on and the first user process whose versions tell the build, and the
 * names that kernels and HALs carry in their packages. */
int build_names_boot_file(es_text base_name)
{
    static const char *const names[] = {
        "ntoskrnl.exe",  "ntkrnlpa.exe",  "ntkrnlmp.exe",  "ntkrpamp.exe", "hal.dll",
        "halacpi.dll",   "halmacpi.dll",  "winload.exe",   "winload.efi",  "winresume.exe",
        "winresume.efi", "bootmgr",       "bootmgr.efi",   "bootmgfw.efi", "bootx64.efi",
        "bootia64.efi",  "ci.dll",        "kdcom.dll",     "pshed.dll",    "clfs.sys",
        "bootvid.dll",   "mcupdate_genuineintel.dll",      "mcupdate_authenticamd.dll",
        "ntldr",         "osloader.exe",  "ia64ldr.efi",   "ntdetect.com",
    };

    for (uint32_t i = 0; i < ES_COUNT(names); i++)
        if (build_text_is(base_name, names[i]))
            return 1;
    return 0;
}

/* The root of a volume: "C:", "HarddiskVolume1", or nothing. */
static int is_root(es_text folder)
{
    es_text name = build_base_name(folder);
    es_text start = { name.data, name.size < 14 ? name.size : 14 };

    return name.size == 0 || name.data[name.size - 1] == ':' ||
           build_text_is(start, "harddiskvolume");
}

/* Does the path lead to a place that Windows is started from? A copy of a kernel in somebody's
 * temporary folder is no boot file. */
int build_path_names_boot_file(es_text path)
{
    static const char *const in_root[] = { "bootmgr", "ntldr", "ntdetect.com", "ia64ldr.efi" };
    es_text name = build_base_name(path);
    es_text folder = { path.data, path.size - name.size };
    es_text folder_name;

    if (!build_names_boot_file(name))
        return 0;
    if (folder.size)
        folder.size--;
    folder_name = build_base_name(folder);
    if (build_text_is(folder_name, "system32") || build_text_is(folder_name, "boot"))
        return 1;
    for (uint32_t i = 0; i < ES_COUNT(in_root); i++)
        if (build_text_is(name, in_root[i]) && is_root(folder))
            return 1;
    return 0;
}
