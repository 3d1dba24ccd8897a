/* SPDX-License-Identifier: Apache-2.0
 *
 * names.c: the names of kernel and boot files.
 */
#include "build.h"

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
        if (es_name_is(base_name, names[i]))
            return 1;
    return 0;
}

/* The root of a volume: "C:", "HarddiskVolume1", or nothing. */
static int is_root(es_text folder)
{
    es_text name = es_name_base(folder);
    es_text start = { name.data, name.size < 14 ? name.size : 14 };

    return name.size == 0 || name.data[name.size - 1] == ':' ||
           es_name_is(start, "harddiskvolume");
}

/* Does the path lead to a place that Windows is started from? A copy of a kernel in somebody's
 * temporary folder is no boot file. */
int build_path_names_boot_file(es_text path)
{
    static const char *const in_root[] = { "bootmgr", "ntldr", "ntdetect.com", "ia64ldr.efi" };
    es_text name = es_name_base(path);
    es_text folder = { path.data, path.size - name.size };
    es_text folder_name;

    if (!build_names_boot_file(name))
        return 0;
    if (folder.size)
        folder.size--;
    folder_name = es_name_base(folder);
    if (es_name_is(folder_name, "system32") || es_name_is(folder_name, "boot"))
        return 1;
    for (uint32_t i = 0; i < ES_COUNT(in_root); i++)
        if (es_name_is(name, in_root[i]) && is_root(folder))
            return 1;
    return 0;
}
