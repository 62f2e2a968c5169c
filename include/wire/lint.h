// SPDX-License-Identifier: Apache-2.0
//
// Which rules for certificates does one break? A table of rules (lint.def), each with the document
// and section that it is from, who it concerns and since when; each is a pure function over the
// certificate's octets. What a broken rule is worth is for a policy to say; so is whether rules that
// bind publicly trusted authorities matter for a private one.
//
// notBefore stands for the day of issuance. Nothing is said about what octets cannot show: the
// content of an authority's files, randomness, who controls a name.
#ifndef WIRE_LINT_H
#define WIRE_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/certificate.h"

struct arena;

// Who a rule concerns, and what a certificate is or may be. A set.
enum lint_kinds {
    LINT_SUBSCRIBER = 1, // a server's own, or none of an authority
    LINT_SUBORDINATE = 2,
    LINT_ROOT = 4,
    LINT_AUTHORITY = LINT_SUBORDINATE | LINT_ROOT,
    LINT_ANY = LINT_SUBSCRIBER | LINT_AUTHORITY,
};

struct lint_rule {
    const char *id; // stable, snake_case
    unsigned kinds; // a set of lint_kinds
    bool must;      // false: the document says should
    bool public;    // binds publicly trusted authorities alone
    const char *document, *section;
    int from, until;      // yyyymmdd of issuance: not applied before `from`, nor from `until` on; 0: no such day
    const char *sentence; // what holds when the rule does
};

size_t lint_rule_count(void);
const struct lint_rule *lint_rule_at(size_t index); // in the order of the table

const char *lint_kind_name(unsigned kinds); // "subscriber", "subordinate", "root", "authority", "any"

// "2026-03-15"; NULL for no such day.
const char *lint_day_text(struct arena *arena, int day);

enum lint_verdict { LINT_NOT_APPLICABLE, LINT_HELD, LINT_BROKEN, LINT_UNKNOWN };

// A rule that is broken, or that could not be decided.
struct lint_row {
    const struct lint_rule *rule;
    enum lint_verdict verdict;
    const char *reason, *sentence; // of an unknown one: a stable code, and for people; else NULL
    const char *value;             // of a broken one: what was seen, escaped, at most a line
};

struct lint_result {
    unsigned kinds;               // more than one where the certificate does not say what it is
    const char *error;            // why no rule could be applied (a sentence), or NULL
    const struct lint_row *rows;  // by id
    size_t row_count;             // broken + unknown
    const uint8_t *verdicts;      // a lint_verdict for each rule of the table; NULL with error
    size_t held, broken, unknown; // rules that were applied
    size_t not_applicable;
};

// certificate: as certificate_read left it, errors included. leaf: it was shown as the server's own,
// which makes it a subscriber's whatever it says of itself. Everything lives in the arena.
void lint_certificate(struct arena *arena, const struct certificate *certificate, bool leaf, struct lint_result *out);

#endif
