// SPDX-License-Identifier: Apache-2.0
//
// What the parts of an HTML page share: a writer that escapes whatever is put into it, and the small
// pieces that every part has. A part is a function that writes the body of one section, or nothing: then
// there is no section (html_page.c has their list). For report/html*.c alone.
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "report/view.h"

#define HTML_LIMIT ((size_t)16 << 20) // octets of a page; what would go beyond is dropped and `full` set

// A probe of an endpoint, and whether its octets stand on the page already.
struct html_probe {
    const char *key;
    const json_t *json;
    size_t number; // of its endpoint, from 0
    bool shown;
};

struct html {
    struct view view;    // reads; its memory is given back after each part
    struct arena memory; // what is kept for the page
    struct builder out;
    bool full;
    json_t *rules; // what the program knows of findings, by id
    const json_t *report;
    size_t endpoint;           // number of the one at hand
    struct html_probe **probe; // of each endpoint, sorted by key
    size_t *probe_count;
    size_t octets; // of evidence shown so far
};

// Begins to write about a report (or about none), and returns what was written, malloc'd; NULL: it is too long.
void html_begin(struct html *html, const json_t *report);
char *html_end(struct html *html);

// --- the writer ----------------------------------------------------------------------------------

// Markup, in which each %s stands for a text that is escaped; there is nothing but %s and %%.
void html_put(struct html *html, const char *markup, ...) __attribute__((format(printf, 2, 3)));

void html_text(struct html *html, const char *text); // NULL: nothing
void html_name(struct html *html, const char *text); // a long name, which may be broken at its marks

const char *html_number(struct html *html, int64_t number);

// The member as text, or a question mark.
const char *html_known(struct html *html, const json_t *object, const char *key);

// Markup of ours: nothing in it is escaped.
void html_own(struct html *html, const char *markup);

// A page's first lines up to its body, and its last; script: NULL where there is none.
void html_open_page(struct html *html, const char *title, const char *script);
void html_close_page(struct html *html);

// --- pieces --------------------------------------------------------------------------------------

// A word with a sign before it and a colour; the style names both.
void html_mark(struct html *html, const char *style, const char *sign, const char *word);

// The same for a verdict (yes, no, unknown, ...), and words in the look of a severity.
void html_verdict(struct html *html, const json_t *fact, enum tint yes, enum tint no);
void html_severity(struct html *html, const char *severity, const char *words);

void html_policy_verdict(struct html *html, const json_t *row); // pass, fail, incomplete (html_policy.c)

// A pair of a description list, which the caller opens and closes. Nothing where there are no words.
void html_pair(struct html *html, const char *label, const char *words);
void html_pair_name(struct html *html, const char *label, const char *name); // code, broken at its marks

// A fact as such a pair, with what else is known of it (or NULL), and its sentence where it is not a yes.
void html_fact(struct html *html, const char *label, const json_t *fact, enum tint yes, enum tint no,
               const char *detail);

// Whether TLS was found at an endpoint.
bool html_reached(const json_t *endpoint);

// "[2001:db8::1]:443"
const char *html_address(struct html *html, const json_t *endpoint);

// What a report is about: "bücher.example:443".
const char *html_target(struct html *html, const json_t *report);

// "yes", "post quantum": an id for people.
const char *html_words(struct html *html, const char *id);

// That there is nothing to tell that was not told of that endpoint.
void html_same(struct html *html, const json_t *endpoint);

// "TLS 1.2" for "TLSv1.2".
const char *html_version(struct html *html, const char *version);

// The leaf of a report that ends first; NULL: there is none.
const json_t *html_first_to_end(struct html *html, const json_t *report);

// A report's grade as a letter, or NULL (html_grade.c).
const char *html_grade(struct html *html, const json_t *report);

// Days left at the report's time: "63 days left", "ended 2 days ago", and how that is to be taken; NULL: not known.
const char *html_remaining(struct html *html, const json_t *certificate, const char **style);

// --- evidence (html_evidence.c) ------------------------------------------------------------------

void html_probes_open(struct html *html);

// The questions behind a row of an endpoint (by its address; NULL: of any), unfolding to octets.
void html_evidence(struct html *html, const json_t *row, const char *address);

// --- parts ---------------------------------------------------------------------------------------

void html_head(struct html *html, const json_t *report);
json_t *html_rules(void); // to be given back
void html_findings(struct html *html, const json_t *report);
void html_grades(struct html *html, const json_t *report);
void html_thresholds(struct html *html, const json_t *report);
void html_policy(struct html *html, const json_t *report);
void html_waivers(struct html *html, const json_t *report);
void html_changes(struct html *html, const json_t *report);
void html_dns(struct html *html, const json_t *report);
void html_scan(struct html *html, const json_t *report);

void html_protocols(struct html *html, const json_t *endpoint);
void html_groups(struct html *html, const json_t *endpoint);
void html_certificates(struct html *html, const json_t *endpoint);
void html_http(struct html *html, const json_t *endpoint);
void html_features(struct html *html, const json_t *endpoint);
void html_open(struct html *html, const json_t *endpoint);
void html_octets(struct html *html, const json_t *endpoint);

// Of one chain: whether it was logged (html_transparency.c), in a description list that is open.
void html_transparency(struct html *html, const json_t *chain);

// Of one chain: whether a certificate is revoked, and whether a staple comes where one must
// (html_revocation.c), likewise.
void html_revocation(struct html *html, const json_t *chain, size_t index);
void html_must_staple(struct html *html, const json_t *chain);

// Of one chain: which rules a certificate breaks (html_lint.c).
void html_lint(struct html *html, const json_t *chain, size_t index);

// The axis of a chain's time line, and a certificate's place on it (html_timeline.c).
struct html_timeline {
    bool known;
    int64_t from, to;
};
struct html_timeline html_timeline_of(struct html *html, const json_t *certificates);
void html_timeline_axis(struct html *html, const struct html_timeline *line);
void html_timeline_bar(struct html *html, const struct html_timeline *line, const json_t *certificate);

#endif
