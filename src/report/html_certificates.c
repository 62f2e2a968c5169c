// SPDX-License-Identifier: Apache-2.0
//
// Certificate chains on an HTML page: what holds of a chain, who trusts it, and a picture of it from the
// leaf to what was sent last, each certificate with its place on the time line.
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/html_parts.h"

#define NAMES        60 // shown of one list
#define CERTIFICATES 40 // of one chain
#define CHAINS       40
#define PEM_LIMIT    8192

// --- what holds of a chain -----------------------------------------------------------------------

static bool same_use(const json_t *a, const json_t *b)
{
    const char *key = json_string_value(json_object_get(a, "authentication"));
    return key != NULL && view_is(b, "authentication", key) && view_truth(a, "sni") == view_truth(b, "sni");
}

// "TLSv1.2, TLSv1.3 with RSA; TLSv1.2 with RSA and no server name"
static const char *served_for(struct html *html, const json_t *chain)
{
    struct builder text = builder_in(&html->view.memory);
    const json_t *list = json_object_get(chain, "served_for");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i), *next = json_array_get(list, i + 1);
        view_append(&text, html_version(html, html_known(html, row, "version")));
        if (next != NULL && same_use(row, next)) {
            view_append(&text, ", ");
            continue;
        }
        view_append(&text, arena_text(&html->view.memory, " with %s%s%s", html_known(html, row, "authentication"),
                                      view_truth(row, "sni") ? "" : " and no server name", next == NULL ? "" : "; "));
    }
    return arena_string(&html->view.memory, builder_bytes(&text));
}

static bool same_verdict(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "kind"), json_object_get(b, "kind")) &&
           json_equal(json_object_get(a, "verdict"), json_object_get(b, "verdict")) &&
           json_equal(json_object_get(a, "reason"), json_object_get(b, "reason"));
}

// "mozilla of 2026-07-19": all stores from this one on that say the same.
static void stores(struct html *html, const json_t *list, size_t from)
{
    for (size_t i = from; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *date = view_text(&html->view, row, "date");
        if (!same_verdict(row, json_array_get(list, from)))
            continue;
        html_put(html, i == from ? " %s%s" : ", %s%s", view_is(row, "kind", "list") ? "" : "store ",
                 html_known(html, row, "store"));
        html_put(html, date == NULL ? "%s" : " <span class=\"why\">%s</span>", date);
    }
}

static bool told_before(const json_t *list, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_verdict(json_array_get(list, i), json_array_get(list, index)))
            return true;
    return false;
}

static void trust(struct html *html, const json_t *chain)
{
    const json_t *list = json_object_get(chain, "trust");
    if (view_count(list) == 0)
        return;
    html_put(html, "<dt>Trusted by</dt><dd><ul class=\"trust\">\n");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *sentence = view_text(&html->view, row, "sentence"), *reason = view_text(&html->view, row, "reason");
        if (told_before(list, i))
            continue;
        html_put(html, "<li>");
        html_verdict(html, row, TINT_GOOD, TINT_BAD);
        stores(html, list, i);
        // A list's sentence names the list, and would have to be told for each.
        if (!view_is(row, "kind", "list"))
            html_put(html, " <span class=\"why\">%s</span>", sentence);
        else if (reason != NULL)
            html_put(html, " <span class=\"why\">(%s)</span>", html_words(html, reason));
        html_put(html, "</li>\n");
    }
    html_put(html, "</ul></dd>\n");
}

static void holds(struct html *html, const json_t *chain)
{
    const json_t *hostname = json_object_get(chain, "hostname");
    const json_t *own = json_object_get(chain, "self_signed");
    const char *missing = view_text(&html->view, chain, "missing");
    html_put(html, "<dl class=\"facts\">\n");
    html_pair(html, "Served for", served_for(html, chain));
    html_fact(html, "Names the host", hostname, TINT_GOOD, TINT_BAD, view_text(&html->view, hostname, "matched"));
    html_fact(html, "Valid now", json_object_get(chain, "valid_now"), TINT_GOOD, TINT_BAD, NULL);
    html_fact(html, "In order", json_object_get(chain, "order"), TINT_GOOD, TINT_POOR, NULL);
    html_fact(html, "Complete", json_object_get(chain, "complete"), TINT_GOOD, TINT_POOR, NULL);
    html_pair(html, "Missing", missing);
    if (missing != NULL)
        html_fact(html, "Repairable", json_object_get(chain, "repairable"), TINT_POOR, TINT_BAD, NULL);
    html_pair(html, "Not needed", view_joined(&html->view, json_object_get(chain, "extra"), NAMES));
    if (!view_is(own, "verdict", "no"))
        html_fact(html, "Self-signed", own, TINT_POOR, TINT_PLAIN, NULL);
    trust(html, chain);
    html_must_staple(html, chain);
    html_transparency(html, chain);
    html_put(html, "</dl>\n");
}

// --- one certificate -----------------------------------------------------------------------------

static const char *key_text(struct html *html, const json_t *certificate)
{
    const json_t *key = json_object_get(certificate, "key");
    const char *type = view_text(&html->view, key, "type"), *curve = view_text(&html->view, key, "curve");
    int64_t bits = view_number(key, "bits");
    if (type == NULL)
        return NULL;
    const char *size = bits == 0 ? "" : arena_text(&html->view.memory, ", %" PRId64 " bits", bits);
    return arena_text(&html->view.memory, "%s%s%s%s", type, size, curve == NULL ? "" : ", ",
                      curve == NULL ? "" : curve);
}

// What is wrong with the key, and what could not be told of it. That a list was not given is no news.
static void weak_key(struct html *html, const json_t *certificate)
{
    const json_t *rows = json_object_get(certificate, "weak_key");
    for (size_t i = 0; i < view_count(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        bool weak = view_is(row, "verdict", "yes");
        if (!weak && !view_is(row, "verdict", "unknown"))
            continue;
        html_put(html, "<dt>%s</dt><dd>", weak ? "Weak key" : "Key");
        html_mark(html, weak ? "bad" : "poor", weak ? "✗" : "?", html_words(html, html_known(html, row, "id")));
        html_put(html, " <span class=\"why\">%s</span></dd>\n", view_text(&html->view, row, "sentence"));
    }
}

static void validity(struct html *html, const json_t *certificate)
{
    const char *from = view_text(&html->view, certificate, "not_before"), *style;
    const char *to = view_text(&html->view, certificate, "not_after");
    const char *state = html_remaining(html, certificate, &style);
    if (from == NULL || to == NULL)
        return;
    html_put(html, "<dt>Valid</dt><dd>%s to %s", arena_text(&html->view.memory, "%.10s", from),
             arena_text(&html->view.memory, "%.10s", to));
    if (state != NULL)
        html_put(html, ", <span class=\"%s\">%s</span>", style, state);
    html_put(html, "</dd>\n");
}

static void texts(struct html *html, const char *label, const json_t *certificate, const char *key)
{
    const char *words = view_joined(&html->view, json_object_get(certificate, key), NAMES);
    if (words == NULL)
        return;
    html_put(html, "<dt>%s</dt><dd>", label);
    html_name(html, words);
    html_put(html, "</dd>\n");
}

// Whole, where it is what it should be.
static void pem(struct html *html, const json_t *certificate)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=- \n";
    const char *text = json_string_value(json_object_get(certificate, "pem"));
    if (text != NULL && strlen(text) <= PEM_LIMIT && strspn(text, alphabet) == strlen(text))
        html_put(html, "<dt>PEM</dt><dd><code class=\"octets\">%s</code></dd>\n", text);
}

static void more(struct html *html, const json_t *certificate)
{
    html_put(html, "<details><summary>Details</summary>\n<dl class=\"facts\">\n");
    texts(html, "Addresses", certificate, "ip_addresses");
    texts(html, "Other names", certificate, "other_names");
    html_pair_name(html, "Serial", view_text(&html->view, certificate, "serial"));
    texts(html, "Usage", certificate, "key_usage");
    texts(html, "Purpose", certificate, "extended_key_usage");
    texts(html, "Policies", certificate, "policies");
    texts(html, "OCSP", certificate, "ocsp_urls");
    texts(html, "CRL", certificate, "crl_urls");
    texts(html, "Issuer at", certificate, "issuer_urls");
    html_pair_name(html, "SHA-256", view_text(&html->view, certificate, "fingerprint_sha256"));
    html_pair_name(html, "SHA-1", view_text(&html->view, certificate, "fingerprint_sha1"));
    html_pair_name(html, "Key SHA-256", view_text(&html->view, certificate, "public_key_sha256"));
    pem(html, certificate);
    html_put(html, "</dl></details>\n");
}

static const char *role(const json_t *certificate, size_t index)
{
    if (index == 0)
        return "Leaf";
    return view_truth(certificate, "self_signed") ? "Root" : view_truth(certificate, "is_ca") ? "Authority" : "Other";
}

static void certificate_item(struct html *html, const json_t *chain, const struct html_timeline *line, size_t index)
{
    const json_t *certificate = json_array_get(json_object_get(chain, "chain"), index);
    const char *subject = view_text(&html->view, certificate, "subject");
    html_put(html, "<li>\n<p class=\"subject\"><span class=\"role\">%s</span> <strong>", role(certificate, index));
    html_name(html, subject == NULL || subject[0] == '\0' ? "(no subject)" : subject);
    html_put(html, "</strong></p>\n");
    html_timeline_bar(html, line, certificate);
    html_put(html, "<dl class=\"facts\">\n");
    validity(html, certificate);
    html_pair(html, "Issuer", view_text(&html->view, certificate, "issuer"));
    texts(html, "Names", certificate, "dns_names");
    html_pair(html, "Key", key_text(html, certificate));
    weak_key(html, certificate);
    html_pair(html, "Signature", view_text(&html->view, certificate, "signature_algorithm"));
    texts(html, "Unknown critical extensions", certificate, "unknown_critical");
    if (view_truth(certificate, "must_staple"))
        html_pair(html, "Staple", "required by the certificate");
    html_pair(html, "Unreadable", view_text(&html->view, certificate, "error"));
    html_revocation(html, chain, index);
    html_lint(html, chain, index);
    html_put(html, "</dl>\n");
    more(html, certificate);
    html_put(html, "</li>\n");
}

// --- the section ---------------------------------------------------------------------------------

static void picture(struct html *html, const json_t *chain)
{
    const json_t *certificates = json_object_get(chain, "chain");
    struct html_timeline line = html_timeline_of(html, certificates);
    size_t count = view_count(certificates);
    html_timeline_axis(html, &line);
    html_put(html, "<ol class=\"chain\">\n");
    for (size_t i = 0; i < count && i < CERTIFICATES; i++) {
        struct arena_mark mark = arena_mark(&html->view.memory);
        certificate_item(html, chain, &line, i);
        arena_rewind(&html->view.memory, mark);
    }
    html_put(html, "</ol>\n");
    if (count > CERTIFICATES)
        html_put(html, "<p>and %s more</p>\n", html_number(html, (int64_t)count - CERTIFICATES));
}

void html_certificates(struct html *html, const json_t *endpoint)
{
    const json_t *chains = json_object_get(endpoint, "certificates");
    const json_t *whole = json_object_get(endpoint, "certificate_enumeration");
    size_t count = view_count(chains);
    for (size_t i = 0; i < count && i < CHAINS; i++) {
        const json_t *chain = json_array_get(chains, i);
        size_t length = json_array_size(json_object_get(chain, "chain"));
        if (count > 1)
            html_put(html, "<h4>Chain %s of %s</h4>\n", html_number(html, (int64_t)i + 1),
                     html_number(html, (int64_t)count));
        html_put(html, "<p>%s, from the leaf on:</p>\n", view_counted(&html->view, (int64_t)length, "certificate"));
        holds(html, chain);
        picture(html, chain);
    }
    if (count > CHAINS)
        html_put(html, "<p>and %s more chains</p>\n", html_number(html, (int64_t)count - CHAINS));
    if (view_is(whole, "verdict", "unknown"))
        html_put(html, "<p>There may be other chains: %s.</p>\n", html_known(html, whole, "sentence"));
}
