// SPDX-License-Identifier: Apache-2.0
//
// Both policies only ever gain by one more SCT. So each is asked twice: with those that surely count, and with all that
// may. If the first is enough it is a yes, if the second is not it is a no, and else it is not known.
#include "wire/ct_policy.h"

#include <string.h>

#include "base/fail.h"

#define DAY INT64_C(86400)

static const int64_t policy_since[CT_PROGRAMS] = {
    [CT_CHROME] = 1649980800, // 2022-04-15
    [CT_APPLE] = 1618963200,  // 2021-04-21
};

// --- one SCT ---------------------------------------------------------------------------------------

// Whether the log is taken from, and whether an SCT that it gave at that time counts though it is no longer.
struct standing {
    enum ct_answer current, counts;
};

static enum ct_answer counted_before(const struct ct_standing *row, int64_t signed_at)
{
    return row->since == INT64_MIN ? CT_MAYBE : signed_at < row->since ? CT_YES : CT_NO;
}

static struct standing standing_of(const struct ct_log *log, enum ct_program program, int64_t signed_at, int64_t now)
{
    const struct ct_standing *row = &log->standing[program];
    bool begun = row->since == INT64_MIN || row->since <= now; // else what it was before is not in the list
    switch (row->state) {
    case CT_ABSENT:
        return log->test ? (struct standing){CT_NO, CT_NO} : (struct standing){CT_MAYBE, CT_MAYBE};
    case CT_PENDING:
        return (struct standing){CT_MAYBE, CT_MAYBE};
    case CT_QUALIFIED:
    case CT_USABLE:
    case CT_READONLY:
        return begun ? (struct standing){CT_YES, CT_YES} : (struct standing){CT_MAYBE, CT_MAYBE};
    case CT_RETIRED:
        return begun ? (struct standing){CT_NO, counted_before(row, signed_at)} : (struct standing){CT_MAYBE, CT_MAYBE};
    case CT_REJECTED:
        break;
    }
    return begun ? (struct standing){CT_NO, CT_NO} : (struct standing){CT_MAYBE, CT_MAYBE};
}

static enum ct_answer lesser(enum ct_answer a, enum ct_answer b) { return a < b ? a : b; }

static struct standing standing_of_row(const struct ct_row *row, enum ct_program program, int64_t now)
{
    const struct sct_judgement *judgement = row->judgement;
    struct standing standing = {CT_NO, CT_NO};
    if (judgement->answer == SCT_BAD || row->sct->version != 0)
        return standing;
    standing.current = standing.counts = CT_MAYBE;
    if (judgement->log != NULL)
        standing = standing_of(judgement->log, program, (int64_t)(row->sct->timestamp / 1000), now);
    if (judgement->answer == SCT_UNKNOWN) {
        standing.current = lesser(standing.current, CT_MAYBE);
        standing.counts = lesser(standing.counts, CT_MAYBE);
    }
    return standing;
}

// --- sums over the logs ----------------------------------------------------------------------------

// A log whose SCTs came along, by the best of them: in the certificate, and in TLS or OCSP, where one that is no longer
// taken from counts for nothing.
struct seen {
    const struct ct_row *row;
    enum ct_answer embedded_current, embedded_counts, delivered;
};

struct seen_logs {
    struct seen log[CT_ROWS];
    size_t count;
};

// The logs that are at least so likely to do.
struct sum {
    const struct seen_logs *seen;
    enum ct_program program;
    enum ct_answer least;
};

static enum ct_answer greater(enum ct_answer a, enum ct_answer b) { return a > b ? a : b; }

static struct seen *enter(struct seen_logs *seen, const struct ct_row *row)
{
    for (size_t i = 0; i < seen->count; i++)
        if (memcmp(seen->log[i].row->sct->log_id, row->sct->log_id, sizeof row->sct->log_id) == 0)
            return &seen->log[i];
    seen->log[seen->count] = (struct seen){.row = row};
    return &seen->log[seen->count++];
}

static void gather(enum ct_program program, const struct ct_question *question, struct seen_logs *seen)
{
    seen->count = 0;
    for (size_t i = 0; i < question->count; i++) {
        const struct ct_row *row = &question->row[i];
        struct standing standing = standing_of_row(row, program, question->now);
        if (standing.counts == CT_NO)
            continue;
        struct seen *log = enter(seen, row);
        if (row->sct->source != SCT_IN_CERTIFICATE) {
            log->delivered = greater(log->delivered, standing.current);
            continue;
        }
        log->embedded_current = greater(log->embedded_current, standing.current);
        log->embedded_counts = greater(log->embedded_counts, standing.counts);
    }
}

enum part { EMBEDDED_CURRENT, EMBEDDED_COUNTS, DELIVERED, ANY_CURRENT, ANY_COUNTS };

static bool takes_part(const struct sum *sum, const struct seen *log, enum part part)
{
    switch (part) {
    case EMBEDDED_CURRENT:
        return log->embedded_current >= sum->least;
    case EMBEDDED_COUNTS:
        return log->embedded_counts >= sum->least;
    case DELIVERED:
        return log->delivered >= sum->least;
    case ANY_CURRENT:
        return log->embedded_current >= sum->least || log->delivered >= sum->least;
    case ANY_COUNTS:
        break;
    }
    return log->embedded_counts >= sum->least || log->delivered >= sum->least;
}

// What is not known to be of one operator is taken for different: it takes part where everything does that may.
static bool same_operator(const struct seen *a, const struct seen *b)
{
    const struct ct_log *x = a->row->judgement->log, *y = b->row->judgement->log;
    return x != NULL && y != NULL && strcmp(x->operator, y->operator) == 0;
}

// Logs, at most so many of one operator.
static unsigned count_logs(const struct sum *sum, enum part part, unsigned most_of_operator)
{
    const struct seen_logs *seen = sum->seen;
    unsigned count = 0;
    for (size_t i = 0; i < seen->count; i++) {
        unsigned before = 0;
        for (size_t j = 0; j < i; j++)
            if (takes_part(sum, &seen->log[j], part) && same_operator(&seen->log[i], &seen->log[j]))
                before++;
        if (takes_part(sum, &seen->log[i], part) && before < most_of_operator)
            count++;
    }
    return count;
}

#define ANY_NUMBER UINT32_MAX

static unsigned logs(const struct sum *sum, enum part part) { return count_logs(sum, part, ANY_NUMBER); }
static unsigned operators(const struct sum *sum, enum part part) { return count_logs(sum, part, 1); }

static bool has_old_api(const struct sum *sum)
{
    for (size_t i = 0; i < sum->seen->count; i++) {
        const struct seen *log = &sum->seen->log[i];
        if (takes_part(sum, log, ANY_COUNTS) && !log->row->judgement->log->tiled)
            return true;
    }
    return false;
}

// --- the policies ----------------------------------------------------------------------------------

static unsigned most_of_operator(enum ct_program program, unsigned required)
{
    return program == CT_CHROME ? ANY_NUMBER : required - 1;
}

static bool enough_embedded(const struct sum *sum, unsigned required)
{
    return logs(sum, EMBEDDED_CURRENT) >= 1 &&
           count_logs(sum, EMBEDDED_COUNTS, most_of_operator(sum->program, required)) >= required &&
           operators(sum, EMBEDDED_COUNTS) >= 2;
}

static bool enough_delivered(const struct sum *sum)
{
    if (sum->program == CT_CHROME)
        return operators(sum, DELIVERED) >= 2;
    return logs(sum, DELIVERED) >= 1 && logs(sum, ANY_CURRENT) >= 2;
}

// chrome_ct_policy_enforcer.cc: one that is delivered, and a second operator in any way.
static bool enough_mixed(const struct sum *sum)
{
    return sum->program == CT_CHROME && logs(sum, DELIVERED) >= 1 && operators(sum, ANY_COUNTS) >= 2;
}

static bool enough(const struct sum *sum, unsigned required)
{
    return enough_embedded(sum, required) || enough_delivered(sum);
}

// --- words -----------------------------------------------------------------------------------------

static void say(struct ct_verdict *out, enum ct_answer answer, const char *reason, const char *sentence)
{
    out->answer = answer;
    out->reason = reason;
    out->sentence = sentence;
}

static void say_no(const struct ct_question *question, const struct sum *sum, unsigned required, struct ct_verdict *out)
{
    if (question->count == 0)
        say(out, CT_NO, "no_scts", "no SCT comes with the certificate, in TLS or in an OCSP response");
    else if (logs(sum, ANY_CURRENT) == 0)
        say(out, CT_NO, "no_current_log", "no SCT is good and of a log that is still taken from");
    else if (logs(sum, EMBEDDED_COUNTS) >= required && operators(sum, EMBEDDED_COUNTS) < 2)
        say(out, CT_NO, "one_operator", "all SCTs that count are of logs of one operator");
    else
        say(out, CT_NO, "too_few", "too few SCTs are good and of logs that count");
}

// What keeps it open: first what was not looked at, then the SCTs that may count or not.
static void say_maybe(const struct ct_question *question, struct ct_verdict *out)
{
    say(out, CT_MAYBE, "log_state",
        "a log may stand otherwise by now than in the list of logs, or may have stood otherwise");
    if (question->more != NULL) {
        say(out, CT_MAYBE, question->more, question->more_sentence);
        return;
    }
    for (size_t i = 0; i < question->count; i++) {
        const struct sct_judgement *judgement = question->row[i].judgement;
        if (judgement->answer == SCT_UNKNOWN && question->row[i].sct->version == 0) {
            say(out, CT_MAYBE, judgement->reason, judgement->sentence);
            return;
        }
    }
}

// Chromium takes the difference of the two times; Apple's policy counts both ends (RFC 5280 section 4.1.2.5).
static int64_t lifetime(enum ct_program program, const struct ct_question *question)
{
    return question->not_after - question->not_before + (program == CT_APPLE ? 1 : 0);
}

// Why the policy has nothing to say about a certificate of such dates; false: it has.
static bool beyond(enum ct_program program, const struct ct_question *question, struct ct_verdict *out)
{
    if (question->not_before == INT64_MIN || question->not_after == INT64_MAX)
        say(out, CT_MAYBE, "unparseable", "the dates of the certificate are unreadable");
    else if (question->not_before < policy_since[program])
        say(out, CT_MAYBE, "older_policy", "the certificate is older than the policy that is known here");
    else if (program == CT_APPLE && lifetime(program, question) > 398 * DAY)
        say(out, CT_MAYBE, "lifetime",
            "the policy has no number of SCTs for certificates that last more than 398 days");
    return out->reason != NULL;
}

void ct_policy_judge(enum ct_program program, const struct ct_question *question, struct ct_verdict *out)
{
    struct seen_logs seen;
    struct sum sure = {&seen, program, CT_YES}, possible = {&seen, program, CT_MAYBE};
    *out = (struct ct_verdict){.answer = CT_YES};
    always(question->count <= CT_ROWS);
    if (beyond(program, question, out))
        return;
    gather(program, question, &seen);
    out->required = lifetime(program, question) > 180 * DAY ? 3 : 2;
    out->counted = count_logs(&sure, EMBEDDED_COUNTS, most_of_operator(program, out->required));
    bool surely = enough(&sure, out->required), perhaps = question->more != NULL || enough(&possible, out->required);
    if (surely && has_old_api(&sure))
        return;
    if (surely)
        say(out, CT_MAYBE, "static_logs_alone",
            "all logs that count have the static API; whether one of the older kind is still asked for is not known "
            "here");
    else if (perhaps)
        say_maybe(question, out);
    else if (enough_mixed(&possible))
        say(out, CT_MAYBE, "mixed_delivery",
            "SCTs of two operators come in different ways: Chrome's program takes that, its policy does not");
    else
        say_no(question, &possible, out->required, out);
}
