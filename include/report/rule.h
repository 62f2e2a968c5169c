// SPDX-License-Identifier: Apache-2.0
//
// The language that findings and policies are written in (docs/policies.md): a rule asks something of
// the rows of one subject, and is answered with pass, fail, or that the facts do not say. Three-valued
// all through: what is not known makes a rule incomplete, unless what is known decides it anyway.
// For report/ alone.
#ifndef REPORT_RULE_H
#define REPORT_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "report/place.h"
#include "report/subject.h"

// What is demanded of one property.
enum test {
    TEST_ANY,    // it is one of the words; of a list: one of the words is in it
    TEST_ALL,    // of a list: every word is in it
    TEST_NONE,   // it is none of the words; of a list: none is in it
    TEST_ONLY,   // of a list: nothing but the words is in it
    TEST_RANGE,  // low <= number <= high; of a list: of how many are in it
    TEST_PERIOD, // low <= time < high
    TEST_TRUTH,
};

struct condition {
    const struct property *property;
    enum test test;
    const char *const *words;
    size_t word_count;
    int64_t low, high;
    bool truth;
};

// All of a case's conditions hold together; of a choice, one case does. An empty choice always holds.
struct condition_case {
    const struct condition *condition;
    size_t count;
};

struct choice {
    const struct condition_case *item;
    size_t count;
};

enum quantifier { EVERY, NONE, SOME, ORDERED };

struct demand {
    const struct subject *subject;
    const char *id; // "heartbeat" of "extensions.heartbeat"
    struct choice where;
    enum quantifier quantifier;
    struct choice what; // of ORDERED: the classes, best first
};

struct rule {
    struct demand demand;
    const struct demand *when; // the rule applies where this is met; NULL: always
    int64_t from, until;       // and while from <= now < until
};

enum ruling_verdict { RULING_PASS, RULING_FAIL, RULING_INCOMPLETE, RULING_NOT_APPLICABLE };

#define RULING_EVIDENCE 16 // most keys that are named

struct ruling {
    enum ruling_verdict verdict;
    const char *detail;     // what was found, or why it is not known; a sentence without its full stop, or NULL
    const struct row **row; // that broke the rule
    size_t count;
    const char *evidence[RULING_EVIDENCE]; // keys of probes, without repetition
    size_t evidence_count;
};

// Keys of a rule: of, where, every | none | some | ordered, when, from, until. Others are the
// caller's own: `mine` names them, ending with NULL. Everything lives in the arena; words are the
// JSON's own, which must outlive the rule.
bool rule_read(struct arena *arena, const struct source *source, const struct place *place, const json_t *json,
               const char *const *mine, struct rule *out, struct complaint *complaint);

// Complains about a key that is in neither list.
bool rule_keys(const struct source *source, const struct place *place, const json_t *json, const char *const *some,
               const char *const *others, struct complaint *complaint);

void rule_judge(const struct rule *rule, const struct scene *scene, struct ruling *out);

// What a row looks like to a rule that it breaks: "TLS_RSA_WITH_RC4_128_SHA", "CN=a (key_bits 1024)".
const char *rule_show(const struct rule *rule, const struct row *row);

// The same of all rows that broke it, and what these are of ("TLSv1.0, TLSv1.1"); NULL where there are
// none. Many are cut short to "A, B and 3 more".
const char *ruling_show(const struct rule *rule, const struct ruling *ruling, struct arena *scratch);
const char *ruling_place(const struct rule *rule, const struct ruling *ruling, struct arena *scratch);
void ruling_prove(const struct rule *rule, struct ruling *ruling); // fills the evidence of the rows that broke it
void ruling_collect(struct ruling *all, const struct ruling *one); // adds the evidence of one
const char *ruling_join(struct arena *scratch, const char *const *texts, size_t count, const char *between);

const char *ruling_name(enum ruling_verdict verdict); // "pass", ...

#endif
