// SPDX-License-Identifier: Apache-2.0
//
// What DNS says of the name, on an HTML page: the records as they stand, and whether the server keeps to them.
#include <inttypes.h>
#include <string.h>

#include "report/html_parts.h"

#define RECORDS 64 // shown of one set

// "at example.com, secure"; NULL where there is nothing to be at.
static const char *place(struct html *html, const json_t *part)
{
    const char *name = view_text(&html->view, part, "name"), *dnssec = view_text(&html->view, part, "dnssec");
    if (name == NULL || !view_is(part, "verdict", "yes"))
        return NULL;
    return arena_text(&html->view.memory, "at %s%s%s", name, dnssec == NULL ? "" : ", DNSSEC ",
                      dnssec == NULL ? "" : dnssec);
}

static void part(struct html *html, const char *title, const json_t *json,
                 const char *(*tell)(struct html *html, const json_t *record))
{
    const json_t *records = json_object_get(json, "records");
    size_t count = view_count(records);
    html_put(html, "<h3>%s</h3>\n<dl class=\"facts\">\n", title);
    html_fact(html, "Records", json, TINT_PLAIN, TINT_DIM, place(html, json));
    for (size_t i = 0; i < count && i < RECORDS; i++) {
        html_put(html, "<dt>%s</dt><dd><code>", html_number(html, (int64_t)i + 1));
        html_name(html, tell(html, json_array_get(records, i)));
        html_put(html, "</code></dd>\n");
    }
    if (count > RECORDS)
        html_pair(html, "", arena_text(&html->view.memory, "and %zu more", count - RECORDS));
    html_put(html, "</dl>\n");
}

// What the server keeps of it, address by address.
static void kept(struct html *html, const char *title, const json_t *list,
                 const char *(*tell)(struct html *html, const json_t *row))
{
    if (view_count(list) == 0)
        return;
    html_put(html,
             "<table>\n<caption>%s</caption>\n<thead><tr><th scope=\"col\">Address</th><th scope=\"col\">What"
             "</th><th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n",
             title);
    for (size_t i = 0; i < view_count(list); i++) {
        struct arena_mark mark = arena_mark(&html->view.memory);
        const json_t *row = json_array_get(list, i);
        const char *address = view_text(&html->view, row, "address"),
                   *sentence = view_text(&html->view, row, "sentence");
        html_put(html, "<tr><th scope=\"row\">%s</th><td>", address == NULL ? "all" : address);
        html_name(html, tell(html, row));
        html_put(html, "</td><td>");
        html_verdict(html, row, TINT_GOOD, TINT_BAD);
        html_put(html, " <span class=\"why\">%s</span></td></tr>\n", sentence);
        arena_rewind(&html->view.memory, mark);
    }
    html_put(html, "</tbody>\n</table>\n");
}

// --- CAA -----------------------------------------------------------------------------------------

static const char *caa_record(struct html *html, const json_t *record)
{
    const char *error = view_text(&html->view, record, "error");
    if (error != NULL)
        return error;
    return arena_text(&html->view.memory, "%s%s \"%s\"", html_known(html, record, "tag"),
                      view_truth(record, "critical") ? " (critical)" : "", html_known(html, record, "value"));
}

static const char *issuer(struct html *html, const json_t *row)
{
    const char *ca = view_text(&html->view, row, "ca"), *covers = view_text(&html->view, row, "covers");
    return arena_text(&html->view.memory, "%s%s%s", ca == NULL ? html_known(html, row, "issuer") : ca,
                      covers == NULL ? "" : " for ", covers == NULL ? "" : covers);
}

// --- TLSA ----------------------------------------------------------------------------------------

// "DANE-EE SPKI SHA2-256 0123456789ABCDEF..."
static const char *tlsa_record(struct html *html, const json_t *record)
{
    static const char *const keys[][2] = {
        {"usage", "usage_code"}, {"selector", "selector_code"}, {"matching", "matching_code"}};
    const char *text = "", *unusable = view_text(&html->view, record, "unusable");
    for (size_t i = 0; i < 3; i++) {
        const char *name = view_text(&html->view, record, keys[i][0]);
        text = arena_text(&html->view.memory, "%s%s ", text,
                          name != NULL ? name : html_number(html, view_number(record, keys[i][1])));
    }
    return arena_text(&html->view.memory, "%s%s%s%s", text, html_known(html, record, "data"),
                      unusable == NULL ? "" : ": ", unusable == NULL ? "" : unusable);
}

static const char *vouched(struct html *html, const json_t *row)
{
    return arena_text(&html->view.memory, "leaf %.16s…", html_known(html, row, "leaf_sha256"));
}

// --- HTTPS ---------------------------------------------------------------------------------------

static void append_list(struct html *html, struct builder *text, const char *label, const json_t *list)
{
    const char *joined = view_joined(&html->view, list, 16);
    if (joined != NULL)
        view_append(text, arena_text(&html->view.memory, "%s%s", label, joined));
}

// "1 svc.example.net alpn h2, h3 port 8443"
static const char *https_record(struct html *html, const json_t *record)
{
    struct builder text = builder_in(&html->view.memory);
    const char *malformed = view_text(&html->view, record, "malformed");
    const char *ech = view_text(&html->view, json_array_get(json_object_get(record, "ech"), 0), "public_name");
    view_append(&text, arena_text(&html->view.memory, "%" PRId64 " %s", view_number(record, "priority"),
                                  html_known(html, record, "target")));
    append_list(html, &text, " alpn ", json_object_get(record, "alpn"));
    if (json_is_integer(json_object_get(record, "port")))
        view_append(&text, arena_text(&html->view.memory, " port %" PRId64, view_number(record, "port")));
    append_list(html, &text, " ipv4hint ", json_object_get(record, "ipv4_hints"));
    append_list(html, &text, " ipv6hint ", json_object_get(record, "ipv6_hints"));
    if (ech != NULL)
        view_append(&text, arena_text(&html->view.memory, " ech %s", ech));
    append_list(html, &text, " mandatory ", json_object_get(record, "mandatory"));
    if (malformed != NULL)
        view_append(&text, arena_text(&html->view.memory, ": %s", malformed));
    return arena_string(&html->view.memory, builder_bytes(&text));
}

static const char *agreed(struct html *html, const json_t *row)
{
    const char *value = view_text(&html->view, row, "value");
    return arena_text(&html->view.memory, "%s%s%s", html_words(html, html_known(html, row, "id")),
                      value == NULL ? "" : " ", value == NULL ? "" : value);
}

// --- the whole -----------------------------------------------------------------------------------

void html_dns(struct html *html, const json_t *report)
{
    const json_t *dns = json_object_get(report, "dns"), *caa = json_object_get(dns, "caa");
    const json_t *tlsa = json_object_get(dns, "tlsa"), *https = json_object_get(dns, "https");
    const char *why = view_text(&html->view, dns, "why"), *dnssec = view_text(&html->view, dns, "dnssec");
    if (!json_is_object(dns) || view_is(dns, "verdict", "not_applicable"))
        return;
    html_put(html, "<dl class=\"facts\">\n");
    html_fact(html, "Asked", dns, TINT_PLAIN, TINT_PLAIN, view_text(&html->view, dns, "name"));
    if (dnssec != NULL)
        html_put(html, "<dt>DNSSEC</dt><dd>%s <span class=\"why\">%s</span></dd>\n", dnssec, why);
    const char *resolver = view_joined(&html->view, json_object_get(dns, "resolver"), 8);
    if (resolver != NULL)
        html_put(html, "<dt>Resolver</dt><dd>%s</dd>\n", resolver);
    html_put(html, "</dl>\n");
    // Where nothing was answered the parts have nothing to add.
    if (!view_is(dns, "verdict", "yes"))
        return;
    part(html, "CAA", caa, caa_record);
    kept(html, "Whether CAA lets the issuer issue", json_object_get(caa, "issuers"), issuer);
    part(html, "TLSA", tlsa, tlsa_record);
    kept(html, "Whether TLSA vouches for what is served", json_object_get(tlsa, "chains"), vouched);
    part(html, "HTTPS", https, https_record);
    kept(html, "Whether the server keeps what HTTPS records say", json_object_get(https, "agreement"), agreed);
}
