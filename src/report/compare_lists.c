// SPDX-License-Identifier: Apache-2.0
//
// Lists of what a server accepts, old and new. What is in one of them alone appeared or vanished, if the
// other was whole where it would stand; else that is not known.
#include <string.h>

#include "report/compare.h"

static const char *const versions[] = {"SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const json_t *list_of(const struct comparison *comparison, enum side side, const char *name)
{
    return json_object_get(comparison->scene[side].endpoint, name);
}

// --- versions ------------------------------------------------------------------------------------

static struct known version_of(const struct comparison *comparison, enum side side, const char *version)
{
    const json_t *row = list_find(list_of(comparison, side, "versions"), "version", version);
    return known_verdict(row);
}

static void compare_versions(struct comparison *comparison)
{
    for (size_t i = 0; i < COUNT(versions); i++) {
        const struct known known[] = {version_of(comparison, OLD, versions[i]),
                                      version_of(comparison, NEW, versions[i])};
        bool modern = strcmp(versions[i], "TLSv1.2") == 0 || strcmp(versions[i], "TLSv1.3") == 0;
        compare_known(comparison, "versions", versions[i], known, effect_of(known, modern ? "yes" : "no"));
    }
}

// What a version that came or went brought or took along is told by the version.
static bool both_have(const struct comparison *comparison, const char *version)
{
    const struct known was = version_of(comparison, OLD, version), is = version_of(comparison, NEW, version);
    return was.text != NULL && is.text != NULL && strcmp(was.text, "yes") == 0 && strcmp(is.text, "yes") == 0;
}

// --- lists ---------------------------------------------------------------------------------------

struct list {
    const char *aspect, *subject;
    bool by_version;                          // each row is of one version, named by `version`
    enum effect (*effect)(const json_t *row); // of its appearing
};

static bool wants(const void *rule, const char *version) { return strcmp(rule, version) == 0; }

static void rows_of(const struct comparison *comparison, enum side side, const struct list *list, const char *version,
                    struct rows *out)
{
    struct query query = {.scene = &comparison->scene[side],
                          .subject = subject_find(list->subject, strlen(list->subject)),
                          .wants = wants,
                          .rule = version};
    *out = (struct rows){0};
    query.subject->rows(&query, out);
}

static bool is_of(const struct list *list, const struct row *row, const char *version)
{
    const json_t *all = json_object_get(row->json, "versions");
    if (list->by_version)
        return member_is(row->json, "version", version);
    for (size_t i = 0; i < json_array_size(all) && i < 16; i++) {
        const char *one = json_string_value(json_array_get(all, i));
        if (one != NULL && strcmp(one, version) == 0)
            return true;
    }
    return false;
}

static const struct row *find(const struct list *list, const struct rows *rows, const char *version, const char *name)
{
    for (size_t i = 0; i < rows->count; i++)
        if (is_of(list, &rows->row[i], version) && member_is(rows->row[i].json, "name", name))
            return &rows->row[i];
    return NULL;
}

// Rows that one side has and the other does not.
static void compare_side(struct comparison *comparison, const struct list *list, const char *version,
                         const struct rows rows[2], enum side side)
{
    enum side other = side == OLD ? NEW : OLD;
    for (size_t i = 0; i < rows[side].count; i++) {
        const struct row *row = &rows[side].row[i];
        const char *name = member_text(row->json, "name");
        if (name == NULL || !is_of(list, row, version) || find(list, &rows[other], version, name) != NULL)
            continue;
        const char *id = arena_text(comparison->scratch, "%s %s", name, version);
        enum effect effect = list->effect(row->json);
        if (!row->certain)
            compare_open(comparison, list->aspect, id, side, "the server takes any list");
        else if (!rows[other].whole)
            compare_open(comparison, list->aspect, id, other, rows[other].reason);
        else if (side == NEW)
            compare_change(comparison, list->aspect, id, NULL, name, effect);
        else
            compare_change(comparison, list->aspect, id, name, NULL,
                           effect == EFFECT_WORSE    ? EFFECT_BETTER
                           : effect == EFFECT_BETTER ? EFFECT_WORSE
                                                     : EFFECT_NONE);
    }
}

static void compare_list(struct comparison *comparison, const struct list *list, const char *version)
{
    struct rows rows[2];
    rows_of(comparison, OLD, list, version, &rows[OLD]);
    rows_of(comparison, NEW, list, version, &rows[NEW]);
    compare_side(comparison, list, version, rows, OLD);
    compare_side(comparison, list, version, rows, NEW);
}

// --- what is good of them ------------------------------------------------------------------------

static enum effect effect_of_suite(const json_t *row)
{
    const json_t *bits = json_object_get(row, "strength_bits"), *secret = json_object_get(row, "forward_secrecy");
    bool weak = json_integer_value(bits) < 128 || json_is_true(json_object_get(row, "export")) ||
                member_is(row, "authentication", "anon") || json_is_false(secret);
    return json_is_integer(bits) && weak ? EFFECT_WORSE : EFFECT_NONE;
}

static enum effect effect_of_group(const json_t *row)
{
    const json_t *bits = json_object_get(row, "strength_bits");
    if (json_is_true(json_object_get(row, "post_quantum")))
        return EFFECT_BETTER;
    return json_is_integer(bits) && json_integer_value(bits) < 112 ? EFFECT_WORSE : EFFECT_NONE;
}

static enum effect effect_of_scheme(const json_t *row)
{
    return member_is(row, "hash", "SHA1") || member_is(row, "hash", "MD5") ? EFFECT_WORSE : EFFECT_NONE;
}

// --- who chooses ---------------------------------------------------------------------------------

static struct known preference_of(const struct comparison *comparison, enum side side, const char *name,
                                  const char *version)
{
    const json_t *row = list_find(list_of(comparison, side, name), "version", version);
    return known_verdict(row);
}

static void compare_preference(struct comparison *comparison, const char *name, const char *version)
{
    const struct known known[] = {preference_of(comparison, OLD, name, version),
                                  preference_of(comparison, NEW, name, version)};
    compare_known(comparison, "order", arena_text(comparison->scratch, "%s %s", name, version), known, EFFECT_NONE);
}

// The suites that both have, in the order of one.
static const char *common_order(const struct comparison *comparison, enum side side, const struct list *list,
                                const char *version)
{
    struct rows rows, others;
    struct builder text = builder_in(comparison->scratch);
    rows_of(comparison, side, list, version, &rows);
    rows_of(comparison, side == OLD ? NEW : OLD, list, version, &others);
    for (size_t place = 1; place <= rows.count; place++)
        for (size_t i = 0; i < rows.count; i++) {
            const json_t *row = rows.row[i].json;
            const char *name = member_text(row, "name");
            if (!is_of(list, &rows.row[i], version) || name == NULL ||
                json_integer_value(json_object_get(row, "order")) != (json_int_t)place ||
                find(list, &others, version, name) == NULL)
                continue;
            if (text.size != 0)
                builder_add(&text, bytes_of_text(", "));
            builder_add(&text, bytes_of_text(name));
        }
    return text.size == 0 ? NULL : arena_string(comparison->scratch, builder_bytes(&text));
}

static bool is_servers(const struct known *known)
{
    return known->text != NULL && strncmp(known->text, "server", 6) == 0;
}

static void compare_order(struct comparison *comparison, const struct list *list, const char *version)
{
    const struct known was = preference_of(comparison, OLD, "suite_preference", version);
    const struct known is = preference_of(comparison, NEW, "suite_preference", version);
    if (!is_servers(&was) || !is_servers(&is))
        return;
    const char *before = common_order(comparison, OLD, list, version);
    const char *after = common_order(comparison, NEW, list, version);
    if (before != NULL && after != NULL)
        compare_change(comparison, "order", arena_text(comparison->scratch, "suites %s", version), before, after,
                       EFFECT_NONE);
}

// -------------------------------------------------------------------------------------------------

// In lists of groups and schemes TLSv1.2 stands for every version up to it.
static bool both_have_up_to(const struct comparison *comparison, const char *epoch)
{
    for (size_t i = 0; i < COUNT(versions); i++)
        if (strcmp(epoch, "TLSv1.3") != 0 || strcmp(versions[i], epoch) == 0) {
            if (both_have(comparison, versions[i]) &&
                (strcmp(versions[i], "TLSv1.3") != 0 || strcmp(epoch, "TLSv1.3") == 0))
                return true;
        }
    return false;
}

void compare_lists(struct comparison *comparison)
{
    static const struct list suites = {"suites", "cipher_suites", true, effect_of_suite};
    static const struct list groups = {"groups", "groups", false, effect_of_group};
    static const struct list schemes = {"signature_schemes", "signature_schemes", false, effect_of_scheme};
    static const char *const epochs[] = {"TLSv1.2", "TLSv1.3"};
    compare_versions(comparison);
    for (size_t i = 0; i < COUNT(versions); i++) {
        if (!both_have(comparison, versions[i]))
            continue;
        compare_list(comparison, &suites, versions[i]);
        if (i != 0) // SSLv2's client chooses
            compare_preference(comparison, "suite_preference", versions[i]);
        compare_order(comparison, &suites, versions[i]);
    }
    for (size_t i = 0; i < COUNT(epochs); i++) {
        if (!both_have_up_to(comparison, epochs[i]))
            continue;
        compare_list(comparison, &groups, epochs[i]);
        compare_list(comparison, &schemes, epochs[i]);
        compare_preference(comparison, "group_preference", epochs[i]);
        compare_preference(comparison, "signature_scheme_preference", epochs[i]);
    }
}
