// SPDX-License-Identifier: Apache-2.0
//
// What was found out about chains beside what stands in their certificates: weak keys, rules that are broken,
// and the lists of roots that programs bring along.
#include <string.h>

#include "report/subject.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

void subject_chain_rows(const struct query *query, struct rows *out,
                        void (*add)(const struct query *query, struct rows *out, const json_t *chain))
{
    const json_t *chains = json_object_get(query->scene->endpoint, "certificates");
    const json_t *found = json_object_get(query->scene->endpoint, "certificate_enumeration");
    const char *sentence = member_text(found, "sentence");
    bool none = member_is(found, "verdict", "no"); // the server has no certificate
    out->whole = member_is(found, "verdict", "yes") || none;
    out->not_applicable = none;
    if (none)
        out->reason = sentence;
    else if (!out->whole)
        rows_doubt(out, sentence == NULL ? "the report does not say which certificates there are" : sentence);
    rows_prove(out, found);
    for (size_t i = 0; i < json_array_size(chains) && i < SUBJECT_ROWS; i++)
        add(query, out, json_array_get(chains, i));
}

static void add_list(const struct query *query, struct rows *out, const json_t *chain, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && i <= SUBJECT_ROWS; i++)
        rows_add(query, out, (struct row){.json = json_array_get(list, i), .chain = chain, .certain = true});
}

// --- the three of them ---------------------------------------------------------------------------

static void add_weak_keys(const struct query *query, struct rows *out, const json_t *chain)
{
    const json_t *certificates = json_object_get(chain, "chain");
    for (size_t i = 0; i < json_array_size(certificates) && i < SUBJECT_ROWS; i++) {
        const json_t *list = json_object_get(json_array_get(certificates, i), "weak_key");
        if (!json_is_array(list))
            rows_doubt(out, "the report does not say whether keys are weak");
        add_list(query, out, chain, list);
    }
}

// A certificate whose row says that no rule is broken has no rules listed.
static void add_lint(const struct query *query, struct rows *out, const json_t *chain)
{
    const json_t *list = json_object_get(chain, "lint");
    if (!json_is_array(list))
        rows_doubt(out, "the report does not hold certificates against rules");
    for (size_t i = 0; i < json_array_size(list) && i < SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(list, i), *rules = json_object_get(row, "rules");
        const char *sentence = member_text(row, "sentence");
        if (!json_is_array(rules) || member_is(row, "verdict", "not_tested"))
            rows_doubt(out, sentence != NULL ? sentence : "the report does not hold certificates against rules");
        add_list(query, out, chain, rules);
    }
}

static void add_trust_lists(const struct query *query, struct rows *out, const json_t *chain)
{
    const json_t *list = json_object_get(chain, "trust");
    bool any = false;
    for (size_t i = 0; i < json_array_size(list) && i <= SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(list, i);
        if (!member_is(row, "kind", "list"))
            continue;
        any = true;
        rows_add(query, out, (struct row){.json = row, .chain = chain, .certain = true});
    }
    if (!any)
        rows_doubt(out, "the report does not say which lists of roots trust the chain");
}

static void weak_key_rows(const struct query *query, struct rows *out)
{
    subject_chain_rows(query, out, add_weak_keys);
}
static void lint_rows(const struct query *query, struct rows *out) { subject_chain_rows(query, out, add_lint); }
static void trust_rows(const struct query *query, struct rows *out) { subject_chain_rows(query, out, add_trust_lists); }

// --- what is worked out --------------------------------------------------------------------------

// Some list has the root: the certificate is meant for everybody.
static bool derive_public(const struct row *row, struct value *out)
{
    const json_t *list = json_object_get(row->chain, "trust");
    bool open = json_array_size(list) == 0;
    for (size_t i = 0; i < json_array_size(list) && i <= SUBJECT_ROWS; i++) {
        const json_t *one = json_array_get(list, i);
        if (!member_is(one, "kind", "list"))
            continue;
        out->truth = out->truth || member_is(one, "verdict", "yes");
        open = open || !member_is(one, "verdict", "no");
    }
    return out->truth || !open;
}

bool subject_nameless(const struct row *row, struct value *out)
{
    const json_t *served = json_object_get(row->chain, "served_for");
    bool named = json_is_string(json_object_get(json_object_get(row->scene->report, "target"), "sni"));
    out->truth = named && json_array_size(served) != 0;
    for (size_t i = 0; i < json_array_size(served) && out->truth; i++)
        out->truth = json_is_false(json_object_get(json_array_get(served, i), "sni"));
    return true;
}

// --- how they are called -------------------------------------------------------------------------

const char *subject_chain_place(const struct row *row)
{
    const json_t *leaf = json_array_get(json_object_get(row->chain, "chain"), 0);
    const char *subject = member_text(leaf, "subject"), *key = member_text(json_object_get(leaf, "key"), "type");
    if (subject != NULL && subject[0] == '\0') {
        const char *name = json_string_value(json_array_get(json_object_get(leaf, "dns_names"), 0));
        subject = name != NULL ? name : "a certificate without a name";
    }
    return arena_text(row->scene->scratch, "%s, %s", subject == NULL ? "?" : subject, key == NULL ? "?" : key);
}

static const char *label_sentence(const struct row *row)
{
    const char *sentence = row_text(row, "sentence"), *id = row_text(row, "id");
    return sentence != NULL ? sentence : id != NULL ? id : "?";
}

// "cabf_serial_entropy (40 bits)"
static const char *label_rule(const struct row *row)
{
    const char *id = row_text(row, "id"), *value = row_text(row, "value");
    if (id == NULL || value == NULL)
        return id == NULL ? "?" : id;
    return arena_text(row->scene->scratch, "%s (%s)", id, value);
}

static const char *label_store(const struct row *row)
{
    const char *store = row_text(row, "store"), *sentence = row_text(row, "sentence");
    return arena_text(row->scene->scratch, "%s%s%s", store == NULL ? "?" : store, sentence == NULL ? "" : ": ",
                      sentence == NULL ? "" : sentence);
}

// --- tables --------------------------------------------------------------------------------------

#define VERDICT                                                                                                        \
    {                                                                                                                  \
        .name = "verdict", .kind = PROPERTY_VERDICT, .words = WORDS_VERDICT, .member = "verdict", .help = "yes, no"    \
    }
#define NAMELESS                                                                                                       \
    {                                                                                                                  \
        .name = "nameless", .kind = PROPERTY_TRUTH, .derive = subject_nameless,                                        \
        .help = "served only to clients that send no server name"                                                      \
    }
#define PUBLIC                                                                                                         \
    {                                                                                                                  \
        .name = "publicly_trusted", .kind = PROPERTY_TRUTH, .derive = derive_public,                                   \
        .help = "some list of roots has the chain's"                                                                   \
    }

static const struct property weak_key_properties[] = {
    NAMELESS,
    {.name = "id", .words = WORDS_ANY, .member = "id", .help = "roca, small_factor, predictable, ..."},
    VERDICT,
};

static const struct property lint_properties[] = {
    NAMELESS,
    PUBLIC,
    {.name = "id", .words = WORDS_ANY, .member = "id", .help = "of --list lint"},
    {.name = "public", .kind = PROPERTY_TRUTH, .member = "public", .help = "a promise of public authorities"},
    VERDICT,
};

static const struct property trust_properties[] = {
    NAMELESS,
    PUBLIC,
    {.name = "store", .words = WORDS_ANY, .member = "store", .help = "mozilla, chrome, apple, ..."},
    VERDICT,
};

#define PROPERTIES(table) .properties = table, .property_count = COUNT(table)

const struct subject subjects_of_chains[] = {
    {"weak_keys", "what may be wrong with the keys of certificates: yes means that it is",
     PROPERTIES(weak_key_properties), .rows = weak_key_rows, .place = subject_chain_place, .label = label_sentence},
    {"lint", "rules for certificates that are broken (no) or undecided", PROPERTIES(lint_properties), .rows = lint_rows,
     .place = subject_chain_place, .label = label_rule},
    {"trust_lists", "lists of roots, and whether a chain leads into them", PROPERTIES(trust_properties),
     .rows = trust_rows, .place = subject_chain_place, .label = label_store},
};
const size_t subjects_of_chains_count = COUNT(subjects_of_chains);
