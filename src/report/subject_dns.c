// SPDX-License-Identifier: Apache-2.0
//
// What DNS says of the name: of the report, not of an address. A target without a name has none of it.
#include <string.h>

#include "report/subject.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool known(const json_t *fact) { return member_is(fact, "verdict", "yes") || member_is(fact, "verdict", "no"); }

// A part of it, or NULL with what is to be said instead.
static const json_t *part_of(const struct query *query, struct rows *out, const char *name)
{
    const json_t *dns = json_object_get(query->scene->report, "dns");
    const json_t *part = name == NULL || !known(dns) ? dns : json_object_get(dns, name);
    const char *sentence = member_text(part, "sentence");
    out->whole = true;
    rows_prove(out, part);
    if (known(part))
        return part;
    out->not_applicable = member_is(part, "verdict", "not_applicable");
    if (out->not_applicable)
        out->reason = sentence;
    else
        rows_doubt(out, sentence != NULL ? sentence : "the report does not say what DNS knows of the name");
    return NULL;
}

static void dns_rows(const struct query *query, struct rows *out)
{
    const json_t *dns = part_of(query, out, NULL);
    if (dns != NULL)
        rows_add(query, out, (struct row){.json = dns, .certain = true});
}

static void rows_of(const struct query *query, struct rows *out, const char *part, const char *list)
{
    const json_t *found = part_of(query, out, part), *rows = json_object_get(found, list);
    if (found != NULL && !json_is_array(rows))
        rows_doubt(out, "the report does not list what DNS says");
    rows_add_all(query, out, rows);
}

static void issuer_rows(const struct query *query, struct rows *out) { rows_of(query, out, "caa", "issuers"); }
static void dane_rows(const struct query *query, struct rows *out) { rows_of(query, out, "tlsa", "chains"); }

static void https_rows(const struct query *query, struct rows *out) { rows_of(query, out, "https", "agreement"); }

static const char *nowhere(const struct row *row) { return row == NULL ? "" : NULL; }

static const char *label_dns(const struct row *row)
{
    const char *why = row_text(row, "why"), *name = row_text(row, "name");
    return why != NULL ? why : name != NULL ? name : "DNS";
}

// "Let's Encrypt, for *.example.com"
static const char *label_issuer(const struct row *row)
{
    const char *issuer = row_text(row, "issuer"), *covers = row_text(row, "covers");
    return arena_text(row->scene->scratch, "%s, for %s", issuer == NULL ? "?" : issuer,
                      covers == NULL ? "other names" : covers);
}

static const char *label_dane(const struct row *row)
{
    const char *sentence = row_text(row, "sentence"), *address = row_text(row, "address");
    return arena_text(row->scene->scratch, "%s%s%s", address == NULL ? "?" : address, sentence == NULL ? "" : ": ",
                      sentence == NULL ? "" : sentence);
}

// "alpn h2: the server does not select it"
static const char *label_https(const struct row *row)
{
    const char *id = row_text(row, "id"), *value = row_text(row, "value"), *sentence = row_text(row, "sentence");
    return arena_text(row->scene->scratch, "%s%s%s%s%s", id == NULL ? "?" : id, value == NULL ? "" : " ",
                      value == NULL ? "" : value, sentence == NULL ? "" : ": ", sentence == NULL ? "" : sentence);
}

static const struct property dns_properties[] = {
    {.name = "dnssec",
     .words = WORDS_ANY,
     .member = "dnssec",
     .shown = true,
     .help = "secure, insecure, bogus, unvalidated"},
};

static const struct property verdict_properties[] = {
    {.name = "verdict", .kind = PROPERTY_VERDICT, .words = WORDS_VERDICT, .member = "verdict", .help = "yes, no"},
};

static const struct property https_properties[] = {
    {.name = "id",
     .words = WORDS_ANY,
     .member = "id",
     .help = "alias_target, well_formed, ipv4_hints, ipv6_hints, port, alpn, ech"},
    {.name = "verdict", .kind = PROPERTY_VERDICT, .words = WORDS_VERDICT, .member = "verdict", .help = "yes, no"},
};

#define PROPERTIES(table) .properties = table, .property_count = COUNT(table)

const struct subject subjects_of_dns[] = {
    {"dns", "what DNS says of the name", PROPERTIES(dns_properties), .of_report = true, .rows = dns_rows,
     .place = nowhere, .label = label_dns},
    {"caa_issuers", "whether CAA records let the CAs issue that the leaves name", PROPERTIES(verdict_properties),
     .of_report = true, .rows = issuer_rows, .place = nowhere, .label = label_issuer},
    {"dane_chains", "whether TLSA records vouch for the chains", PROPERTIES(verdict_properties), .of_report = true,
     .rows = dane_rows, .place = nowhere, .label = label_dane},
    {"https_agreement", "whether what HTTPS records say is so", PROPERTIES(https_properties), .of_report = true,
     .rows = https_rows, .place = nowhere, .label = label_https},
};
const size_t subjects_of_dns_count = COUNT(subjects_of_dns);
