// SPDX-License-Identifier: Apache-2.0
//
// Chains, their leaves, and every certificate that was sent except roots: what a client that checks
// would look at. Which chains there are is known only where the enumeration was whole.
#include <string.h>

#include "report/subject.h"
#include "wire/names.h"
#include "wire/registry.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define DAY          INT64_C(86400)

// --- rows ----------------------------------------------------------------------------------------

static void add_chain(const struct query *query, struct rows *out, const json_t *chain)
{
    rows_add(query, out, (struct row){.json = chain, .chain = chain, .certain = true});
}

static void add_certificates(const struct query *query, struct rows *out, const json_t *chain, size_t most)
{
    const json_t *certificates = json_object_get(chain, "chain");
    if (json_array_size(certificates) == 0)
        rows_doubt(out, "the report has a chain without certificates");
    for (size_t i = 0; i < json_array_size(certificates) && i < most; i++) {
        const json_t *certificate = json_array_get(certificates, i);
        bool root = i != 0 && json_is_true(json_object_get(certificate, "self_signed"));
        if (!root) // nobody checks the signature of a root
            rows_add(query, out, (struct row){.json = certificate, .chain = chain, .certain = true});
    }
}

static void add_leaf(const struct query *query, struct rows *out, const json_t *chain)
{
    add_certificates(query, out, chain, 1);
}

static void add_each(const struct query *query, struct rows *out, const json_t *chain)
{
    add_certificates(query, out, chain, SUBJECT_ROWS + 1);
}

static void chain_rows(const struct query *query, struct rows *out) { subject_chain_rows(query, out, add_chain); }
static void leaf_rows(const struct query *query, struct rows *out) { subject_chain_rows(query, out, add_leaf); }
static void certificate_rows(const struct query *query, struct rows *out) { subject_chain_rows(query, out, add_each); }

// --- how they are called -------------------------------------------------------------------------

// A chain is known by its place; what is said of it says the rest.
static const char *label_chain(const struct row *row)
{
    (void)row;
    return NULL;
}

static const char *label_certificate(const struct row *row)
{
    const char *subject = row_text(row, "subject");
    return subject == NULL || subject[0] == '\0' ? "the certificate" : subject;
}

// --- what is worked out --------------------------------------------------------------------------

// "sha256WithRSAEncryption", "ecdsa-with-SHA384", "RSASSA-PSS-SHA1"; Ed25519 has no hash of its own.
static bool derive_hash(const struct row *row, struct value *out)
{
    static const struct {
        const char *part, *hash;
    } parts[] = {
        {"sha512-224", "SHA512-224"},
        {"sha512-256", "SHA512-256"},
        {"sha3-224", "SHA3-224"},
        {"sha3-256", "SHA3-256"},
        {"sha3-384", "SHA3-384"},
        {"sha3-512", "SHA3-512"},
        {"SHA3-224", "SHA3-224"},
        {"SHA3-256", "SHA3-256"},
        {"SHA3-384", "SHA3-384"},
        {"SHA3-512", "SHA3-512"},
        {"SHAKE128", "SHAKE128"},
        {"SHAKE256", "SHAKE256"},
        {"sha256", "SHA256"},
        {"SHA256", "SHA256"},
        {"sha384", "SHA384"},
        {"SHA384", "SHA384"},
        {"sha512", "SHA512"},
        {"SHA512", "SHA512"},
        {"sha224", "SHA224"},
        {"SHA224", "SHA224"},
        {"sha1With", "SHA1"},
        {"SHA1", "SHA1"},
        {"md5", "MD5"},
        {"md4", "MD4"},
        {"md2", "MD2"},
        {"ripemd160", "RIPEMD160"},
        {"Ed25519", "SHA512"},
        {"Ed448", "SHAKE256"},
        {"ML-DSA", "SHAKE256"},
        {"dsa-with-SHA", "SHA1"},
    };
    const char *algorithm = row_text(row, "signature_algorithm");
    for (size_t i = 0; algorithm != NULL && i < COUNT(parts) && out->text == NULL; i++)
        if (strstr(algorithm, parts[i].part) != NULL)
            out->text = parts[i].hash;
    return out->text != NULL;
}

// Both ends count, and a part of a day is a day (CA/Browser Forum BR section 6.3.2).
static bool derive_validity(const struct row *row, struct value *out)
{
    int64_t from, to;
    if (!row_time(row, "not_before", &from) || !row_time(row, "not_after", &to) || to < from)
        return false;
    out->number = (to - from + 1 + DAY - 1) / DAY;
    return true;
}

static bool derive_expired(const struct row *row, struct value *out)
{
    int64_t to;
    bool known = row_time(row, "not_after", &to);
    out->truth = known && to < row->scene->now;
    return known;
}

static bool derive_premature(const struct row *row, struct value *out)
{
    int64_t from;
    bool known = row_time(row, "not_before", &from);
    out->truth = known && from > row->scene->now;
    return known;
}

// So near to its end that a renewal which works would have been: a quarter of its time is left, or
// three weeks of a long one.
static bool derive_renewal_due(const struct row *row, struct value *out)
{
    int64_t from, to;
    if (!row_time(row, "not_before", &from) || !row_time(row, "not_after", &to) || to < from)
        return false;
    int64_t quarter = (to - from) / 4, due = quarter < 21 * DAY ? quarter : 21 * DAY;
    out->truth = to >= row->scene->now && to - row->scene->now < due;
    return true;
}

// A name that only the subject's common name has is seen by no browser (RFC 9525 section 2).
static bool derive_common_name_listed(const struct row *row, struct value *out)
{
    const char *name = row_text(row, "common_name");
    const json_t *lists[] = {json_object_get(row->json, "dns_names"), json_object_get(row->json, "ip_addresses")};
    out->truth = name == NULL;
    for (size_t k = 0; k < COUNT(lists) && !out->truth; k++)
        for (size_t i = 0; i < json_array_size(lists[k]) && !out->truth; i++) {
            const char *listed = json_string_value(json_array_get(lists[k], i));
            out->truth = listed != NULL && strcasecmp(listed, name) == 0;
        }
    return json_is_array(lists[0]);
}

static bool derive_names(const struct row *row, struct value *out)
{
    const json_t *dns = json_object_get(row->json, "dns_names"), *ip = json_object_get(row->json, "ip_addresses");
    out->number = (int64_t)(json_array_size(dns) + json_array_size(ip));
    return json_is_array(dns);
}

static bool has_wildcard(const struct row *row, enum name_width width, struct value *out)
{
    const json_t *names = json_object_get(row->json, "dns_names");
    for (size_t i = 0; i < json_array_size(names) && !out->truth; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        out->truth = name != NULL && name_width(name) == width;
    }
    return json_is_array(names);
}

// "*.com", or "*" alone.
static bool derive_wide(const struct row *row, struct value *out) { return has_wildcard(row, WIDTH_REGISTRY, out); }

// "*.co.uk"
static bool derive_perhaps_wide(const struct row *row, struct value *out)
{
    return has_wildcard(row, WIDTH_PERHAPS_REGISTRY, out);
}

// Revocation can be asked about somewhere.
static bool derive_revocable(const struct row *row, struct value *out)
{
    const json_t *ocsp = json_object_get(row->json, "ocsp_urls"), *crl = json_object_get(row->json, "crl_urls");
    out->truth = json_array_size(ocsp) != 0 || json_array_size(crl) != 0;
    return json_is_array(ocsp) && json_is_array(crl);
}

// Only some keys have a curve; the others are known to have none.
static bool derive_curve(const struct row *row, struct value *out)
{
    const json_t *key = json_object_get(row->json, "key");
    out->text = member_text(key, "curve");
    if (out->text == NULL && member_text(key, "type") != NULL && !member_is(key, "type", "EC"))
        out->text = "none";
    return out->text != NULL;
}

// Classical strength after NIST SP 800-57 part 1, table 2.
static bool derive_strength(const struct row *row, struct value *out)
{
    const json_t *key = json_object_get(row->json, "key"), *bits = json_object_get(key, "bits");
    const char *type = member_text(key, "type");
    int64_t size = json_integer_value(bits);
    if (type == NULL || !json_is_integer(bits))
        return false;
    bool curve = strcmp(type, "EC") == 0 || strncmp(type, "Ed", 2) == 0 || strcmp(type, "SM2") == 0;
    if (curve)
        out->number = size / 2;
    else if (strncmp(type, "RSA", 3) == 0 || strcmp(type, "DSA") == 0)
        out->number = size < 1024    ? 0
                      : size < 2048  ? 80
                      : size < 3072  ? 112
                      : size < 7680  ? 128
                      : size < 15360 ? 192
                                     : 256;
    else
        return false;
    return true;
}

static bool derive_leaf(const struct row *row, struct value *out)
{
    out->truth = json_array_get(json_object_get(row->chain, "chain"), 0) == row->json;
    return true;
}

// The verdict of the store that the scan was given; lists of other stores come after it.
static bool derive_trusted(const struct row *row, struct value *out)
{
    const json_t *store = json_array_get(json_object_get(row->json, "trust"), 0);
    out->text = member_text(store, "verdict");
    out->sentence = member_text(store, "sentence");
    out->evidence = json_object_get(store, "evidence");
    return member_is(store, "verdict", "yes") || member_is(store, "verdict", "no");
}

static bool derive_extra(const struct row *row, struct value *out)
{
    out->number = (int64_t)json_array_size(json_object_get(row->json, "extra"));
    return json_is_array(json_object_get(row->json, "extra"));
}

// A fact that stands deeper in the report.
static bool read_fact(const json_t *fact, struct value *out)
{
    out->text = member_text(fact, "verdict");
    out->sentence = member_text(fact, "sentence");
    out->evidence = json_object_get(fact, "evidence");
    out->not_applicable = member_is(fact, "verdict", "not_applicable");
    return out->not_applicable || member_is(fact, "verdict", "yes") || member_is(fact, "verdict", "no");
}

static bool read_policy(const struct row *row, const char *policy, struct value *out)
{
    return read_fact(
        list_find(json_object_get(json_object_get(row->json, "transparency"), "policies"), "policy", policy), out);
}

static bool derive_chrome_ct(const struct row *row, struct value *out) { return read_policy(row, "chrome", out); }
static bool derive_apple_ct(const struct row *row, struct value *out) { return read_policy(row, "apple", out); }

// Of all SCTs the first that is wrong, else the first that is not known to be right.
static bool derive_scts(const struct row *row, struct value *out)
{
    const json_t *transparency = json_object_get(row->json, "transparency"), *open = NULL;
    const json_t *scts = json_object_get(transparency, "scts");
    for (size_t i = 0; i < json_array_size(scts); i++) {
        const json_t *sct = json_array_get(scts, i);
        if (member_is(sct, "verdict", "no"))
            return read_fact(sct, out);
        if (!member_is(sct, "verdict", "yes") && open == NULL)
            open = sct;
    }
    if (open != NULL)
        return read_fact(open, out);
    read_fact(transparency, out);
    out->not_applicable = out->text != NULL && strcmp(out->text, "no") == 0; // there are none
    if (out->not_applicable)
        out->text = "not_applicable";
    return out->not_applicable || member_is(transparency, "verdict", "yes");
}

// --- tables --------------------------------------------------------------------------------------

#define NAMELESS                                                                                                       \
    {                                                                                                                  \
        .name = "nameless", .kind = PROPERTY_TRUTH, .derive = subject_nameless,                                        \
        .help = "served only to clients that send no server name"                                                      \
    }
#define FACT(property, words_of_help)                                                                                  \
    {                                                                                                                  \
        .name = property, .kind = PROPERTY_VERDICT, .words = WORDS_VERDICT, .member = property, .shown = true,         \
        .help = words_of_help                                                                                          \
    }

static const struct property chain_properties[] = {
    NAMELESS,
    FACT("hostname", "the leaf names the host"),
    {.name = "trust",
     .kind = PROPERTY_VERDICT,
     .words = WORDS_VERDICT,
     .derive = derive_trusted,
     .shown = true,
     .help = "by the trust store of the scan"},
    FACT("order", "each certificate was issued by the next"),
    FACT("complete", "no certificate from elsewhere is needed, but a root"),
    FACT("valid_now", "all dates hold"),
    FACT("self_signed", "the leaf is"),
    {.name = "scts",
     .kind = PROPERTY_VERDICT,
     .words = WORDS_VERDICT,
     .derive = derive_scts,
     .shown = true,
     .help = "logs did sign all SCTs that come along"},
    {.name = "chrome_ct",
     .kind = PROPERTY_VERDICT,
     .words = WORDS_VERDICT,
     .derive = derive_chrome_ct,
     .shown = true,
     .help = "SCTs satisfy Chrome, which asks for them where a chain is publicly trusted"},
    {.name = "apple_ct",
     .kind = PROPERTY_VERDICT,
     .words = WORDS_VERDICT,
     .derive = derive_apple_ct,
     .shown = true,
     .help = "... and Apple"},
    {.name = "staple",
     .kind = PROPERTY_VERDICT,
     .words = WORDS_VERDICT,
     .derive = subject_staple,
     .shown = true,
     .help = "the leaf's staple is good for something"},
    {.name = "must_staple_kept",
     .kind = PROPERTY_VERDICT,
     .words = WORDS_VERDICT,
     .derive = subject_promise,
     .shown = true,
     .help = "the leaf requires a staple, and it comes"},
    {.name = "extra",
     .kind = PROPERTY_NUMBER,
     .derive = derive_extra,
     .shown = true,
     .help = "certificates that the path does not need"},
};

static const struct property certificate_properties[] = {
    NAMELESS,
    {.name = "leaf", .kind = PROPERTY_TRUTH, .derive = derive_leaf, .help = "the first of its chain"},
    {.name = "subject", .words = WORDS_ANY, .member = "subject", .help = ""},
    {.name = "issuer", .words = WORDS_ANY, .member = "issuer", .help = ""},
    {.name = "x509_version", .kind = PROPERTY_NUMBER, .member = "version", .shown = true, .help = ""},
    {.name = "not_before", .kind = PROPERTY_TIME, .member = "not_before", .shown = true, .help = ""},
    {.name = "not_after", .kind = PROPERTY_TIME, .member = "not_after", .shown = true, .help = ""},
    {.name = "validity_days",
     .kind = PROPERTY_NUMBER,
     .derive = derive_validity,
     .shown = true,
     .help = "both ends included, a part of a day is a day"},
    {.name = "expired", .kind = PROPERTY_TRUTH, .derive = derive_expired, .help = "at the time of judgement"},
    {.name = "not_yet_valid", .kind = PROPERTY_TRUTH, .derive = derive_premature, .help = "at the time of judgement"},
    {.name = "renewal_due",
     .kind = PROPERTY_TRUTH,
     .derive = derive_renewal_due,
     .help = "less than three weeks, or a quarter of its time, are left"},
    {.name = "key_type", .words = WORDS_KEY_TYPE, .member = "key.type", .shown = true, .help = ""},
    {.name = "key_bits", .kind = PROPERTY_NUMBER, .member = "key.bits", .shown = true, .help = ""},
    {.name = "curve", .words = WORDS_CURVE, .derive = derive_curve, .shown = true, .help = ""},
    {.name = "strength_bits",
     .kind = PROPERTY_NUMBER,
     .derive = derive_strength,
     .shown = true,
     .help = "of the key, after NIST SP 800-57"},
    {.name = "signature_algorithm",
     .words = WORDS_SIGNATURE_ALGORITHM,
     .member = "signature_algorithm",
     .shown = true,
     .help = ""},
    {.name = "signature_hash", .words = WORDS_HASH, .derive = derive_hash, .shown = true, .help = ""},
    {.name = "common_name_listed",
     .kind = PROPERTY_TRUTH,
     .derive = derive_common_name_listed,
     .help = "there is no common name, or it is among the names"},
    {.name = "names",
     .kind = PROPERTY_NUMBER,
     .derive = derive_names,
     .shown = true,
     .help = "DNS names and addresses, counted"},
    {.name = "dns_names", .kind = PROPERTY_TEXTS, .words = WORDS_ANY, .member = "dns_names", .help = ""},
    {.name = "too_wide", .kind = PROPERTY_TRUTH, .derive = derive_wide, .help = "a wildcard below a top-level domain"},
    {.name = "perhaps_too_wide",
     .kind = PROPERTY_TRUTH,
     .derive = derive_perhaps_wide,
     .help = "a wildcard that seems to cover a registry, like *.co.uk"},
    {.name = "is_ca", .kind = PROPERTY_TRUTH, .member = "is_ca", .help = ""},
    {.name = "key_usage",
     .kind = PROPERTY_TEXTS,
     .words = WORDS_KEY_USAGE,
     .member = "key_usage",
     .shown = true,
     .help = ""},
    {.name = "extended_key_usage",
     .kind = PROPERTY_TEXTS,
     .words = WORDS_PURPOSE,
     .member = "extended_key_usage",
     .shown = true,
     .help = ""},
    {.name = "policies",
     .kind = PROPERTY_TEXTS,
     .words = WORDS_ANY,
     .member = "policies",
     .shown = true,
     .help = "policy OIDs"},
    {.name = "revocable",
     .kind = PROPERTY_TRUTH,
     .derive = derive_revocable,
     .help = "names an OCSP responder or a CRL"},
    {.name = "sct_count", .kind = PROPERTY_NUMBER, .member = "sct_count", .shown = true, .help = "embedded SCTs"},
    {.name = "must_staple", .kind = PROPERTY_TRUTH, .member = "must_staple", .help = ""},
    {.name = "self_signed", .kind = PROPERTY_TRUTH, .member = "self_signed", .help = ""},
    {.name = "revoked",
     .kind = PROPERTY_VERDICT,
     .words = WORDS_VERDICT,
     .derive = subject_revoked,
     .shown = true,
     .help = "its issuer, or who speaks for it, says so"},
    {.name = "good_for_unissued",
     .kind = PROPERTY_VERDICT,
     .words = WORDS_VERDICT,
     .derive = subject_unissued,
     .help = "the OCSP responder that calls it good calls a serial number good too that nobody has issued"},
};

#define PROPERTIES(table) .properties = table, .property_count = COUNT(table)

const struct subject subjects_of_certificates[] = {
    {"chains", "distinct chains that the server sends", PROPERTIES(chain_properties), .one_by_one = true,
     .rows = chain_rows, .place = subject_chain_place, .label = label_chain},
    {"leaves", "the first certificate of each chain", PROPERTIES(certificate_properties), .one_by_one = true,
     .rows = leaf_rows, .place = subject_chain_place, .label = label_certificate},
    {"certificates", "every certificate of each chain, roots left out", PROPERTIES(certificate_properties),
     .one_by_one = true, .rows = certificate_rows, .place = subject_chain_place, .label = label_certificate},
};
const size_t subjects_of_certificates_count = COUNT(subjects_of_certificates);
