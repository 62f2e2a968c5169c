// SPDX-License-Identifier: Apache-2.0
//
// The terminal view of a report, made from its JSON text and from nothing else, so that it works
// for a saved report too. Findings come first; below them it shows facts: a colour may hint, but no
// word there judges.
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/view.h"

#define SCHEMA       "shakedown-report/1"
#define REPORT_LIMIT ((size_t)64 << 20) // octets of JSON

static bool is_old(const char *version)
{
    return version != NULL &&
           (strncmp(version, "SSL", 3) == 0 || strcmp(version, "TLSv1.0") == 0 || strcmp(version, "TLSv1.1") == 0);
}

static enum tint version_tint(const char *version, const char *verdict)
{
    bool old = is_old(version);
    return view_tint(verdict, old ? TINT_BAD : TINT_GOOD, old ? TINT_GOOD : TINT_PLAIN);
}

// --- header --------------------------------------------------------------------------------------

// "example.com", "bücher.example (xn--bcher-kva.example)"
static const char *host_text(struct view *view, const json_t *report)
{
    const json_t *target = json_object_get(report, "target");
    const char *host = view_text(view, target, "host"), *display = view_text(view, target, "display_host");
    if (host == NULL || display == NULL || strcmp(host, display) == 0)
        return host == NULL ? display == NULL ? "?" : display : host;
    return arena_text(&view->memory, "%s (%s)", display, host);
}

static const char *address_text(struct view *view, const json_t *endpoint)
{
    const char *address = view_text(view, endpoint, "address");
    if (address == NULL)
        address = "?";
    bool brackets = strchr(address, ':') != NULL;
    return arena_text(&view->memory, "%s%s%s:%" PRId64, brackets ? "[" : "", address, brackets ? "]" : "",
                      view_number(endpoint, "port"));
}

static bool reached(const json_t *endpoint)
{
    return view_is(endpoint, "status", "complete") || view_is(endpoint, "status", "partial");
}

static enum tint status_tint(const json_t *endpoint)
{
    if (!reached(endpoint))
        return TINT_BAD;
    return view_is(endpoint, "status", "complete") ? TINT_GOOD : TINT_POOR;
}

// after: what stands behind the status
static void heading(struct view *view, const json_t *report, const json_t *endpoint, const char *after)
{
    const char *host = host_text(view, report), *status = view_text(view, endpoint, "status");
    const char *address = view_text(view, endpoint, "address");
    page_begin(&view->page, 0, 2);
    if (address == NULL || strcmp(host, address) != 0)
        page_words(&view->page, TINT_BOLD, host);
    page_words(&view->page, TINT_BOLD, address_text(view, endpoint));
    page_words(&view->page, status_tint(endpoint),
               arena_text(&view->memory, "%s%s", status == NULL ? "?" : status, after));
}

static void amounts(struct view *view, const json_t *report, const json_t *endpoint)
{
    const json_t *traffic = json_object_get(endpoint, "traffic"), *duration = json_object_get(report, "duration_ms");
    const char *connections = view_counted(view, view_number(traffic, "connections"), "connection");
    page_words(&view->page, TINT_DIM, connections);
    if (json_is_integer(duration))
        page_words(&view->page, TINT_DIM,
                   arena_text(&view->memory, "in %.1f s", (double)json_integer_value(duration) / 1000));
    if (view->options->verbose)
        page_words(&view->page, TINT_DIM,
                   arena_text(&view->memory, "with %" PRId64 " octets sent and %" PRId64 " received",
                              view_number(traffic, "bytes_sent"), view_number(traffic, "bytes_received")));
}

static void header(struct view *view, const json_t *report, const json_t *endpoint)
{
    const char *reason = view_text(view, endpoint, "reason");
    heading(view, report, endpoint, ",");
    amounts(view, report, endpoint);
    page_end(&view->page);
    if (reason != NULL)
        page_line(&view->page, 2, TINT_PLAIN, reason);
    if (view_truth(report, "interrupted"))
        page_line(&view->page, 2, TINT_POOR, "the scan ended before its time");
    if (view_truth(json_object_get(endpoint, "traffic"), "pushed_back"))
        page_line(&view->page, 2, TINT_POOR, "the server pushed back, so the scan went slower");
}

// --- protocol versions ---------------------------------------------------------------------------

static void versions(struct view *view, const json_t *endpoint)
{
    static const struct column columns[] = {{.title = "Version"}, {.title = "Offered"}};
    const json_t *list = json_object_get(endpoint, "versions");
    size_t count = view_count(list);
    if (count == 0)
        return;
    struct row *rows = arena_array(&view->memory, count, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);
        const char *version = view_text(view, row, "version"), *verdict = view_text(view, row, "verdict");
        rows[i].cell[0] = (struct cell){version, TINT_PLAIN};
        rows[i].cell[1] = (struct cell){verdict, version_tint(version, verdict)};
        rows[i].note = view_note(view, row);
    }
    view_title(view, "Protocol versions");
    page_table(&view->page, 2, columns, 2, rows, count);
}

// --- cipher suites -------------------------------------------------------------------------------

static const struct column suite_columns[] = {
    {.title = "#", .right = true},    {.title = "Suite"},           {.title = "OpenSSL", .drop = 1},
    {.title = "Exchange", .drop = 3}, {.title = "Auth", .drop = 2}, {.title = "Bits", .right = true, .drop = 6},
    {.title = "Group", .drop = 5},    {.title = "FS", .drop = 4},
};
#define SUITE_COLUMNS (sizeof suite_columns / sizeof suite_columns[0])

// A hint, not a judgement: by effective bits, and ciphers and key exchanges that no policy allows.
static enum tint strength_tint(const json_t *suite)
{
    const char *cipher = json_string_value(json_object_get(suite, "cipher"));
    int64_t bits = view_number(suite, "strength_bits");
    bool broken = cipher != NULL && (strncmp(cipher, "RC4", 3) == 0 || strncmp(cipher, "RC2", 3) == 0);
    if (bits < 112 || broken || view_is(suite, "authentication", "anon"))
        return TINT_BAD;
    return bits < 128 ? TINT_POOR : TINT_GOOD;
}

static const char *number_text(struct view *view, const json_t *object, const char *key)
{
    return json_is_integer(json_object_get(object, key))
               ? arena_text(&view->memory, "%" PRId64, view_number(object, key))
               : NULL;
}

// TLS 1.3 suites leave both open.
static const char *unless_any(const char *text) { return text == NULL || strcmp(text, "any") == 0 ? NULL : text; }

static const char *group_text(struct view *view, const json_t *suite)
{
    const char *group = view_text(view, suite, "group");
    int64_t bits = view_number(suite, "dh_bits");
    return group != NULL || bits == 0 ? group : arena_text(&view->memory, "DH %" PRId64, bits);
}

// Not said twice: the suites of TLS 1.3 have one name.
static const char *other_name(struct view *view, const json_t *suite, const char *name)
{
    const char *other = view_text(view, suite, "openssl_name");
    return other == NULL || name == NULL || strcmp(other, name) == 0 ? NULL : other;
}

static struct row suite_row(struct view *view, const json_t *suite)
{
    const char *name = view_text(view, suite, "name");
    bool secret = view_truth(suite, "forward_secrecy");
    enum tint tint = strength_tint(suite);
    struct row row = {.cell = {
                          {number_text(view, suite, "order"), TINT_DIM},
                          {name, tint == TINT_GOOD ? TINT_PLAIN : tint},
                          {other_name(view, suite, name), TINT_DIM},
                          {unless_any(view_text(view, suite, "key_exchange")), TINT_PLAIN},
                          {unless_any(view_text(view, suite, "authentication")), TINT_PLAIN},
                          {number_text(view, suite, "strength_bits"), tint},
                          {group_text(view, suite), TINT_PLAIN},
                          {secret ? "yes" : "no", secret ? TINT_GOOD : TINT_POOR},
                      }};
    row.note = view_evidence(view, suite);
    return row;
}

static void suites_of_version(struct view *view, const json_t *endpoint, const json_t *list, size_t from, size_t to)
{
    const char *version = view_text(view, json_array_get(list, from), "version");
    const json_t *preference = view_about(endpoint, "suite_preference", version);
    const json_t *enumeration = view_about(endpoint, "suite_enumeration", version);
    const char *note = view_note(view, preference);
    struct row *rows = arena_array(&view->memory, to - from, sizeof *rows);
    for (size_t i = from; i < to; i++)
        rows[i - from] = suite_row(view, json_array_get(list, i));
    page_begin(&view->page, 2, 4);
    page_words(&view->page, TINT_BOLD, version == NULL ? "?" : version);
    page_words(&view->page, TINT_PLAIN, view_order(preference));
    if (enumeration != NULL && !view_is(enumeration, "verdict", "yes"))
        page_words(&view->page, TINT_POOR, "(there may be more)");
    page_end(&view->page);
    if (note != NULL)
        page_line(&view->page, 4, TINT_DIM, note);
    page_table(&view->page, 4, suite_columns, SUITE_COLUMNS, rows, to - from);
}

static bool same_version(const json_t *a, const json_t *b)
{
    const char *version = json_string_value(json_object_get(a, "version"));
    return version != NULL && view_is(b, "version", version);
}

static void suites(struct view *view, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "cipher_suites");
    size_t count = view_count(list), to;
    if (count == 0)
        return;
    view_title(view, "Cipher suites");
    for (size_t from = 0; from < count; from = to) {
        for (to = from + 1; to < count; to++)
            if (!same_version(json_array_get(list, from), json_array_get(list, to)))
                break;
        suites_of_version(view, endpoint, list, from, to);
    }
}

// --- what was strange, and what is not known -----------------------------------------------------

static void anomalies(struct view *view, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "anomalies");
    size_t count = view_count(list);
    if (count == 0)
        return;
    view_title(view, "Anomalies");
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);
        const char *code = view_text(view, row, "code"), *sentence = view_text(view, row, "sentence");
        const char *evidence = view_evidence(view, row);
        page_begin(&view->page, 2, 4);
        page_words(&view->page, TINT_POOR, arena_text(&view->memory, "%s:", code == NULL ? "?" : code));
        page_words(&view->page, TINT_PLAIN, sentence == NULL ? "" : sentence);
        page_end(&view->page);
        if (evidence != NULL)
            page_line(&view->page, 4, TINT_DIM, evidence);
    }
}

struct open_facts {
    struct view *view;
    bool titled;
};

static void open_fact(void *context, const json_t *fact, const char *what)
{
    struct open_facts *facts = context;
    struct view *view = facts->view;
    const char *version = view_text(view, fact, "version"), *reason = view_text(view, fact, "reason");
    const char *sentence = view_text(view, fact, "sentence");
    if (!facts->titled)
        view_title(view, "Not known");
    facts->titled = true;
    page_begin(&view->page, 2, 4);
    page_words(&view->page, TINT_POOR,
               arena_text(&view->memory, "%s%s%s:", version == NULL ? "" : version, version == NULL ? "" : " ", what));
    page_words(&view->page, TINT_PLAIN, sentence != NULL ? sentence : reason != NULL ? reason : "no reason is given");
    if (view->options->verbose && reason != NULL)
        page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", reason));
    page_end(&view->page);
}

static void not_known(struct view *view, const json_t *endpoint)
{
    struct open_facts facts = {view, false};
    view_each_open(endpoint, open_fact, &facts);
}

// --- one line ------------------------------------------------------------------------------------

static void quiet_versions(struct view *view, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "versions");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *version = view_text(view, row, "version");
        if (version != NULL && view_is(row, "verdict", "yes"))
            page_words(&view->page, version_tint(version, "yes"), version);
    }
}

// One word for all chains: no when any is a no, yes when each is a yes.
static const char *worst(const char *so_far, const json_t *fact)
{
    if (view_is(fact, "verdict", "no") || strcmp(so_far, "no") == 0)
        return "no";
    return view_is(fact, "verdict", "yes") ? so_far : "unknown";
}

static void quiet_certificates(struct view *view, const json_t *endpoint)
{
    const json_t *chains = json_object_get(endpoint, "certificates");
    const char *name = "yes", *trust = "yes";
    for (size_t i = 0; i < view_count(chains); i++) {
        const json_t *chain = json_array_get(chains, i);
        name = worst(name, json_object_get(chain, "hostname"));
        trust = worst(trust, json_array_get(json_object_get(chain, "trust"), 0));
    }
    if (view_count(chains) == 0)
        return;
    page_words(&view->page, TINT_DIM, "name");
    page_words(&view->page, view_tint(name, TINT_GOOD, TINT_BAD), name);
    page_words(&view->page, TINT_DIM, "trust");
    page_words(&view->page, view_tint(trust, TINT_GOOD, TINT_BAD), trust);
}

static void quiet_endpoint(struct view *view, const json_t *report, const json_t *endpoint, bool first)
{
    const char *reason = view_text(view, endpoint, "reason");
    size_t suite_count = json_array_size(json_object_get(endpoint, "cipher_suites"));
    heading(view, report, endpoint, "");
    quiet_versions(view, endpoint);
    if (suite_count != 0)
        page_words(&view->page, TINT_DIM, view_counted(view, (int64_t)suite_count, "suite"));
    quiet_certificates(view, endpoint);
    view_connection_verdict(view, endpoint);
    view_finding_counts(view, report, endpoint, first);
    view_policy_verdict(view, report);
    view_threshold_verdicts(view, report);
    view_grade_letter(view, report, endpoint);
    if (first)
        view_changes_verdict(view, report);
    if (reason != NULL)
        page_words(&view->page, TINT_DIM, reason);
    page_end(&view->page);
}

// --- the whole -----------------------------------------------------------------------------------

// What the run was to be held against.
static void demands(struct view *view, const json_t *report)
{
    view_policy(view, report);
    view_thresholds(view, report);
}

static void full_endpoint(struct view *view, const json_t *report, const json_t *endpoint, bool first)
{
    header(view, report, endpoint);
    if (first && !reached(endpoint))
        demands(view, report);
    // Where nothing of TLS was reached each fact is unknown for the reason that the header gives.
    if (!reached(endpoint) && !view->options->verbose)
        return;
    if (reached(endpoint))
        view_findings(view, report, endpoint, first);
    if (first && reached(endpoint))
        demands(view, report);
    if (reached(endpoint))
        view_grade(view, report, endpoint);
    view_connection(view, endpoint);
    versions(view, endpoint);
    suites(view, endpoint);
    view_groups(view, endpoint);
    view_certificates(view, endpoint);
    view_http(view, report, endpoint);
    view_features(view, endpoint);
    anomalies(view, endpoint);
    not_known(view, endpoint);
    view_checks(view, endpoint);
}

static void no_endpoint(struct view *view, const json_t *report)
{
    const char *trouble = view_text(view, report, "trouble");
    page_begin(&view->page, 0, 2);
    page_words(&view->page, TINT_BOLD, host_text(view, report));
    page_words(&view->page, TINT_BAD, "not scanned:");
    page_words(&view->page, TINT_PLAIN, trouble == NULL ? "no address" : trouble);
    if (view->options->quiet) {
        view_policy_verdict(view, report);
        view_threshold_verdicts(view, report);
    }
    page_end(&view->page);
    if (!view->options->quiet)
        demands(view, report);
}

static void write_report(struct view *view, const json_t *report)
{
    const json_t *endpoints = json_object_get(report, "endpoints");
    const char *now = json_string_value(json_object_get(report, "now"));
    view->has_now = now != NULL && text_to_time(now, &view->now);
    if (view_count(endpoints) == 0)
        no_endpoint(view, report);
    for (size_t i = 0; i < view_count(endpoints); i++) {
        struct arena_mark mark = arena_mark(&view->memory);
        if (i != 0 && !view->options->quiet)
            page_blank(&view->page);
        if (view->options->quiet)
            quiet_endpoint(view, report, json_array_get(endpoints, i), i == 0);
        else
            full_endpoint(view, report, json_array_get(endpoints, i), i == 0);
        arena_rewind(&view->memory, mark);
    }
    if (view->options->quiet)
        return;
    view_waivers(view, report);
    view_dns(view, report);
    view_changes(view, report);
}

static json_t *read_report(const char *json, struct complaint *complaint)
{
    json_error_t error;
    if (strlen(json) > REPORT_LIMIT) {
        complain(complaint, "the report is longer than %zu octets", REPORT_LIMIT);
        return NULL;
    }
    json_t *report = json_loads(json, 0, &error);
    if (report == NULL)
        complain(complaint, "the report is not JSON: line %d, column %d", error.line, error.column);
    else if (!view_is(report, "schema", SCHEMA))
        complain(complaint, "this is no report: \"schema\" is not \"%s\"", SCHEMA);
    else if (!json_is_object(json_object_get(report, "target")) || !json_is_array(json_object_get(report, "endpoints")))
        complain(complaint, "this is no whole report: \"target\" or \"endpoints\" is missing");
    else
        return report;
    json_decref(report);
    return NULL;
}

char *view_report(const json_t *report, const struct text_options *options, struct complaint *complaint)
{
    struct view view = {.options = options,
                        .page = {.width = options->width, .color = options->color, .cut = options->quiet}};
    // The width of a character is a question of the locale, and the view is UTF-8 in any of them.
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 == (locale_t)0 ? (locale_t)0 : uselocale(utf8);
    write_report(&view, report);
    if (utf8 != (locale_t)0) {
        uselocale(before);
        freelocale(utf8);
    }
    arena_release(&view.memory);
    if (!view.page.full)
        return view.page.text;
    free(view.page.text);
    complain(complaint, "the report is too long to show");
    return NULL;
}

char *report_text(const char *json, const struct text_options *options, struct complaint *complaint)
{
    json_t *report = read_report(json, complaint);
    char *text = report == NULL ? NULL : view_report(report, options, complaint);
    json_decref(report);
    return text;
}
