// SPDX-License-Identifier: Apache-2.0
//
// Chains, each matched with the one that it follows: the same leaf, or one for the same name with a key of
// the same kind. A certificate that was renewed differs in its dates, its number, its key and the
// intermediate that happened to sign it: that is told apart, and is no change.
#include <inttypes.h>
#include <string.h>

#include "report/compare.h"
#include "report/tree.h"

#define MOST_CHAINS 64
#define DAY         INT64_C(86400)

static const json_t *leaf_of(const json_t *chain) { return json_array_get(json_object_get(chain, "chain"), 0); }

static const char *key_of(const json_t *leaf) { return member_text(json_object_get(leaf, "key"), "type"); }

static const char *name_of(const json_t *leaf)
{
    const char *subject = member_text(leaf, "subject");
    const char *name = json_string_value(json_array_get(json_object_get(leaf, "dns_names"), 0));
    return subject != NULL && subject[0] != '\0' ? subject : name != NULL ? name : "?";
}

static bool same(const char *a, const char *b) { return a != NULL && b != NULL && strcmp(a, b) == 0; }

static bool same_leaf(const json_t *a, const json_t *b)
{
    return same(member_text(a, "fingerprint_sha256"), member_text(b, "fingerprint_sha256"));
}

static bool same_role(const json_t *a, const json_t *b)
{
    return same(name_of(a), name_of(b)) && same(key_of(a), key_of(b));
}

// --- properties ----------------------------------------------------------------------------------

// The organisation of a name such as "CN=R10,O=Let's Encrypt,C=US", else the whole name.
static const char *organisation(struct arena *scratch, const char *name)
{
    for (const char *part = name; part != NULL && *part != '\0';) {
        size_t size = 0;
        while (part[size] != '\0' && part[size] != ',' && part[size] != '+')
            size += part[size] == '\\' && part[size + 1] != '\0' ? 2 : 1;
        if (strncmp(part, "O=", 2) == 0)
            return arena_text(scratch, "%.*s", (int)(size - 2), part + 2);
        part += size + (part[size] != '\0');
    }
    return name;
}

static struct known text_of(const char *text) { return (struct known){text, "the report does not say it"}; }

static struct known issuer_of(struct arena *scratch, const json_t *leaf)
{
    return text_of(organisation(scratch, member_text(leaf, "issuer")));
}

static struct known key_text(struct arena *scratch, const json_t *leaf)
{
    const json_t *key = json_object_get(leaf, "key"), *bits = json_object_get(key, "bits");
    const char *type = member_text(key, "type"), *curve = member_text(key, "curve");
    if (type == NULL)
        return text_of(NULL);
    return text_of(arena_text(scratch, "%s%s%s %" PRId64, type, curve == NULL ? "" : " ", curve == NULL ? "" : curve,
                              (int64_t)json_integer_value(bits)));
}

static struct known list_of(struct arena *scratch, const json_t *leaf, const char *member)
{
    return text_of(sorted_list(scratch, json_object_get(leaf, member)));
}

static struct known truth_of(const json_t *leaf, const char *member)
{
    const json_t *value = json_object_get(leaf, member);
    return text_of(json_is_true(value) ? "yes" : json_is_false(value) ? "no" : NULL);
}

// Whole days, to the nearest: one second or a leap day is no other practice.
static int64_t days_of(const json_t *leaf)
{
    int64_t from, to;
    struct row row = {.json = leaf};
    bool known = row_time(&row, "not_before", &from) && row_time(&row, "not_after", &to) && to >= from;
    return known ? (to - from + DAY / 2) / DAY : -1;
}

// Lint names the rules that are broken of the leaf, if it was held against any.
static struct known lint_of(struct arena *scratch, const json_t *chain)
{
    const json_t *row = json_array_get(json_object_get(chain, "lint"), 0), *rules = json_object_get(row, "rules");
    size_t count = 0, most = json_array_size(rules) < SUBJECT_ROWS ? json_array_size(rules) : SUBJECT_ROWS;
    const char **ids = arena_array(scratch, most, sizeof *ids);
    for (size_t i = 0; i < most; i++) {
        const char *id = member_text(json_array_get(rules, i), "id");
        if (id != NULL && member_is(json_array_get(rules, i), "verdict", "no"))
            ids[count++] = id;
    }
    return text_of(json_is_array(rules) ? sorted_texts(scratch, ids, count, ", ") : NULL);
}

// --- two chains ----------------------------------------------------------------------------------

struct pair {
    struct comparison *comparison;
    const json_t *was, *is;
    const char *name;
};

static void property(const struct pair *pair, const char *what, struct known was, struct known is, const char *good)
{
    const struct known known[] = {was, is};
    const char *id = arena_text(pair->comparison->scratch, "%s %s", what, pair->name);
    compare_known(pair->comparison, "certificates", id, known, good == NULL ? EFFECT_NONE : effect_of(known, good));
}

static void verdict(const struct pair *pair, const char *what)
{
    property(pair, what, known_verdict(json_object_get(pair->was, what)),
             known_verdict(json_object_get(pair->is, what)), "yes");
}

static struct known trust_of(const json_t *chain)
{
    return known_verdict(json_array_get(json_object_get(chain, "trust"), 0));
}

static void compare_leaves(const struct pair *pair)
{
    static const char *const lists[] = {"dns_names", "ip_addresses", "key_usage", "extended_key_usage", "policies"};
    struct arena *scratch = pair->comparison->scratch;
    const json_t *was = leaf_of(pair->was), *is = leaf_of(pair->is);
    int64_t before = days_of(was), after = days_of(is);
    property(pair, "issuer", issuer_of(scratch, was), issuer_of(scratch, is), NULL);
    property(pair, "key", key_text(scratch, was), key_text(scratch, is), NULL);
    property(pair, "signature_algorithm", text_of(member_text(was, "signature_algorithm")),
             text_of(member_text(is, "signature_algorithm")), NULL);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        property(pair, lists[i], list_of(scratch, was, lists[i]), list_of(scratch, is, lists[i]), NULL);
    property(pair, "must_staple", truth_of(was, "must_staple"), truth_of(is, "must_staple"), NULL);
    property(pair, "is_ca", truth_of(was, "is_ca"), truth_of(is, "is_ca"), "no");
    if (before >= 0 && after >= 0 && (before - after > 1 || after - before > 1))
        property(pair, "validity_days", text_of(arena_text(scratch, "%" PRId64, before)),
                 text_of(arena_text(scratch, "%" PRId64, after)), NULL);
}

static void add_renewal(const struct pair *pair)
{
    struct comparison *comparison = pair->comparison;
    const json_t *was = leaf_of(pair->was), *is = leaf_of(pair->is);
    const char *old_key = member_text(was, "public_key_sha256"), *new_key = member_text(is, "public_key_sha256");
    if (member_text(was, "fingerprint_sha256") == NULL || member_text(is, "fingerprint_sha256") == NULL ||
        same_leaf(was, is))
        return;
    json_t *row = tree_object();
    tree_set(row, "address", tree_text(comparison->scratch, comparison->address));
    tree_set(row, "certificate", tree_text(comparison->scratch, pair->name));
    tree_set(row, "was_until", tree_text(comparison->scratch, member_text(was, "not_after")));
    tree_set(row, "is_until", tree_text(comparison->scratch, member_text(is, "not_after")));
    tree_set(row, "same_key",
             old_key == NULL || new_key == NULL ? tree_text(comparison->scratch, NULL)
                                                : tree_truth(same(old_key, new_key)));
    tree_add(comparison->renewals, row);
}

static void compare_chains(struct comparison *comparison, const json_t *was, const json_t *is)
{
    const json_t *leaf = leaf_of(is);
    const char *key = key_of(leaf);
    struct pair pair = {comparison, was, is,
                        arena_text(comparison->scratch, "%s, %s", name_of(leaf), key == NULL ? "?" : key)};
    compare_leaves(&pair);
    property(&pair, "trust", trust_of(was), trust_of(is), "yes");
    verdict(&pair, "hostname");
    verdict(&pair, "order");
    verdict(&pair, "complete");
    verdict(&pair, "valid_now");
    property(&pair, "lint", lint_of(comparison->scratch, was), lint_of(comparison->scratch, is), "none");
    add_renewal(&pair);
}

// --- matching ------------------------------------------------------------------------------------

static size_t partner_of(const json_t *list, const bool *taken, const json_t *leaf,
                         bool (*alike)(const json_t *a, const json_t *b))
{
    size_t i = 0;
    while (i < json_array_size(list) && i < MOST_CHAINS && (taken[i] || !alike(leaf_of(json_array_get(list, i)), leaf)))
        i++;
    return i < MOST_CHAINS ? i : json_array_size(list);
}

static void compare_alone(struct comparison *comparison, const json_t *chain, enum side side)
{
    enum side other = side == OLD ? NEW : OLD;
    const json_t *found = json_object_get(comparison->scene[other].endpoint, "certificate_enumeration");
    const json_t *leaf = leaf_of(chain);
    const char *key = key_of(leaf), *sentence = member_text(found, "sentence");
    const char *name = arena_text(comparison->scratch, "%s, %s", name_of(leaf), key == NULL ? "?" : key);
    const char *id = arena_text(comparison->scratch, "chain %s", name);
    if (!member_is(found, "verdict", "yes") && !member_is(found, "verdict", "no"))
        compare_open(comparison, "certificates", id, other, sentence);
    else
        compare_change(comparison, "certificates", id, side == OLD ? name : NULL, side == OLD ? NULL : name,
                       EFFECT_NONE);
}

void compare_certificates(struct comparison *comparison)
{
    const json_t *was = json_object_get(comparison->scene[OLD].endpoint, "certificates");
    const json_t *is = json_object_get(comparison->scene[NEW].endpoint, "certificates");
    bool taken[MOST_CHAINS] = {false}, settled[MOST_CHAINS] = {false};
    bool (*const ways[])(const json_t *a, const json_t *b) = {same_leaf, same_role};
    size_t count = json_array_size(is) < MOST_CHAINS ? json_array_size(is) : MOST_CHAINS;
    for (size_t way = 0; way < 2; way++)
        for (size_t i = 0; i < count; i++) {
            const json_t *chain = json_array_get(is, i);
            size_t partner = settled[i] ? json_array_size(was) : partner_of(was, taken, leaf_of(chain), ways[way]);
            if (partner == json_array_size(was))
                continue;
            taken[partner] = settled[i] = true;
            compare_chains(comparison, json_array_get(was, partner), chain);
        }
    for (size_t i = 0; i < count; i++)
        if (!settled[i])
            compare_alone(comparison, json_array_get(is, i), NEW);
    for (size_t i = 0; i < json_array_size(was) && i < MOST_CHAINS; i++)
        if (!taken[i])
            compare_alone(comparison, json_array_get(was, i), OLD);
}
