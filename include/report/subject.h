// SPDX-License-Identifier: Apache-2.0
//
// What rules speak of: the lists of a report as rows with named properties, and whether a list is
// whole. A report is read with suspicion: a value that is absent, null or of another type is not
// known. For report/ alone.
#ifndef REPORT_SUBJECT_H
#define REPORT_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "report/words.h"

#define SUBJECT_ROWS 4000 // of one list that are looked at; a longer one is not whole

// What is being judged.
struct scene {
    const json_t *report, *endpoint;
    int64_t now;           // by which dates are judged
    struct arena *scratch; // everything that comes of judging lives here
};

struct row {
    const struct scene *scene;
    const json_t *json;  // the row of the report; NULL: the version has none
    const json_t *chain; // of a certificate: the chain that it is in
    const char *name;    // of a version without a row
    bool certain;        // false: whether the row should be there is not known
};

struct rows {
    struct row *row;
    size_t count;
    bool whole;              // false: there may be more rows
    bool not_applicable;     // there are none, because the report says that there can be none
    const char *reason;      // a sentence where it is not whole, or not applicable; may be a stranger's text
    const json_t *proof[12]; // lists of evidence for the list's being whole
    size_t proof_count;
};

enum property_kind { PROPERTY_TEXT, PROPERTY_TEXTS, PROPERTY_NUMBER, PROPERTY_TRUTH, PROPERTY_TIME, PROPERTY_VERDICT };

// A value that is known; the member of its kind is set.
struct value {
    const char *text; // TEXT and VERDICT
    const json_t *texts;
    int64_t number; // NUMBER, and seconds since 1970 of TIME
    bool truth;
    bool not_applicable;    // of a VERDICT: there is nothing that it could be about
    const char *sentence;   // of a VERDICT, or NULL
    const json_t *evidence; // of a VERDICT, where it has evidence of its own, or NULL
};

struct property {
    const char *name;
    enum property_kind kind;
    enum vocabulary words;                                    // of TEXT, TEXTS and VERDICT
    const char *member;                                       // "key.bits": where in the row it stands
    bool (*derive)(const struct row *row, struct value *out); // or how it is worked out
    bool shown;                                               // beside the row, when it is what a rule objects to
    const char *help;
};

struct subject;

// Which rows are wanted. A list has to be whole only for the versions that a rule is about.
struct query {
    const struct scene *scene;
    const struct subject *subject;
    const char *id; // of a subject that takes one
    bool (*wants)(const void *rule, const char *version);
    const void *rule;
};

struct subject {
    const char *name, *help;
    const struct property *properties;
    size_t property_count;
    bool takes_id;   // "extensions.heartbeat": the rows with one id
    bool of_report;  // not of an endpoint
    bool one_by_one; // each row is a finding of its own
    void (*rows)(const struct query *query, struct rows *out);
    const char *(*place)(const struct row *row); // of what it is ("TLSv1.2"), or NULL
    const char *(*label)(const struct row *row); // "TLS_RSA_WITH_RC4_128_SHA"
};

// NULL where there is none of that name.
const struct subject *subject_find(const char *name, size_t length);
size_t subject_count(void);
const struct subject *subject_at(size_t index);
const struct property *property_find(const struct subject *subject, const char *name);

// Whether a rule may speak of a section's feature of that id; it may end in '*'.
bool feature_known(const struct subject *subject, const char *id);

// False: not known.
bool property_read(const struct property *property, const struct row *row, struct value *out);

// The list of evidence that stands behind a row, or NULL.
const json_t *row_evidence(const struct row *row);

// Members of the row as they stand; NULL and false where they are not what they should be.
const char *row_text(const struct row *row, const char *member);
bool row_time(const struct row *row, const char *member, int64_t *seconds);

// For those that make rows: one more, and what is wrong with the list (the first sentence stands).
void rows_add(const struct query *query, struct rows *rows, struct row row);
void rows_add_all(const struct query *query, struct rows *rows, const json_t *list);
void rows_doubt(struct rows *rows, const char *sentence);
void rows_prove(struct rows *rows, const json_t *fact); // by the evidence of a fact

// The row of a list whose member is a text, or NULL.
// Why the address lacks what a check finds: that it was not selected, where the report lists those that ran without it,
// or `otherwise`.
const char *subject_lacking(const struct query *query, const char *check, const char *otherwise);

const json_t *list_find(const json_t *list, const char *member, const char *text);
bool member_is(const json_t *object, const char *member, const char *text);
const char *member_text(const json_t *object, const char *member);

// Rows made from each chain in turn; what a chain is called (two of one name differ by the kind of their keys); whether
// it is served only to clients that do not say whom they want to talk to, while others get something else
// (subject_chains.c).
void subject_chain_rows(const struct query *query, struct rows *out,
                        void (*add)(const struct query *query, struct rows *out, const json_t *chain));
const char *subject_chain_place(const struct row *row);
bool subject_nameless(const struct row *row, struct value *out);

// Whether a certificate is revoked; of a chain, whether the leaf's staple is good for something, and whether one that
// is required came (subject_revocation.c).
bool subject_revoked(const struct row *row, struct value *out);
bool subject_unissued(const struct row *row, struct value *out);
bool subject_staple(const struct row *row, struct value *out);
bool subject_promise(const struct row *row, struct value *out);

// In the order in which they are listed.
extern const struct subject subjects_of_lists[], subjects_of_certificates[], subjects_of_chains[], subjects_of_http[],
    subjects_of_dns[], subjects_of_features[];
extern const size_t subjects_of_lists_count, subjects_of_certificates_count, subjects_of_chains_count,
    subjects_of_http_count, subjects_of_dns_count, subjects_of_features_count;

#endif
