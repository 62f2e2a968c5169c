// SPDX-License-Identifier: Apache-2.0
//
// The pieces that the JSON tree is made of. None of these functions returns NULL: a string that is
// not UTF-8 is escaped, and when memory is out the process ends (die). For report/ alone.
#ifndef REPORT_TREE_H
#define REPORT_TREE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "check/fact.h"
#include "report/report.h"

json_t *tree_object(void);
json_t *tree_list(void);

// Both take the value over.
void tree_set(json_t *object, const char *key, json_t *value);
void tree_add(json_t *list, json_t *value);

json_t *tree_text(struct arena *scratch, const char *text); // NULL: null
json_t *tree_texts(struct arena *scratch, struct strings texts);
json_t *tree_number(uint64_t number);
json_t *tree_number_or_null(uint64_t number); // 0: null
json_t *tree_integer(int64_t number);
json_t *tree_truth(bool truth);
json_t *tree_time(struct arena *scratch, int64_t seconds);     // INT64_MIN and INT64_MAX: null
json_t *tree_version(struct arena *scratch, uint16_t version); // "TLSv1.2", or "0x0305" where it has no name
json_t *tree_code(struct arena *scratch, uint32_t code);       // "0xC02F"
json_t *tree_kind(struct arena *scratch, uint32_t kind);       // "0x010080", of SSLv2
json_t *tree_evidence(struct arena *scratch, struct evidence evidence);

// Adds verdict, reason, sentence and evidence to a row that says what they are about.
void tree_set_fact(struct arena *scratch, json_t *object, const struct fact *fact);
json_t *tree_fact(struct arena *scratch, const struct fact *fact);

// Adds verdict, reason, sentence and evidence of an order.
void tree_set_preference(struct arena *scratch, json_t *object, const struct preference_fact *row);

// The whole as text ending in a newline, indented or in one line; malloc'd.
char *tree_dump(const json_t *tree, bool indent);
char *tree_line(const json_t *tree); // in one line (tree_text.c)

// -1, 0 or 1, for comparisons.
int tree_order(uint64_t a, uint64_t b);

// Pointers to the rows of an array in the order that `compare` gives (it gets pointers to the
// pointers, and must leave no two different rows equal); in scratch.
const void **tree_sorted(struct arena *scratch, const void *rows, size_t count, size_t size,
                         int (*compare)(const void *, const void *));

// Who made a report: the object "scanner".
json_t *tree_scanner(struct arena *scratch);

// The time that a report was judged by, and whether it may say so.
struct tree_clock {
    int64_t now;
    bool shown;
};

// The endpoint's list "certificates".
json_t *tree_certificates(struct arena *scratch, const struct facts *facts, const struct tree_clock *clock, bool pem);

// One chain, as it stands in that list.
json_t *tree_chain(struct arena *scratch, const struct chain_fact *chain, const struct tree_clock *clock, bool pem);

// The endpoint's "connection", or null where the check did not run to its end (report_connection.c).
json_t *tree_connection(struct arena *scratch, const struct facts *facts, const struct tree_clock *clock, bool pem);

// Adds days_left to what ends then, and the end of a chain as a whole (report_expiry.c).
void tree_set_days_left(struct arena *scratch, json_t *object, int64_t not_after, const struct tree_clock *clock);
json_t *tree_expiry(struct arena *scratch, const struct chain_fact *chain, const struct tree_clock *clock);

// The kinds of key and signature in a chain (report_keys.c).
json_t *tree_key_inventory(struct arena *scratch, const struct chain_fact *chain);

// Whether a chain's certificates, which are `count`, are revoked; null where that was not looked into
// (report_revocation.c).
json_t *tree_revocation(struct arena *scratch, const struct chain_revocation *found, size_t count);

// What rules say about a chain's certificates, one for each (report_lint.c).
json_t *tree_lint(struct arena *scratch, const struct chain_fact *chain);

// A chain's object "transparency", or null (report_transparency.c).
struct transparency_fact;
json_t *tree_transparency(struct arena *scratch, const struct transparency_fact *fact);

// The report's object "dns", or null where no look-up came to its end (report_dns.c).
json_t *tree_dns(struct arena *scratch, const struct report_input *input);

// Adds the lists of groups, of signature schemes and of every section of features (report_picture.c).
void tree_set_picture(struct arena *scratch, json_t *object, const struct facts *facts);

// The report's list "http": one row for each endpoint.
json_t *tree_http(struct arena *scratch, const struct report_input *input);

// One row for each check that was selected, in the order of checks.def.
json_t *tree_checks(struct arena *scratch, const struct host *host);

#endif
