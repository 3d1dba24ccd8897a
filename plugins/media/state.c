/* SPDX-License-Identifier: Apache-2.0
 *
 * state.c: what one artefact of a state tells about the next.
 *
 * A shortcut to a USB hard disk says "fixed disk", a folder view says "E:": that these are
 * removable stands elsewhere, in what was examined before.
 */
#include "media.h"

#include <stdlib.h>

/* Far more than a machine has; what is over is not remembered, and the state says so. */
#define KNOWN_MAX 4096u
#define LINKS_MAX 16384u

es_status media_begin(const es_host *host, const es_installation *installation, void **ret_state)
{
    (void)host, (void)installation;
    *ret_state = calloc(1, sizeof(media_state));
    return *ret_state ? ES_OK : ES_NOMEM;
}

static void forget(media_link *link)
{
    free(link->user);
    free(link->name);
    free(link->path);
    free(link->label);
}

void media_end(void *state, const es_host *host)
{
    media_state *all = state;

    (void)host;
    if (!all)
        return;
    for (uint32_t i = 0; i < all->n_links; i++)
        forget(&all->links[i]);
    free(all->links);
    free(all->serials);
    free(all->guids);
    free(all);
}

/* Room for one more: a list doubles when its number is a power of two. */
static es_status room(media_state *state, void **list, uint32_t n, size_t size, uint32_t maximum)
{
    void *grown;

    if (n >= maximum) {
        state->full = 1;
        return ES_LIMIT;
    }
    if (n && (n & (n - 1)))
        return ES_OK;
    grown = calloc(n ? 2 * (size_t)n : 1, size);
    if (!grown)
        return ES_NOMEM;
    if (n)
        memcpy(grown, *list, n * size);
    free(*list);
    *list = grown;
    return ES_OK;
}

es_status media_know_serial(media_state *state, uint32_t serial)
{
    void *list = state->serials;
    es_status status;

    if (media_serial_known(state, serial))
        return ES_OK;
    status = room(state, &list, state->n_serials, sizeof *state->serials, KNOWN_MAX);
    state->serials = list;
    if (status == ES_OK)
        state->serials[state->n_serials++] = serial;
    return status < 0 ? status : ES_OK;
}

int media_serial_known(const media_state *state, uint32_t serial)
{
    for (uint32_t i = 0; i < state->n_serials; i++)
        if (state->serials[i] == serial)
            return 1;
    return 0;
}

es_status media_know_guid(media_state *state, es_text guid)
{
    void *list = state->guids;
    es_status status;

    if (guid.size != 38 || media_guid_known(state, guid))
        return ES_OK;
    status = room(state, &list, state->n_guids, sizeof *state->guids, KNOWN_MAX);
    state->guids = list;
    if (status == ES_OK)
        memcpy(state->guids[state->n_guids++], guid.data, 38);
    return status < 0 ? status : ES_OK;
}

int media_guid_known(const media_state *state, es_text guid)
{
    for (uint32_t i = 0; i < state->n_guids; i++)
        if (es_name_same(guid, (es_text){ state->guids[i], 38 }))
            return 1;
    return 0;
}

/* 0 to 25 for "A:" to "Z:"; -1 for what is none. */
static int letter_of(es_text mount)
{
    char c = mount.size == 2 && mount.data[1] == ':' ? mount.data[0] : '\0';

    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

void media_know_letter(media_state *state, es_text mount)
{
    if (letter_of(mount) >= 0)
        state->letters[letter_of(mount)] = 1;
}

int media_letter_known(const media_state *state, es_text mount)
{
    return letter_of(mount) >= 0 && state->letters[letter_of(mount)];
}

static char *copy(es_text text)
{
    char *made = malloc((size_t)text.size + 1);

    if (!made)
        return NULL;
    if (text.size)
        memcpy(made, text.data, (size_t)text.size);
    made[text.size] = '\0';
    return made;
}

es_status media_know_link(media_state *state, const es_text texts[4], es_text mount,
                          uint32_t serial)
{
    void *list = state->links;
    media_link made = { copy(texts[0]), copy(texts[1]), copy(texts[2]), copy(texts[3]), "",
                        serial };
    es_status status = made.user && made.name && made.path && made.label ? ES_OK : ES_NOMEM;

    if (mount.size == 2)
        memcpy(made.mount, mount.data, 2);
    if (status == ES_OK)
        status = room(state, &list, state->n_links, sizeof *state->links, LINKS_MAX);
    state->links = list;
    if (status == ES_OK)
        state->links[state->n_links++] = made;
    else
        forget(&made);
    return status < 0 ? status : ES_OK;
}

const media_link *media_link_of(const media_state *state, es_text user, es_text name)
{
    for (uint32_t i = 0; i < state->n_links; i++)
        if (es_name_same(es_text_of(state->links[i].name), name) &&
            es_name_same(es_text_of(state->links[i].user), user))
            return &state->links[i];
    return NULL;
}
