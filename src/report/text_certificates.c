// SPDX-License-Identifier: Apache-2.0
//
// The terminal view of the certificate chains: first what holds of a chain, then each certificate
// from the leaf on.
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/view.h"

#define NAMES   20 // shown of one list, where not all are asked for
#define DETAILS 4  // columns of indentation: with a label, a fingerprint just fits a line of 80
#define DAY     86400
#define SOON    30 // days left that are worth a colour

static bool same_use(const json_t *a, const json_t *b)
{
    const char *key = json_string_value(json_object_get(a, "authentication"));
    return key != NULL && view_is(b, "authentication", key) && view_truth(a, "sni") == view_truth(b, "sni");
}

// "TLSv1.2, TLSv1.3 with RSA; TLSv1.2 with RSA and no server name"
static const char *served_for(struct view *view, const json_t *chain)
{
    struct builder builder = builder_in(&view->memory);
    const json_t *list = json_object_get(chain, "served_for");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i), *next = json_array_get(list, i + 1);
        const char *version = view_text(view, row, "version"), *key = view_text(view, row, "authentication");
        view_append(&builder, version == NULL ? "?" : version);
        if (next != NULL && same_use(row, next)) {
            view_append(&builder, ", ");
            continue;
        }
        view_append(&builder,
                    arena_text(&view->memory, " with %s%s%s", key == NULL ? "?" : key,
                               view_truth(row, "sni") ? "" : " and no server name", next == NULL ? "" : "; "));
    }
    return arena_string(&view->memory, builder_bytes(&builder));
}

static const char *days(struct view *view, int64_t seconds)
{
    return seconds < DAY ? "less than a day" : view_counted(view, seconds / DAY, "day");
}

// What the dates mean at the time the report was judged by; NULL where that is not known.
static const char *remaining(struct view *view, int64_t from, int64_t to, enum tint *tint)
{
    *tint = TINT_PLAIN;
    if (!view->has_now)
        return NULL;
    if (view->now < from || view->now > to)
        *tint = TINT_BAD;
    else if (to - view->now < (int64_t)SOON * DAY)
        *tint = TINT_POOR;
    if (view->now < from)
        return arena_text(&view->memory, "begins in %s", days(view, from - view->now));
    if (view->now > to)
        return arena_text(&view->memory, "ended %s ago", days(view, view->now - to));
    return arena_text(&view->memory, "%s left", days(view, to - view->now));
}

static void validity(struct view *view, const json_t *certificate)
{
    const char *before = view_text(view, certificate, "not_before"), *after = view_text(view, certificate, "not_after");
    int64_t from, to;
    enum tint tint;
    if (before == NULL || after == NULL || !text_to_time(before, &from) || !text_to_time(after, &to))
        return;
    const char *state = remaining(view, from, to, &tint);
    page_label(&view->page, DETAILS, "Valid");
    page_words(&view->page, TINT_PLAIN,
               arena_text(&view->memory, "%.10s to %.10s%s", text_time(&view->memory, from),
                          text_time(&view->memory, to), state == NULL ? "" : ","));
    if (state != NULL)
        page_words(&view->page, tint, state);
    page_end(&view->page);
}

static void key(struct view *view, const json_t *certificate)
{
    const json_t *object = json_object_get(certificate, "key");
    const char *type = view_text(view, object, "type"), *curve = view_text(view, object, "curve");
    int64_t bits = view_number(object, "bits");
    if (type == NULL)
        return;
    const char *size = bits == 0 ? "" : arena_text(&view->memory, " %" PRId64 " bits", bits);
    view_labelled(
        view, DETAILS, "Key",
        arena_text(&view->memory, "%s%s%s%s", type, size, curve == NULL ? "" : ", ", curve == NULL ? "" : curve));
}

// What is wrong with the key, and what could not be told of it. That a list was not given is no news.
static void weak_key(struct view *view, const json_t *certificate)
{
    const json_t *rows = json_object_get(certificate, "weak_key");
    for (size_t i = 0; i < view_count(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *id = view_text(view, row, "id"), *sentence = view_text(view, row, "sentence");
        bool weak = view_is(row, "verdict", "yes"), open = view_is(row, "verdict", "unknown");
        if (!weak && !open && !(view->options->verbose && view_is(row, "verdict", "not_tested")))
            continue;
        page_label(&view->page, DETAILS, weak ? "Weak key" : "Not known");
        page_words(&view->page, weak ? TINT_BAD : TINT_POOR, arena_text(&view->memory, "%s:", id == NULL ? "?" : id));
        page_words(&view->page, TINT_PLAIN, sentence == NULL ? "" : sentence);
        page_end(&view->page);
    }
}

static void list(struct view *view, const char *label, const json_t *certificate, const char *name)
{
    size_t most = view->options->verbose ? VIEW_ROWS : NAMES;
    view_labelled(view, DETAILS, label, view_joined(view, json_object_get(certificate, name), most));
}

static void more(struct view *view, const json_t *certificate)
{
    view_labelled(view, DETAILS, "Serial", view_text(view, certificate, "serial"));
    list(view, "Usage", certificate, "key_usage");
    list(view, "For", certificate, "extended_key_usage");
    list(view, "OCSP", certificate, "ocsp_urls");
    list(view, "CRL", certificate, "crl_urls");
    view_labelled(view, DETAILS, "Key SHA-256", view_text(view, certificate, "public_key_sha256"));
    view_labelled(view, DETAILS, "SHA-1", view_text(view, certificate, "fingerprint_sha1"));
}

static void certificate_rows(struct view *view, const json_t *certificate, size_t number)
{
    const char *subject = view_text(view, certificate, "subject");
    page_begin(&view->page, 2, 4);
    page_words(&view->page, TINT_DIM, arena_text(&view->memory, "%zu", number));
    page_words(&view->page, TINT_BOLD, subject == NULL || subject[0] == '\0' ? "(no subject)" : subject);
    page_end(&view->page);
    view_labelled(view, DETAILS, "Issuer", view_text(view, certificate, "issuer"));
    list(view, "Names", certificate, "dns_names");
    list(view, "Addresses", certificate, "ip_addresses");
    list(view, "Other names", certificate, "other_names");
    validity(view, certificate);
    key(view, certificate);
    weak_key(view, certificate);
    view_labelled(view, DETAILS, "Signature", view_text(view, certificate, "signature_algorithm"));
    view_labelled(view, DETAILS, "SHA-256", view_text(view, certificate, "fingerprint_sha256"));
    list(view, "Critical", certificate, "unknown_critical");
    if (view_truth(certificate, "must_staple"))
        view_labelled(view, DETAILS, "Staple", "required by the certificate");
    if (view->options->verbose)
        more(view, certificate);
    view_labelled(view, DETAILS, "Unreadable", view_text(view, certificate, "error"));
}

// "store system", "list mozilla of 2026-07-19"; NULL where it has no name.
static const char *store_of(struct view *view, const json_t *row)
{
    const char *store = view_text(view, row, "store"), *date = view_text(view, row, "date");
    const char *kind = view_is(row, "kind", "list") ? "list" : "store";
    if (store == NULL)
        return NULL;
    return arena_text(&view->memory, "%s %s%s%s", kind, store, date == NULL ? "" : " of ", date == NULL ? "" : date);
}

static bool same_verdict(struct view *view, const json_t *a, const json_t *b)
{
    const char *verdict = view_text(view, a, "verdict"), *reason = view_text(view, a, "reason");
    return verdict != NULL && view_is(b, "verdict", verdict) &&
           (reason == NULL ? view_text(view, b, "reason") == NULL : view_is(b, "reason", reason));
}

static bool is_list(const json_t *row) { return view_is(row, "kind", "list"); }

// The lists from this row on that say the same: "mozilla 2026-07-19, chrome 2026-07".
static const char *agreeing(struct view *view, const json_t *rows, size_t first)
{
    struct builder builder = builder_in(&view->memory);
    for (size_t i = first; i < view_count(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *store = view_text(view, row, "store"), *date = view_text(view, row, "date");
        if (!is_list(row) || !same_verdict(view, json_array_get(rows, first), row))
            continue;
        view_append(&builder, i == first ? "" : ", ");
        view_append(&builder, arena_text(&view->memory, "%s%s%s", store == NULL ? "?" : store, date == NULL ? "" : " ",
                                         date == NULL ? "" : date));
    }
    return arena_string(&view->memory, builder_bytes(&builder));
}

// Whether a list before this one says the same.
static bool told_before(struct view *view, const json_t *rows, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (is_list(json_array_get(rows, i)) &&
            same_verdict(view, json_array_get(rows, i), json_array_get(rows, index)))
            return true;
    return false;
}

// A line for each verdict: "no (unknown_issuer): mozilla 2026-07-19, chrome 2026-07"
static void lists(struct view *view, const json_t *rows)
{
    const char *label = "Lists";
    for (size_t i = 0; i < view_count(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *verdict = view_text(view, row, "verdict"), *reason = view_text(view, row, "reason");
        if (!is_list(row) || verdict == NULL || told_before(view, rows, i))
            continue;
        page_label(&view->page, DETAILS, label);
        label = "";
        page_words(&view->page, view_tint(verdict, TINT_GOOD, TINT_BAD),
                   reason == NULL ? arena_text(&view->memory, "%s:", verdict)
                                  : arena_text(&view->memory, "%s (%s):", verdict, reason));
        page_words(&view->page, TINT_PLAIN, agreeing(view, rows, i));
        page_end(&view->page);
    }
}

// Each store with its reason; lists on one line where not all is asked for.
static void trust(struct view *view, const json_t *chain)
{
    const json_t *rows = json_object_get(chain, "trust");
    for (size_t i = 0; i < view_count(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (is_list(row) && !view->options->verbose)
            continue;
        view_fact(view, DETAILS, "Trust", row, TINT_GOOD, TINT_BAD, store_of(view, row));
        if (view->options->verbose)
            view_labelled(view, DETAILS, "Path", view_joined(view, json_object_get(row, "path"), VIEW_ROWS));
    }
    if (!view->options->verbose)
        lists(view, rows);
}

// Of the chain, which ends with the first certificate that does.
static void expiry(struct view *view, const json_t *chain)
{
    const json_t *object = json_object_get(chain, "expiry");
    const char *text = view_text(view, object, "not_after");
    int64_t first = view_number(object, "certificate"), end;
    enum tint tint;
    if (text == NULL || !text_to_time(text, &end) || first < 0 || first >= INT64_MAX)
        return;
    const char *state = remaining(view, INT64_MIN, end, &tint);
    page_label(&view->page, DETAILS, "Ends");
    page_words(&view->page, TINT_PLAIN,
               arena_text(&view->memory, "%.10s with certificate %" PRId64 "%s", text_time(&view->memory, end),
                          first + 1, state == NULL ? "" : ","));
    if (state != NULL)
        page_words(&view->page, tint, state);
    page_end(&view->page);
}

// "RSA 2048 bits, sha256WithRSAEncryption: 1, 2"
static void key_kind(struct view *view, const json_t *row, const char *label)
{
    const json_t *list = json_object_get(row, "certificates");
    const char *algorithm = view_text(view, row, "algorithm"), *signature = view_text(view, row, "signature");
    int64_t bits = view_number(row, "bits");
    bool safe = view_truth(row, "key_post_quantum") && view_truth(row, "signature_post_quantum");
    struct builder builder = builder_in(&view->memory);
    for (size_t i = 0; i < view_count(list); i++)
        view_append(&builder, arena_text(&view->memory, "%s%" PRId64, i == 0 ? "" : ", ",
                                         (int64_t)json_integer_value(json_array_get(list, i)) + 1));
    page_label(&view->page, DETAILS, label);
    page_words(&view->page, TINT_PLAIN,
               arena_text(&view->memory, "%s%s, %s%s: %s", algorithm == NULL ? "?" : algorithm,
                          bits == 0 ? "" : arena_text(&view->memory, " %" PRId64 " bits", bits),
                          signature == NULL ? "?" : signature, safe ? ", post-quantum" : "",
                          arena_string(&view->memory, builder_bytes(&builder))));
    page_end(&view->page);
}

static void key_inventory(struct view *view, const json_t *chain)
{
    const json_t *rows = json_object_get(chain, "key_inventory");
    for (size_t i = 0; view->options->verbose && i < view_count(rows); i++)
        key_kind(view, json_array_get(rows, i), i == 0 ? "Keys" : "");
}

// What the stores would say with the certificates that were fetched; of lists only where all is asked for.
static void repaired(struct view *view, const json_t *chain)
{
    const json_t *rows = json_object_get(json_object_get(chain, "repairable"), "trust");
    for (size_t i = 0; i < view_count(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (!is_list(row) || view->options->verbose)
            view_fact(view, DETAILS, "Repaired", row, TINT_GOOD, TINT_BAD, store_of(view, row));
    }
}

static void verdicts(struct view *view, const json_t *chain)
{
    const json_t *hostname = json_object_get(chain, "hostname"),
                 *signed_by_itself = json_object_get(chain, "self_signed");
    const char *matched = view_text(view, hostname, "matched");
    view_fact(view, DETAILS, "Name", hostname, TINT_GOOD, TINT_BAD, matched);
    trust(view, chain);
    view_fact(view, DETAILS, "Valid now", json_object_get(chain, "valid_now"), TINT_GOOD, TINT_BAD, NULL);
    expiry(view, chain);
    key_inventory(view, chain);
    view_fact(view, DETAILS, "In order", json_object_get(chain, "order"), TINT_GOOD, TINT_POOR, NULL);
    view_fact(view, DETAILS, "Complete", json_object_get(chain, "complete"), TINT_GOOD, TINT_POOR, NULL);
    view_labelled(view, DETAILS, "Missing", view_text(view, chain, "missing"));
    if (view_text(view, chain, "missing") != NULL)
        view_fact(view, DETAILS, "Repairable", json_object_get(chain, "repairable"), TINT_POOR, TINT_BAD, NULL);
    repaired(view, chain);
    view_must_staple(view, chain);
    view_labelled(view, DETAILS, "Extra", view_joined(view, json_object_get(chain, "extra"), NAMES));
    if (view->options->verbose || view_is(signed_by_itself, "verdict", "yes"))
        view_fact(view, DETAILS, "Self-signed", signed_by_itself, TINT_POOR, TINT_PLAIN, NULL);
    view_transparency(view, chain);
}

void view_chain(struct view *view, const json_t *chain)
{
    const json_t *certificates = json_object_get(chain, "chain");
    const char *evidence = view_evidence(view, chain), *use = served_for(view, chain);
    page_line(&view->page, 2, TINT_PLAIN,
              arena_text(&view->memory, "%s%s%s",
                         view_counted(view, (int64_t)json_array_size(certificates), "certificate"),
                         use[0] == '\0' ? "" : " for ", use));
    if (evidence != NULL)
        page_line(&view->page, 4, TINT_DIM, evidence);
    verdicts(view, chain);
    for (size_t i = 0; i < view_count(certificates); i++) {
        certificate_rows(view, json_array_get(certificates, i), i + 1);
        view_revocation(view, chain, i);
        view_lint(view, chain, i);
    }
}

void view_certificates(struct view *view, const json_t *endpoint)
{
    const json_t *chains = json_object_get(endpoint, "certificates");
    size_t count = view_count(chains);
    if (count == 0)
        return;
    view_title(view, "Certificates");
    for (size_t i = 0; i < count; i++) {
        if (i != 0)
            page_blank(&view->page);
        view_chain(view, json_array_get(chains, i));
    }
}
