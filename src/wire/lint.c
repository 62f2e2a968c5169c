// SPDX-License-Identifier: Apache-2.0
//
// The table of rules, and one walk over it: does the rule concern such a certificate, did it hold on
// that day, can what it reads be read; then its function decides.
#include "wire/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"
#include "wire/lint_rules.h"

#include "lint.def"

#define SHOWN 60 // octets of a stranger's that a value shows

// The words of the table.
enum {
    SUBSCRIBER = LINT_SUBSCRIBER,
    SUBORDINATE = LINT_SUBORDINATE,
    ROOT = LINT_ROOT,
    AUTHORITY = LINT_AUTHORITY,
    ANY = LINT_ANY,
};
enum { MUST = true, SHOULD = false, PUBLIC = true, ALL = false };
enum {
    SUBJECT = READS_SUBJECT,
    KEY = READS_KEY,
    DATES = READS_DATES,
    AUTHORITY_KEY_ID = READS(EXT_AUTHORITY_KEY_ID),
    SUBJECT_KEY_ID = READS(EXT_SUBJECT_KEY_ID),
    KEY_USAGE = READS(EXT_KEY_USAGE),
    POLICIES = READS(EXT_POLICIES),
    ALTERNATIVE_NAMES = READS(EXT_ALTERNATIVE_NAMES),
    BASIC_CONSTRAINTS = READS(EXT_BASIC_CONSTRAINTS),
    NAME_CONSTRAINTS = READS(EXT_NAME_CONSTRAINTS),
    PURPOSES = READS(EXT_PURPOSES),
    CRL_POINTS = READS(EXT_CRL_POINTS),
    INFORMATION_ACCESS = READS(EXT_INFORMATION_ACCESS),
    TIMESTAMPS = READS(EXT_TIMESTAMPS),
};

static const struct lint_rule rules[] = {
#define RULE(id, kinds, must, public, document, section, from, until, reads, sentence)                                 \
    {#id, kinds, must, public, document, section, from, until, sentence},
#include "lint.def"
};
#define RULES (sizeof rules / sizeof *rules)

static const struct judge {
    unsigned reads;
    enum lint_verdict (*decide)(struct lint *lint);
} judges[RULES] = {
#define RULE(id, kinds, must, public, document, section, from, until, reads, sentence) {reads, lint_rule_##id},
#include "lint.def"
};

size_t lint_rule_count(void) { return RULES; }

const struct lint_rule *lint_rule_at(size_t index)
{
    always(index < RULES);
    return &rules[index];
}

const char *lint_kind_name(unsigned kinds)
{
    switch (kinds) {
    case LINT_SUBSCRIBER:
        return "subscriber";
    case LINT_SUBORDINATE:
        return "subordinate";
    case LINT_ROOT:
        return "root";
    case LINT_AUTHORITY:
        return "authority";
    case LINT_SUBSCRIBER | LINT_SUBORDINATE:
        return "subscriber, subordinate";
    case LINT_SUBSCRIBER | LINT_ROOT:
        return "subscriber, root";
    default:
        return "any";
    }
}

const char *lint_day_text(struct arena *arena, int day)
{
    if (day == 0)
        return NULL;
    return arena_text(arena, "%04d-%02d-%02d", day / 10000, day / 100 % 100, day % 100);
}

// --- what rules share --------------------------------------------------------------------------------

enum lint_verdict lint_broken(struct lint *lint, const char *format, ...)
{
    char text[TEXT_LIMIT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    lint->value = arena_text(lint->arena, "%s", text);
    return LINT_BROKEN;
}

enum lint_verdict lint_unknown(struct lint *lint, const char *reason, const char *sentence)
{
    lint->reason = reason;
    lint->sentence = sentence;
    return LINT_UNKNOWN;
}

enum lint_verdict lint_holds(struct lint *lint, bool holds, const char *otherwise)
{
    return holds ? LINT_HELD : lint_broken(lint, "%s", otherwise);
}

const char *lint_show(struct lint *lint, struct bytes octets)
{
    bool cut = octets.size > SHOWN;
    if (octets.size == 0)
        return "(empty)";
    if (cut)
        octets.size = SHOWN;
    return arena_text(lint->arena, "%s%s", text_escape(lint->arena, octets), cut ? "..." : "");
}

const char *lint_hex(struct lint *lint, struct bytes octets)
{
    bool cut = octets.size > SHOWN / 2;
    if (octets.size == 0)
        return "(empty)";
    if (cut)
        octets.size = SHOWN / 2;
    return arena_text(lint->arena, "%s%s", text_hex(lint->arena, octets), cut ? "..." : "");
}

void lint_offend(struct lint_offenders *offenders, const char *shown)
{
    if (offenders->count++ == 0)
        offenders->first = shown;
}

enum lint_verdict lint_judge(struct lint *lint, const struct lint_offenders *offenders)
{
    if (offenders->count == 0)
        return LINT_HELD;
    if (offenders->count == 1)
        return lint_broken(lint, "%s", offenders->first);
    return lint_broken(lint, "%s and %zu more", offenders->first, offenders->count - 1);
}

// --- the walk ------------------------------------------------------------------------------------------

static const char *part_name(unsigned malformed)
{
    if ((malformed & READS_SUBJECT) != 0)
        return "the subject";
    if ((malformed & READS_KEY) != 0)
        return "the public key";
    return (malformed & READS_DATES) != 0 ? "a date" : "an extension";
}

// For certain: each kind that the certificate may be of is one that the rule concerns.
static bool concerns(const struct lint_rule *rule, unsigned kinds) { return (rule->kinds & kinds) == kinds; }

static enum lint_verdict decide(struct lint *lint, size_t index)
{
    const struct lint_rule *rule = &rules[index];
    unsigned malformed = judges[index].reads & lint->malformed;
    if (!concerns(rule, lint->kinds))
        return LINT_NOT_APPLICABLE;
    if (lint->date == 0 && (rule->from != 0 || rule->until != 0))
        return lint_unknown(lint, "no_date", "The day of issuance is unreadable.");
    if (lint->date < rule->from || (rule->until != 0 && lint->date >= rule->until))
        return LINT_NOT_APPLICABLE;
    if (malformed != 0)
        return lint_unknown(lint, "malformed",
                            arena_text(lint->arena, "What the rule is about is malformed: %s.", part_name(malformed)));
    return judges[index].decide(lint);
}

static int compare_rows(const void *a, const void *b)
{
    return strcmp(((const struct lint_row *)a)->rule->id, ((const struct lint_row *)b)->rule->id);
}

static void apply(struct lint *lint, struct lint_result *out)
{
    struct lint_row found[RULES];
    uint8_t *verdicts = arena_alloc(lint->arena, RULES);
    for (size_t i = 0; i < RULES; i++) {
        lint->value = lint->reason = lint->sentence = NULL;
        enum lint_verdict verdict = decide(lint, i);
        verdicts[i] = (uint8_t)verdict;
        out->held += verdict == LINT_HELD;
        out->broken += verdict == LINT_BROKEN;
        out->unknown += verdict == LINT_UNKNOWN;
        out->not_applicable += verdict == LINT_NOT_APPLICABLE;
        if (verdict == LINT_BROKEN || verdict == LINT_UNKNOWN)
            found[out->row_count++] = (struct lint_row){&rules[i], verdict, lint->reason, lint->sentence, lint->value};
    }
    struct lint_row *rows = arena_array(lint->arena, out->row_count, sizeof *rows);
    if (out->row_count != 0)
        memcpy(rows, found, out->row_count * sizeof *rows);
    qsort(rows, out->row_count, sizeof *rows, compare_rows);
    out->rows = rows;
    out->verdicts = verdicts;
}

void lint_certificate(struct arena *arena, const struct certificate *certificate, bool leaf, struct lint_result *out)
{
    struct lint lint;
    *out = (struct lint_result){0};
    if (lint_open(arena, certificate, leaf, &lint)) {
        out->kinds = lint.kinds;
        apply(&lint, out);
        return;
    }
    out->kinds = leaf ? LINT_SUBSCRIBER : LINT_ANY;
    out->error = certificate->error != NULL ? certificate->error : "The certificate's fields are not those of X.509.";
}
