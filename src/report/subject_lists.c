// SPDX-License-Identifier: Apache-2.0
//
// Versions, suites, groups, signature schemes, who chooses their order, and anomalies: what a server
// accepts. Such a list says "no" to what is not in it only where its enumeration was whole.
#include <string.h>

#include "report/subject.h"

static const char *const versions[] = {"SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
static const char *const epochs[] = {"TLSv1.2", "TLSv1.3"}; // TLSv1.2 stands for every version up to it

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const json_t *list_of(const struct query *query, const char *name)
{
    return json_object_get(query->scene->endpoint, name);
}

static bool wanted(const struct query *query, const char *version)
{
    return query->wants == NULL || query->wants(query->rule, version);
}

// A row that needs no reason has the empty one.
static bool derive_reason(const struct row *row, struct value *out)
{
    const char *reason = row_text(row, "reason");
    out->text = reason == NULL ? "" : reason;
    return true;
}

static const char *version_of(const struct row *row) { return row_text(row, "version"); }
static const char *name_of(const struct row *row) { return row_text(row, "name"); }
static const char *nowhere(const struct row *row) { return row == NULL ? "" : NULL; }

// --- versions ------------------------------------------------------------------------------------

static bool derive_version(const struct row *row, struct value *out)
{
    out->text = row->name != NULL ? row->name : version_of(row);
    return out->text != NULL;
}

static const char *label_version(const struct row *row)
{
    struct value value = {0};
    return derive_version(row, &value) ? value.text : "a version";
}

// A version that is refused is no row; its refusal is the proof that it is none.
static void add_version(const struct query *query, struct rows *out, const json_t *row, const char *name)
{
    if (!member_is(row, "verdict", "no"))
        rows_add(query, out, (struct row){.json = row, .name = name, .certain = member_is(row, "verdict", "yes")});
    else if (wanted(query, name))
        rows_prove(out, row);
}

static void version_rows(const struct query *query, struct rows *out)
{
    const json_t *list = list_of(query, "versions");
    out->whole = true;
    for (size_t i = 0; i < COUNT(versions); i++)
        add_version(query, out, list_find(list, "version", versions[i]), versions[i]);
    for (size_t i = 0; i < json_array_size(list) && i < SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(list, i);
        const char *name = member_text(row, "version");
        bool standard = name == NULL;
        for (size_t k = 0; k < COUNT(versions) && !standard; k++)
            standard = strcmp(versions[k], name) == 0;
        if (!standard)
            add_version(query, out, row, name);
    }
}

static const struct property version_properties[] = {
    {.name = "version", .words = WORDS_VERSION, .derive = derive_version, .help = "SSLv2 to TLSv1.3"},
};

// --- suites --------------------------------------------------------------------------------------

static const char *sentence_of(const json_t *fact)
{
    const char *sentence = member_text(fact, "sentence");
    return sentence == NULL ? "the report gives no reason" : sentence;
}

static void suites_whole(const struct query *query, struct rows *out, const char *version)
{
    const json_t *spoken = list_find(list_of(query, "versions"), "version", version);
    const json_t *found = list_find(list_of(query, "suite_enumeration"), "version", version);
    struct arena *scratch = query->scene->scratch;
    if (member_is(spoken, "verdict", "no"))
        rows_prove(out, spoken);
    else if (member_is(found, "verdict", "yes"))
        rows_prove(out, found);
    else if (!member_is(spoken, "verdict", "yes"))
        rows_doubt(out, arena_text(scratch, "whether the server has %s is not known", version));
    else
        rows_doubt(out, subject_lacking(query, "suites",
                                        arena_text(scratch, "the list of suites of %s is not whole: %s", version,
                                                   sentence_of(found))));
}

static void suite_rows(const struct query *query, struct rows *out)
{
    out->whole = true;
    for (size_t i = 0; i < COUNT(versions); i++)
        if (wanted(query, versions[i]))
            suites_whole(query, out, versions[i]);
    rows_add_all(query, out, list_of(query, "cipher_suites"));
}

static const struct property suite_properties[] = {
    {.name = "version", .words = WORDS_VERSION, .member = "version", .help = "that it was accepted in"},
    {.name = "name", .words = WORDS_SUITE, .member = "name", .help = "IANA's name"},
    {.name = "key_exchange", .words = WORDS_KEY_EXCHANGE, .member = "key_exchange", .help = "any in TLS 1.3"},
    {.name = "authentication", .words = WORDS_AUTHENTICATION, .member = "authentication", .help = "any in TLS 1.3"},
    {.name = "cipher", .words = WORDS_CIPHER, .member = "cipher", .help = "AES-128-GCM, 3DES-CBC, RC4-40 for export"},
    {.name = "mac", .words = WORDS_MAC, .member = "mac", .help = "AEAD where the cipher has one built in"},
    {.name = "key_bits", .kind = PROPERTY_NUMBER, .member = "key_bits", .help = "nominal"},
    {.name = "strength_bits",
     .kind = PROPERTY_NUMBER,
     .member = "strength_bits",
     .shown = true,
     .help = "effective: 112 for 3DES"},
    {.name = "aead", .kind = PROPERTY_TRUTH, .member = "aead", .help = ""},
    {.name = "forward_secrecy", .kind = PROPERTY_TRUTH, .member = "forward_secrecy", .help = ""},
    {.name = "export", .kind = PROPERTY_TRUTH, .member = "export", .help = ""},
    {.name = "iana_recommended", .words = WORDS_RECOMMENDED, .member = "iana_recommended", .help = "D: discouraged"},
    {.name = "dh_bits",
     .kind = PROPERTY_NUMBER,
     .member = "dh_bits",
     .shown = true,
     .help = "length of the prime of a DHE suite"},
};

// --- groups and signature schemes ----------------------------------------------------------------

// Where the server takes any list, that it took one proves nothing.
static bool proves(const struct query *query, const char *enumeration, const json_t *row)
{
    const json_t *list = json_object_get(row, "versions");
    for (size_t i = 0; i < json_array_size(list) && i < COUNT(epochs); i++) {
        const char *version = json_string_value(json_array_get(list, i));
        const json_t *found = version == NULL ? NULL : list_find(list_of(query, enumeration), "version", version);
        if (found != NULL && !member_is(found, "reason", "ignores_offer"))
            return true;
    }
    return false;
}

// The fact that a list of the epoch need not be there, or NULL. Where it is of TLS 1.1 at most it is there, if it is of
// groups; schemes are chosen from TLS 1.2 on.
static const json_t *needless(const struct query *query, const json_t *found, const char *epoch)
{
    const json_t *spoken = list_find(list_of(query, "versions"), "version", epoch);
    if (found == NULL)
        return member_is(spoken, "verdict", "no") ? spoken : NULL;
    return member_is(found, "verdict", "not_applicable") ? found : NULL;
}

static void point_rows(const struct query *query, struct rows *out, const char *name, const char *enumeration)
{
    const json_t *list = list_of(query, name);
    out->whole = true;
    for (size_t i = 0; i < COUNT(epochs); i++) {
        const json_t *found = list_find(list_of(query, enumeration), "version", epochs[i]);
        const json_t *nothing = needless(query, found, epochs[i]);
        if (!wanted(query, epochs[i]))
            continue;
        if (nothing != NULL)
            rows_prove(out, nothing);
        else if (member_is(found, "verdict", "yes"))
            rows_prove(out, found);
        else
            rows_doubt(out, subject_lacking(query, name,
                                            arena_text(query->scene->scratch, "the list for %s is not whole: %s",
                                                       epochs[i], sentence_of(found))));
    }
    for (size_t i = 0; i < json_array_size(list) && i <= SUBJECT_ROWS; i++) {
        const json_t *row = json_array_get(list, i);
        rows_add(query, out, (struct row){.json = row, .certain = proves(query, enumeration, row)});
    }
}

static void group_rows(const struct query *query, struct rows *out)
{
    point_rows(query, out, "groups", "group_enumeration");
}

static void scheme_rows(const struct query *query, struct rows *out)
{
    point_rows(query, out, "signature_schemes", "signature_scheme_enumeration");
}

static const struct property group_properties[] = {
    {.name = "versions",
     .kind = PROPERTY_TEXTS,
     .words = WORDS_VERSION,
     .member = "versions",
     .help = "TLSv1.2 stands for every version up to it"},
    {.name = "name", .words = WORDS_GROUP, .member = "name", .help = ""},
    {.name = "kind", .words = WORDS_GROUP_KIND, .member = "kind", .help = "ecdhe, ffdhe, kem, hybrid, gost, explicit"},
    {.name = "post_quantum", .kind = PROPERTY_TRUTH, .member = "post_quantum", .help = ""},
    {.name = "field_bits", .kind = PROPERTY_NUMBER, .member = "field_bits", .shown = true, .help = ""},
    {.name = "strength_bits",
     .kind = PROPERTY_NUMBER,
     .member = "strength_bits",
     .shown = true,
     .help = "against classical computers"},
};

static const struct property scheme_properties[] = {
    {.name = "versions", .kind = PROPERTY_TEXTS, .words = WORDS_VERSION, .member = "versions", .help = "as of groups"},
    {.name = "name", .words = WORDS_SCHEME, .member = "name", .help = ""},
    {.name = "signature", .words = WORDS_SIGNATURE, .member = "signature", .help = "RSASSA-PSS, ECDSA, ..."},
    {.name = "hash", .words = WORDS_HASH, .member = "hash", .help = ""},
};

// --- whether a list can be trusted ---------------------------------------------------------------

static void enumeration_rows(const struct query *query, struct rows *out)
{
    const json_t *list = list_of(query, query->subject->name);
    bool groups = strcmp(query->subject->name, "group_enumeration") == 0;
    out->whole = true;
    for (size_t i = 0; i < COUNT(epochs) && json_array_size(list) == 0; i++)
        if (needless(query, NULL, epochs[i]) == NULL)
            rows_doubt(out, subject_lacking(query, groups ? "groups" : "signature_schemes",
                                            "the report does not say how its lists were made"));
    rows_add_all(query, out, list);
}

static const char *label_enumeration(const struct row *row)
{
    const char *sentence = row_text(row, "sentence"), *verdict = row_text(row, "verdict");
    return sentence != NULL ? sentence : verdict;
}

static const struct property enumeration_properties[] = {
    {.name = "version", .words = WORDS_VERSION, .member = "version", .help = ""},
    {.name = "reason",
     .words = WORDS_ANY,
     .derive = derive_reason,
     .help = "a code; ignores_offer: the server takes any list"},
};

// --- who chooses ---------------------------------------------------------------------------------

// A row is owed for each version that the server has: none of SSLv2, whose client chooses.
static void suite_preference_rows(const struct query *query, struct rows *out)
{
    const json_t *list = list_of(query, "suite_preference");
    out->whole = true;
    for (size_t i = 1; i < COUNT(versions); i++) {
        const json_t *spoken = list_find(list_of(query, "versions"), "version", versions[i]);
        bool owed = wanted(query, versions[i]) && !member_is(spoken, "verdict", "no");
        if (owed && list_find(list, "version", versions[i]) == NULL)
            rows_doubt(
                out, subject_lacking(query, "suites",
                                     arena_text(query->scene->scratch, "who chooses in %s is not known", versions[i])));
    }
    rows_add_all(query, out, list);
}

static void point_preference_rows(const struct query *query, struct rows *out, const char *name,
                                  const char *enumeration)
{
    const json_t *list = list_of(query, name);
    out->whole = true;
    for (size_t i = 0; i < COUNT(epochs); i++) {
        const json_t *found = list_find(list_of(query, enumeration), "version", epochs[i]);
        bool owed = wanted(query, epochs[i]) && needless(query, found, epochs[i]) == NULL;
        if (owed && list_find(list, "version", epochs[i]) == NULL)
            rows_doubt(out, arena_text(query->scene->scratch, "who chooses in %s is not known", epochs[i]));
    }
    rows_add_all(query, out, list);
}

static void group_preference_rows(const struct query *query, struct rows *out)
{
    point_preference_rows(query, out, "group_preference", "group_enumeration");
}

static void scheme_preference_rows(const struct query *query, struct rows *out)
{
    point_preference_rows(query, out, "signature_scheme_preference", "signature_scheme_enumeration");
}

static const char *label_preference(const struct row *row)
{
    if (member_is(row->json, "verdict", "client"))
        return "the client chooses";
    if (member_is(row->json, "verdict", "server"))
        return "the server chooses";
    return member_is(row->json, "verdict", "server_chacha_by_client") ? "the server chooses, ChaCha20 by the client"
           : member_is(row->json, "verdict", "single")                ? "there is nothing to choose"
                                                                      : "there is no consistent order";
}

static const struct property preference_properties[] = {
    {.name = "version", .words = WORDS_VERSION, .member = "version", .help = ""},
    {.name = "verdict",
     .words = WORDS_PREFERENCE,
     .member = "verdict",
     .help = "server, client, server_chacha_by_client, single, inconsistent"},
};

// --- anomalies -----------------------------------------------------------------------------------

static void anomaly_rows(const struct query *query, struct rows *out)
{
    const json_t *list = list_of(query, "anomalies");
    out->whole = json_is_array(list);
    if (!out->whole)
        rows_doubt(out, "the report has no list of anomalies");
    rows_add_all(query, out, list);
}

static const char *label_anomaly(const struct row *row)
{
    const char *sentence = row_text(row, "sentence"), *code = row_text(row, "code");
    return sentence != NULL ? sentence : code != NULL ? code : "an anomaly";
}

static const struct property anomaly_properties[] = {
    {.name = "code", .words = WORDS_ANY, .member = "code", .help = "mixed_backends, long_list_refused, ..."},
};

// -------------------------------------------------------------------------------------------------

#define PROPERTIES(table) .properties = table, .property_count = COUNT(table)

const struct subject subjects_of_lists[] = {
    {"versions", "protocol versions that the server has", PROPERTIES(version_properties), .rows = version_rows,
     .place = nowhere, .label = label_version},
    {"cipher_suites", "accepted suites, one row for each version and suite", PROPERTIES(suite_properties),
     .rows = suite_rows, .place = version_of, .label = name_of},
    {"groups", "accepted groups", PROPERTIES(group_properties), .rows = group_rows, .place = nowhere, .label = name_of},
    {"signature_schemes", "schemes that the server signs its handshake with", PROPERTIES(scheme_properties),
     .rows = scheme_rows, .place = nowhere, .label = name_of},
    {"suite_preference", "who chooses the suite", PROPERTIES(preference_properties), .rows = suite_preference_rows,
     .place = version_of, .label = label_preference},
    {"group_preference", "who chooses the group", PROPERTIES(preference_properties), .rows = group_preference_rows,
     .place = version_of, .label = label_preference},
    {"signature_scheme_preference", "who chooses the signature scheme", PROPERTIES(preference_properties),
     .rows = scheme_preference_rows, .place = version_of, .label = label_preference},
    {"group_enumeration", "whether the list of groups is whole", PROPERTIES(enumeration_properties),
     .rows = enumeration_rows, .place = version_of, .label = label_enumeration},
    {"signature_scheme_enumeration", "whether the list of signature schemes is whole",
     PROPERTIES(enumeration_properties), .rows = enumeration_rows, .place = version_of, .label = label_enumeration},
    {"anomalies", "what a TLS server should not do", PROPERTIES(anomaly_properties), .rows = anomaly_rows,
     .place = nowhere, .label = label_anomaly},
};
const size_t subjects_of_lists_count = COUNT(subjects_of_lists);
