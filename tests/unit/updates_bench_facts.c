/* SPDX-License-Identifier: Apache-2.0
 *
 * updates_bench_facts.c: facts as the other plugins emit them, made by hand.
 */
#include "updates_bench_inside.h"

static es_datum text(bench *on, const char *string)
{
    return string ? es_datum_text(bench_text(on, string)) : es_null();
}

/* A fact of the newest state; `names` and `fields` are `n` each, copied. */
static made *add(bench *on, const char *type, const char *const *names, const es_datum *fields,
                 uint32_t n, es_time time)
{
    made *one = &on->facts[on->n_facts];
    es_field *declared = es_arena_take(on->arena, n * sizeof *declared);

    assert_true(on->n_facts < FACTS_MAX);
    one->fields = es_arena_take(on->arena, n * sizeof *one->fields);
    assert_true(declared && one->fields);
    memcpy(one->fields, fields, n * sizeof *fields);
    for (uint32_t i = 0; i < n; i++)
        declared[i] = (es_field){ sizeof(es_field), fields[i].type, names[i], "" };
    one->kb = 0;
    one->view = (es_fact_view){
        .size = sizeof one->view, .n_fields = n, .reference = ++on->n_facts,
        .installation = &on->states[on->n_states - 1], .own = on->n_states == 1,
        .declared = declared, .fields = one->fields, .time = time, .type = es_text_of(type),
        .path = es_text_of(""), .key = es_text_of(""), .value = es_text_of(""),
    };
    return one;
}

#define ADD(on, type, time, names, fields) add(on, type, names, fields, ES_COUNT(fields), time)

void bench_state(bench *on, uint32_t role, const char *time)
{
    es_installation *state = &on->states[on->n_states];

    assert_true(on->n_states < STATES_MAX);
    *state = (es_installation){ .size = sizeof *state, .id = ++on->n_states, .machine = 1,
                                .role = role, .volume = 1, .snapshot = -1,
                                .machine_type = ES_MACHINE_AMD64, .state_time = bench_time(time),
                                .system_root = es_text_of("Windows") };
    on->kernel = NULL;
}

static void machine(bench *on, const char *kernel)
{
    bench_kernel(on, kernel);
    bench_registry(on, "CurrentVersion", "6.0");
    bench_registry(on, "CSDVersion", "Service Pack 2");
    bench_product(on, "ServerNT");
    bench_package(on, 0, "installed", NULL);
}

void bench_snapshot(bench *on, const char *time, const char *kernel)
{
    bench_state(on, ES_ROLE_SNAPSHOT, time);
    machine(on, kernel);
}

enum { P_IDENTITY, P_NAME, P_KB, P_ROLE, P_VERSION, P_STATE, P_BROKEN, P_CLIENT, P_USER, P_MUM, P_CAT };

void bench_package(bench *on, uint32_t kb, const char *state, const char *time)
{
    static const char *const names[] = { "identity", "name", "kb", "role", "version", "state",
                                         "broken", "client", "user", "mum", "cat" };
    char name[64];
    es_datum fields[11];

    (void)snprintf(name, sizeof name, kb ? "Package_for_KB%u" : "Foundation-Package", kb);
    fields[P_IDENTITY] = text(on, name);
    fields[P_NAME] = text(on, name);
    (void)snprintf(name, sizeof name, "KB%u", kb);
    fields[P_KB] = kb ? text(on, name) : es_null();
    fields[P_ROLE] = text(on, kb ? "update" : "foundation");
    fields[P_VERSION] = text(on, "6.0.1.1");
    fields[P_STATE] = text(on, state);
    fields[P_BROKEN] = es_datum_boolean(0);
    fields[P_CLIENT] = text(on, "WindowsUpdateAgent");
    fields[P_USER] = text(on, "S-1-5-18");
    fields[P_MUM] = es_datum_boolean(1);
    fields[P_CAT] = es_datum_boolean(1);
    on->package = ADD(on, "servicing.package", bench_time(time), names, fields);
    on->package->kb = kb;
}

void bench_version(bench *on, const char *version)
{
    on->package->fields[P_VERSION] = text(on, version);
}

void bench_files(bench *on, int mum, int cat)
{
    on->package->fields[P_MUM] = mum < 0 ? es_null() : es_datum_boolean(mum);
    on->package->fields[P_CAT] = cat < 0 ? es_null() : es_datum_boolean(cat);
}

void bench_broken(bench *on)
{
    on->package->fields[P_BROKEN] = es_datum_boolean(1);
}

void bench_kb(bench *on, const char *kb, const char *name)
{
    on->package->fields[P_KB] = text(on, kb);
    on->package->fields[P_NAME] = text(on, name);
}

void bench_browser(bench *on, const char *version)
{
    bench_package(on, 0, "installed", NULL);
    on->package->fields[P_NAME] = text(on, "Microsoft-Windows-InternetExplorer-Package");
    on->package->fields[P_VERSION] = text(on, version);
}

void bench_explorer(bench *on, const char *version)
{
    static const char *const names[] = { "version" };
    es_datum fields[] = { text(on, version) };

    ADD(on, "updates.browser", bench_time(NULL), names, fields);
}

void bench_framework(bench *on, const char *version, int service_pack)
{
    static const char *const names[] = { "version", "service_pack" };
    es_datum fields[] = { text(on, version), es_datum_integer(service_pack) };

    ADD(on, "updates.framework", bench_time(NULL), names, fields);
}

static const char *kb_word(bench *on, uint32_t kb)
{
    return es_arena_format(on->arena, "KB%u", kb);
}

void bench_patch(bench *on, uint32_t kb, const char *state, const char *day)
{
    static const char *const names[] = { "kb", "state", "display_name" };
    es_datum fields[] = { text(on, kb_word(on, kb)), text(on, state), text(on, "a patch") };
    es_time time = bench_time(day);

    if (day) { /* a date that is read is its end */
        time.ticks -= time.ticks % (INT64_C(86400) * ES_TICKS_PER_SECOND);
        time.precision = ES_TIME_DAY;
    }
    ADD(on, "updates.patch", time, names, fields)->kb = kb;
}

void bench_registration(bench *on, uint32_t kb, int installed)
{
    static const char *const names[] = { "kb", "installed", "list", "installed_by" };
    es_datum fields[] = { text(on, kb_word(on, kb)),
                          installed < 0 ? es_null() : es_datum_boolean(installed),
                          text(on, installed < 0 ? "Uninstall" : "Updates"),
                          text(on, "Administrator") };

    ADD(on, "updates.registration", bench_time(NULL), names, fields)->kb = kb;
}

void bench_orphan(bench *on, uint32_t kb)
{
    static const char *const names[] = { "identity", "kb", "mum", "cat" };
    es_datum fields[] = { text(on, "x"), text(on, kb_word(on, kb)), es_datum_boolean(1),
                          es_datum_boolean(1) };

    ADD(on, "servicing.file", bench_time(NULL), names, fields)->kb = kb;
}

void bench_kernel(bench *on, const char *version)
{
    static const char *const names[] = { "name", "role", "file_version", "machine" };
    es_datum fields[] = { text(on, "ntoskrnl.exe"), text(on, "kernel"), text(on, version),
                          text(on, "amd64") };

    if (on->kernel)
        on->kernel->fields[2] = fields[2];
    else
        on->kernel = ADD(on, "kernel.file", bench_time(NULL), names, fields);
}

void bench_no_kernel(bench *on)
{
    on->kernel->view.type = es_text_of("nothing");
}

void bench_architecture(bench *on, const char *word)
{
    on->kernel->fields[3] = text(on, word);
}

void bench_registry(bench *on, const char *name, const char *value)
{
    static const char *const names[] = { "hive", "name", "text", "wow64" };
    es_datum fields[] = { text(on, "SOFTWARE"), text(on, name), text(on, value),
                          es_datum_boolean(0) };

    ADD(on, "build.registry", bench_time(NULL), names, fields);
}

void bench_product(bench *on, const char *type)
{
    static const char *const names[] = { "product_type" };
    es_datum fields[] = { text(on, type) };

    ADD(on, "build.product", bench_time(NULL), names, fields);
}

void bench_pending(bench *on, const char *what, const char *identity, const char *time)
{
    static const char *const names[] = { "what", "identity" };
    es_datum fields[] = { text(on, what), text(on, identity) };

    ADD(on, "servicing.pending", bench_time(time), names, fields);
}

void bench_shutdown(bench *on, const char *time)
{
    static const char *const names[] = { "before" };
    es_datum fields[] = { es_null() };

    ADD(on, "build.shutdown", bench_time(time), names, fields);
}

void bench_list_cut(bench *on)
{
    static const char *const names[] = { "list" };
    es_datum fields[] = { text(on, "packages") };

    ADD(on, "servicing.unread", bench_time(NULL), names, fields);
}

void bench_set_up(bench *on, const char *time)
{
    static const char *const names[] = { "seconds" };
    es_datum fields[] = { es_null() };

    ADD(on, "build.installed", bench_time(time), names, fields);
}

void bench_boot(bench *on, const char *time)
{
    static const char *const names[] = { "kind" };
    es_datum fields[] = { text(on, "start") };

    ADD(on, "history.boot", bench_time(time), names, fields);
}

void bench_uptime(bench *on, const char *time, int64_t seconds)
{
    static const char *const names[] = { "kind", "uptime" };
    es_datum fields[] = { text(on, "uptime"), es_datum_integer(seconds) };

    ADD(on, "history.boot", bench_time(time), names, fields);
}

void bench_cleared(bench *on, const char *time)
{
    static const char *const names[] = { "log" };
    es_datum fields[] = { text(on, "System") };

    ADD(on, "history.cleared", bench_time(time), names, fields);
}

void bench_mark(bench *on, const char *mark, int owed)
{
    static const char *const names[] = { "mark", "owed" };
    es_datum fields[] = { text(on, mark), es_datum_boolean(owed) };

    ADD(on, "build.servicing_mark", bench_time(NULL), names, fields);
}

void bench_rename(bench *on, int names_kernel)
{
    static const char *const names[] = { "names_kernel" };
    es_datum fields[] = { es_datum_boolean(names_kernel) };

    ADD(on, "build.pending_rename", bench_time(NULL), names, fields);
}

void bench_no_packages(bench *on)
{
    for (uint32_t i = 0; i < on->n_facts; i++)
        if (es_text_equal(on->facts[i].view.type, es_text_of("servicing.package")))
            on->facts[i].view.type = es_text_of("nothing");
}

void bench_role(bench *on, uint32_t role)
{
    on->states[on->n_states - 1].role = role;
}

void bench_event(bench *on, uint32_t kb, const char *result, const char *time)
{
    static const char *const names[] = { "kb", "result" };
    es_datum fields[] = { text(on, kb_word(on, kb)), text(on, result) };

    ADD(on, "history.servicing", bench_time(time), names, fields);
}

void bench_manifest(bench *on, uint32_t kb, const char *component)
{
    static const char *const names[] = { "kb", "components" };
    es_text *texts = es_arena_take(on->arena, sizeof *texts);
    es_datum fields[2];

    assert_non_null(texts);
    texts[0] = bench_text(on, component);
    fields[0] = text(on, kb_word(on, kb));
    fields[1] = es_datum_texts(texts, 1);
    ADD(on, "servicing.manifest", bench_time(NULL), names, fields);
}

void bench_component(bench *on, const char *name, const char *architecture, const char *version,
                     const char *file_version)
{
    static const char *const names[] = { "component", "architecture", "version", "file_version" };
    es_datum fields[] = { text(on, name), text(on, architecture), text(on, version),
                          text(on, file_version) };

    ADD(on, "servicing.component", bench_time(NULL), names, fields);
}

bench *bench_new(const es_catalogue *catalogue)
{
    bench *on = bench_empty(catalogue);

    bench_state(on, ES_ROLE_CURRENT, NULL);
    machine(on, "6.0.6003.20512");
    return on;
}
