// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the terminal view share: a report's JSON read with suspicion (a value of the
// wrong type is as good as absent, a string is escaped again), and the page it is written on.
// For report/ alone.
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "report/page.h"
#include "report/report.h"

#define VIEW_ROWS 2000 // rows shown of one list

struct view {
    struct page page;
    struct arena memory; // rewound after each endpoint
    const struct text_options *options;
    bool has_now;
    int64_t now; // by which the report judged dates
};

// The terminal view of a report; malloc'd. NULL and a complaint when it is too long.
char *view_report(const json_t *report, const struct text_options *options, struct complaint *complaint);

// A report's string fit to print, in the arena or as it was. Cut at TEXT_LIMIT, NUL-free valid UTF-8.
const char *view_printable(struct arena *arena, const char *text);

// All of these give NULL, 0 or false for what is missing or of another type, object included.
const char *view_text(struct view *view, const json_t *object, const char *key);
const char *view_string(struct view *view, const json_t *value);
int64_t view_number(const json_t *object, const char *key);
bool view_truth(const json_t *object, const char *key);
bool view_is(const json_t *object, const char *key, const char *text);
bool view_has(const json_t *object, const char *key, const char *text); // in the list of that key
size_t view_count(const json_t *list);                                  // at most VIEW_ROWS

void view_append(struct builder *builder, const char *text);

// The strings of a list, parted by ", "; NULL when there are none. most: how many, then "and N more".
const char *view_joined(struct view *view, const json_t *list, size_t most);

// "1 certificate", "2 certificates"
const char *view_counted(struct view *view, int64_t count, const char *noun);

// How a yes, a no and the rest are coloured.
enum tint view_tint(const char *verdict, enum tint yes, enum tint no);

// The findings about an address; those about the name stand with the first (text_findings.c).
void view_findings(struct view *view, const json_t *report, const json_t *endpoint, bool first);
void view_finding_counts(struct view *view, const json_t *report, const json_t *endpoint, bool first); // in one line

// The policy's verdict with what was not met; or the verdict alone, in one line (text_policy.c).
void view_policy(struct view *view, const json_t *report);
void view_policy_verdict(struct view *view, const json_t *report);

// An address's grade with its arithmetic; or the letter alone, in one line (text_grade.c).
void view_grade(struct view *view, const json_t *report, const json_t *endpoint);
void view_grade_letter(struct view *view, const json_t *report, const json_t *endpoint);

enum tint view_letter_tint(const char *letter); // NULL: it is not known

// What changed since an earlier report: of a comparison that stands alone, of a report, in one line (text_changes.c).
void view_changes_of(struct view *view, const json_t *changes);
void view_changes(struct view *view, const json_t *report);
void view_changes_verdict(struct view *view, const json_t *report);

// Under a row that is waived, by whom; and the waivers that do not count any more (text_waivers.c).
void view_waived(struct view *view, const json_t *row);
void view_waivers(struct view *view, const json_t *report);

// What became of the limits that the run was given; or the verdicts alone (text_threshold.c).
void view_thresholds(struct view *view, const json_t *report);
void view_threshold_verdicts(struct view *view, const json_t *report);

void view_title(struct view *view, const char *title);

// "evidence 0123456789abcdef ...", or NULL when it is not wanted or there is none.
const char *view_evidence(struct view *view, const json_t *row);

// The sentence and the evidence of a fact, or NULL when they are not wanted or there are none.
const char *view_note(struct view *view, const json_t *row);

// The row of an endpoint's list that is about a version, or NULL.
const json_t *view_about(const json_t *endpoint, const char *list_name, const char *version);

// The report's row about an endpoint's HTTP answer, or NULL.
const json_t *view_http_row(const json_t *report, const json_t *endpoint);

// Tells each fact about an endpoint's versions and lists that is not known; but not what the user did not ask for.
void view_each_open(const json_t *endpoint, void (*tell)(void *context, const json_t *fact, const char *what),
                    void *context);

// Who chooses the order of a list: "in the server's order"; "" where nothing is known of it.
const char *view_order(const json_t *preference);

// A label, the verdict of a fact, what else is known of it (or NULL), and its sentence where it is not a yes.
void view_fact(struct view *view, unsigned indent, const char *label, const json_t *fact, enum tint yes, enum tint no,
               const char *detail);

// A label and words; nothing when there are no words.
void view_labelled(struct view *view, unsigned indent, const char *label, const char *words);

// The endpoint's section about certificates, and one chain of it (text_certificates.c).
void view_certificates(struct view *view, const json_t *endpoint);
void view_chain(struct view *view, const json_t *chain);

// What came of one connection as a client makes it; or its verdict, in one line (text_connection.c).
void view_connection(struct view *view, const json_t *endpoint);
void view_connection_verdict(struct view *view, const json_t *endpoint);

// Whether the chain keeps the promise of a staple, and whether one of its certificates is revoked
// (text_revocation.c).
void view_must_staple(struct view *view, const json_t *chain);
void view_revocation(struct view *view, const json_t *chain, size_t index);

// Which rules a certificate of a chain breaks (text_lint.c).
void view_lint(struct view *view, const json_t *chain, size_t index);

// Which SCTs came with a chain, and what policies say of them (text_transparency.c).
void view_transparency(struct view *view, const json_t *chain);

// Its groups and signature schemes, and every section of features (text_picture.c).
void view_groups(struct view *view, const json_t *endpoint);
void view_features(struct view *view, const json_t *endpoint);

// Its HTTP answer (text_http.c).
void view_http(struct view *view, const json_t *report, const json_t *endpoint);

// What DNS says of the name, once for a report (text_dns.c).
void view_dns(struct view *view, const json_t *report);

// What each check cost, where it is asked for.
void view_checks(struct view *view, const json_t *endpoint);

#endif
