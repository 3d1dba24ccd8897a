/* SPDX-License-Identifier: Apache-2.0
 *
 * names.c: devices as the registry spells them.
 *
 * The same stick is "USBSTOR\Disk&Ven_SanDisk&Prod_Cruzer&Rev_8.02\200435…&0" below Enum,
 * "_??_USBSTOR#Disk&Ven_…#200435…&0#{53f56307-…}" in MountedDevices, "##?#USBSTOR#…" below
 * DeviceClasses, and in capitals elsewhere.
 */
#include "media.h"

static es_text behind(es_text text, uint64_t at)
{
    return at < text.size ? (es_text){ text.data + at, text.size - at } : (es_text){ "", 0 };
}

/* Cut off what stands before a character, and the character. */
static es_text cut(es_text *text, char at)
{
    es_text part = { text->data, 0 };

    while (part.size < text->size && text->data[part.size] != at)
        part.size++;
    *text = behind(*text, part.size + 1);
    return part;
}

/* "Ven_SanDisk" of "Disk&Ven_SanDisk&Prod_…", without its prefix. */
static es_text member(es_text text, const char *prefix)
{
    uint64_t at = es_name_find(text, prefix);
    es_text rest = behind(text, at + es_text_of(prefix).size);

    return at < text.size ? cut(&rest, '&') : (es_text){ "", 0 };
}

int media_class_parse(es_text text, media_name *ret)
{
    ret->vendor = member(text, "ven_");
    ret->product = member(text, "prod_");
    ret->revision = member(text, "rev_");
    return ret->vendor.size || ret->product.size;
}

int media_guid(es_text text, es_text *ret)
{
    for (uint64_t i = 0; text.size >= 38 && i <= text.size - 38; i++) {
        if (text.data[i] == '{' && text.data[i + 37] == '}') {
            *ret = (es_text){ text.data + i, 38 };
            return 1;
        }
    }
    return 0;
}

int media_name_parse(es_text text, media_name *ret)
{
    uint64_t at = es_name_find(text, "usbstor#");
    es_text rest = behind(text, at + 8), class_name, guid;

    if (at >= text.size)
        return 0;
    class_name = cut(&rest, '#');
    media_class_parse(class_name, ret);
    ret->instance = cut(&rest, '#');
    ret->tail = media_guid(rest, &guid) ? behind(rest, (uint64_t)(guid.data - rest.data) + 38)
                                        : (es_text){ "", 0 };
    return ret->instance.size != 0;
}

es_text media_serial(es_text instance)
{
    if (!media_own_serial(instance))
        return instance;
    for (uint64_t i = instance.size; i-- > 0;)
        if (instance.data[i] == '&')
            return (es_text){ instance.data, i };
    return instance;
}

int media_own_serial(es_text instance)
{
    return instance.size < 2 || instance.data[1] != '&';
}
