// SPDX-License-Identifier: Apache-2.0
//
// The terminal view of what DNS says: once for a report, after its addresses. What one address has in common with those
// before it is not said again.
#include <inttypes.h>
#include <string.h>

#include "report/view.h"

#define RECORDS 8  // shown of one set, where not all are asked for
#define DIGEST  16 // digits of a digest that tell it apart for people
#define DETAILS 4

static size_t most(const struct view *view) { return view->options->verbose ? VIEW_ROWS : RECORDS; }

static const char *shortened(struct view *view, const char *text)
{
    return text == NULL                                           ? "?"
           : view->options->verbose || strlen(text) <= DIGEST + 3 ? text
                                                                  : arena_text(&view->memory, "%.*s...", DIGEST, text);
}

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
    const char *text = json_string_value(json_object_get(a, key));
    return text == NULL ? json_string_value(json_object_get(b, key)) == NULL : view_is(b, key, text);
}

static bool same_texts(const json_t *a, const json_t *b, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!same_text(a, b, keys[i]))
            return false;
    return true;
}

// What a row is about, its address apart; and what it says of that.
static const char *const about[] = {"leaf_sha256", "covers", "id", "value"};
static const char *const says[] = {"verdict", "reason", "sentence"};
#define COUNT(keys) (sizeof(keys) / sizeof *(keys))

// Whether a row says what one before it has said of another address.
static bool said(const json_t *list, size_t index)
{
    const json_t *row = json_array_get(list, index);
    for (size_t i = 0; i < index; i++) {
        const json_t *before = json_array_get(list, i);
        if (same_texts(row, before, about, COUNT(about)) && same_texts(row, before, says, COUNT(says)))
            return true;
    }
    return false;
}

// The address of a row where another address differs; else NULL.
static const char *address_of(struct view *view, const json_t *list, const json_t *row)
{
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *other = json_array_get(list, i);
        if (same_texts(row, other, about, COUNT(about)) && !same_texts(row, other, says, COUNT(says)))
            return view_text(view, row, "address");
    }
    return NULL;
}

// A row of one address.
static void row_fact(struct view *view, const char *label, const json_t *list, const json_t *row, enum tint no,
                     const char *detail)
{
    const char *address = address_of(view, list, row);
    if (address != NULL)
        detail = arena_text(&view->memory, "%s%s%s", address, detail == NULL ? "" : ", ", detail == NULL ? "" : detail);
    view_fact(view, DETAILS, label, row, TINT_GOOD, no, detail);
}

// "example.com, secure", or NULL.
static const char *place(struct view *view, const json_t *object)
{
    const char *name = view_text(view, object, "name"), *dnssec = view_text(view, object, "dnssec");
    if (name == NULL || !view_is(object, "verdict", "yes"))
        return NULL;
    return dnssec == NULL ? name : arena_text(&view->memory, "%s, %s", name, dnssec);
}

// The part's own fact, then its records.
static void part(struct view *view, const json_t *object, const char *label,
                 const char *(*tell)(struct view *view, const json_t *record))
{
    const json_t *records = json_object_get(object, "records");
    size_t count = view_count(records), shown = count < most(view) ? count : most(view);
    view_fact(view, 2, label, object, TINT_PLAIN, TINT_DIM, place(view, object));
    for (size_t i = 0; i < shown; i++)
        page_line(&view->page, 2 + PAGE_LABEL, TINT_PLAIN, tell(view, json_array_get(records, i)));
    if (count > shown)
        page_line(&view->page, 2 + PAGE_LABEL, TINT_DIM, arena_text(&view->memory, "and %zu more", count - shown));
}

// --- CAA -----------------------------------------------------------------------------------------

static const char *caa_record(struct view *view, const json_t *record)
{
    const char *name = view_text(view, record, "name"), *tag = view_text(view, record, "tag");
    const char *value = view_text(view, record, "value"), *error = view_text(view, record, "error");
    if (error != NULL)
        return error;
    return arena_text(&view->memory, "%s%s \"%s\"%s%s", tag == NULL ? "?" : tag,
                      view_truth(record, "critical") ? " (critical)" : "", value == NULL ? "?" : value,
                      view->options->verbose ? " at " : "", view->options->verbose && name != NULL ? name : "");
}

static void issuers(struct view *view, const json_t *caa)
{
    const json_t *list = json_object_get(caa, "issuers");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *ca = view_text(view, row, "ca"), *covers = view_text(view, row, "covers");
        if (ca == NULL)
            ca = view_text(view, row, "issuer");
        if (!said(list, i))
            row_fact(view, "Issuer", list, row, TINT_BAD,
                     arena_text(&view->memory, "%s%s%s", ca == NULL ? "?" : ca, covers == NULL ? "" : " for ",
                                covers == NULL ? "" : covers));
    }
}

// --- TLSA ----------------------------------------------------------------------------------------

// "DANE-EE SPKI SHA2-256 0123456789ABCDEF..."
static const char *tlsa_record(struct view *view, const json_t *record)
{
    static const char *const keys[] = {"usage", "selector", "matching"};
    const char *text = "";
    for (size_t i = 0; i < 3; i++) {
        const char *name = view_text(view, record, keys[i]);
        if (name == NULL)
            name = arena_text(&view->memory, "%" PRId64,
                              view_number(record, arena_text(&view->memory, "%s_code", keys[i])));
        text = arena_text(&view->memory, "%s%s ", text, name);
    }
    const char *unusable = view_text(view, record, "unusable"), *data = view_text(view, record, "data");
    return arena_text(&view->memory, "%s%s%s%s", text,
                      data == NULL || data[0] == '\0' ? "(no data)" : shortened(view, data),
                      unusable == NULL ? "" : ": ", unusable == NULL ? "" : unusable);
}

static void matches(struct view *view, const json_t *chain)
{
    const json_t *list = json_object_get(chain, "records");
    for (size_t i = 0; view->options->verbose && i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        view_fact(view, DETAILS + 2, arena_text(&view->memory, "Record %" PRId64, view_number(row, "record")), row,
                  TINT_GOOD, TINT_POOR, view_text(view, row, "certificate_sha256"));
    }
}

static void chains(struct view *view, const json_t *tlsa)
{
    const json_t *list = json_object_get(tlsa, "chains");
    for (size_t i = 0; i < view_count(list) && !view_is(tlsa, "verdict", "no"); i++) {
        const json_t *row = json_array_get(list, i);
        if (said(list, i))
            continue;
        row_fact(view, "DANE", list, row, TINT_BAD,
                 arena_text(&view->memory, "leaf %s", shortened(view, view_text(view, row, "leaf_sha256"))));
        matches(view, row);
    }
}

// --- HTTPS ---------------------------------------------------------------------------------------

static void append_list(struct view *view, struct builder *text, const char *label, const json_t *list)
{
    const char *joined = view_joined(view, list, most(view));
    if (joined == NULL)
        return;
    view_append(text, label);
    view_append(text, joined);
}

static const char *ech_names(struct view *view, const json_t *record)
{
    const json_t *list = json_object_get(record, "ech");
    const char *text = NULL;
    for (size_t i = 0; i < view_count(list) && i < RECORDS; i++) {
        const char *name = view_text(view, json_array_get(list, i), "public_name");
        text = arena_text(&view->memory, "%s%s%s", text == NULL ? "" : text, text == NULL ? "" : ", ",
                          name == NULL ? "(unknown version)" : name);
    }
    return text;
}

// "1 svc.example.net alpn h2, h3 port 8443 ech public.example"
static const char *https_record(struct view *view, const json_t *record)
{
    struct builder text = builder_in(&view->memory);
    const char *target = view_text(view, record, "target"), *malformed = view_text(view, record, "malformed");
    const char *ech = ech_names(view, record);
    view_append(&text, arena_text(&view->memory, "%" PRId64 " %s", view_number(record, "priority"),
                                  target == NULL ? "?" : target));
    append_list(view, &text, " alpn ", json_object_get(record, "alpn"));
    if (json_is_integer(json_object_get(record, "port")))
        view_append(&text, arena_text(&view->memory, " port %" PRId64, view_number(record, "port")));
    append_list(view, &text, " ipv4hint ", json_object_get(record, "ipv4_hints"));
    append_list(view, &text, " ipv6hint ", json_object_get(record, "ipv6_hints"));
    if (ech != NULL)
        view_append(&text, arena_text(&view->memory, " ech %s", ech));
    append_list(view, &text, " mandatory ", json_object_get(record, "mandatory"));
    if (malformed != NULL)
        view_append(&text, arena_text(&view->memory, ": %s", malformed));
    return arena_string(&view->memory, builder_bytes(&text));
}

static const char *title_of(const char *id)
{
    static const struct {
        const char *id, *title;
    } titles[] = {
        {"alias_target", "Alias"}, {"alpn", "ALPN"}, {"ech", "ECH"},          {"ipv4_hints", "IPv4"},
        {"ipv6_hints", "IPv6"},    {"port", "Port"}, {"well_formed", "Form"},
    };
    for (size_t i = 0; id != NULL && i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].id, id) == 0)
            return titles[i].title;
    return "Other";
}

static void agreement(struct view *view, const json_t *https)
{
    const json_t *list = json_object_get(https, "agreement");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        // That a record is well-formed, and about this port, needs no line.
        bool expected =
            view_is(row, "verdict", "yes") && (view_is(row, "id", "well_formed") || view_is(row, "id", "port"));
        if (!said(list, i) && (!expected || view->options->verbose))
            row_fact(view, title_of(json_string_value(json_object_get(row, "id"))), list, row, TINT_POOR,
                     view_text(view, row, "value"));
    }
}

// --- the whole -----------------------------------------------------------------------------------

static const char *asked(struct view *view, const json_t *list)
{
    if (json_is_array(list) && json_array_size(list) == 0)
        return "none: name servers from the root down";
    return view_joined(view, list, most(view));
}

void view_dns(struct view *view, const json_t *report)
{
    const json_t *dns = json_object_get(report, "dns");
    const char *dnssec = view_text(view, dns, "dnssec"), *why = view_text(view, dns, "why");
    if (!json_is_object(dns) || (view_is(dns, "verdict", "not_applicable") && !view->options->verbose))
        return;
    view_title(view, "DNS");
    if (!view_is(dns, "verdict", "yes"))
        view_fact(view, 2, "Asked", dns, TINT_PLAIN, TINT_PLAIN, NULL);
    // Where nothing was answered, or there is no name, the parts have nothing to add.
    if (!view_is(dns, "verdict", "yes") && !view->options->verbose)
        return;
    view_labelled(view, 2, "DNSSEC",
                  dnssec == NULL || why == NULL ? dnssec : arena_text(&view->memory, "%s: %s", dnssec, why));
    if (view->options->verbose)
        view_labelled(view, 2, "Resolver", asked(view, json_object_get(dns, "resolver")));
    part(view, json_object_get(dns, "caa"), "CAA", caa_record);
    issuers(view, json_object_get(dns, "caa"));
    part(view, json_object_get(dns, "tlsa"), "TLSA", tlsa_record);
    chains(view, json_object_get(dns, "tlsa"));
    part(view, json_object_get(dns, "https"), "HTTPS", https_record);
    agreement(view, json_object_get(dns, "https"));
}
