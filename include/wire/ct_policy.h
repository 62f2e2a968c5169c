// SPDX-License-Identifier: Apache-2.0
//
// What Chrome and Apple ask of the SCTs that come with a publicly trusted certificate, as pure functions of rows. Each
// answer is by the programs' lists of logs as they stood on a day, at a time given.
//
//   Chrome    https://googlechrome.github.io/CertificateTransparency/ct_policy.html, for what was issued since
//   2022-04-15:
//             in the certificate, SCTs of 2 logs (of 3 where it lasts more than 180 days) that are taken from or were
//             when they signed, one of them still, of two operators; or else, in TLS or OCSP, of 2 that are taken from,
//             of two operators.
//   Apple     https://support.apple.com/103214, for what was issued since 2021-04-21: the same numbers for
//   certificates,
//             with at most one for each operator counted up to 180 days, and two above; or else two of logs that are
//             taken from, one of which comes in TLS or OCSP.
//
// Both want one of the logs to have the API of RFC 6962 (Chrome since 2025-03-04); both have come to take logs with the
// static API since, and Chrome has announced that it will do without the other kind. When is not known here, so SCTs of
// such logs alone are enough or not: unknown.
#ifndef WIRE_CT_POLICY_H
#define WIRE_CT_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ct_logs.h"
#include "wire/sct.h"

#define CT_ROWS (3 * SCTS)

enum ct_answer { CT_NO, CT_MAYBE, CT_YES };

struct ct_row {
    const struct sct *sct;
    const struct sct_judgement *judgement;
};

struct ct_question {
    const struct ct_row *row;
    size_t count;                  // at most CT_ROWS
    int64_t not_before, not_after; // of the leaf
    int64_t now;
    const char *more; // why there may be SCTs beside these: a reason; NULL: there are none
    const char *more_sentence;
};

// Reasons: of a no no_scts, too_few, one_operator, no_current_log; of what is not known the question's `more`, that of
// an SCT which could change the verdict, or
//   log_state          a log may stand otherwise by now than in the list, or stood otherwise then
//   mixed_delivery     by Chrome's program it would be enough, by its policy it is not: some in the certificate, some
//   not static_logs_alone  see above older_policy       the certificate is older than the policy lifetime           the
//   policy has no number for certificates that last so long
struct ct_verdict {
    enum ct_answer answer;
    const char *reason, *sentence; // NULL for a yes
    unsigned required;             // logs whose SCTs must be in the certificate; 0: no number
    unsigned counted;              // ... and that surely count
};

void ct_policy_judge(enum ct_program program, const struct ct_question *question, struct ct_verdict *out);

#endif
