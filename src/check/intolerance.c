// SPDX-License-Identifier: Apache-2.0
//
// What can the server, or a device before it, not bear? RFC 5246 section 7.4.1 and appendix E.1,
// RFC 8446 section 4.1.2 and RFC 8701 want servers to pass over versions, code points, extensions and
// lengths that they do not know. The oddities (trials.def) are asked several in one hello: where that is
// answered in the version it was asked in, all of them are borne, and no more is asked. Else each
// is asked alone, and what is turned down then is asked twice more, for servers that turn down a hello
// now and then; a `yes` (cannot bear it) needs the plain hello answered before (the control) and after
// everything (the canary). Of sizes and long lists the limit is sought by halving.
//
// Silence stays unknown, though it is what devices that drop a hello give, and though the plain
// hello was answered all around it: no octet came that would show it to be the device's doing.
#include "base/arena.h"
#include "check/farm.h"
#include "check/trial.h"
#include "check/versions.h"

enum { CANARY = 0xCA, MOST_ROWS = 64, GRAIN = 64 }; // limits are found to one part of GRAIN

static enum progress run(struct host *host, struct facts *facts);

extern const struct check intolerance_check;
const struct check intolerance_check = {
    .id = "intolerance",
    .question =
        "Which versions, extensions, code points, lengths and records of a ClientHello can the server not bear?",
    .citations = "RFC 5246, RFC 7685, RFC 8446, RFC 8701",
    .flags = CHECK_DEFAULT,
    .run = run,
};

struct row {
    const struct trial *trial;
    const struct version_found *version;
    unsigned together; // the hello it is asked in first
    bool settled;
    bool suspect; // turned down; the rest of the questions decides
    struct fact fact;
    uint16_t number; // what was borne, or asked
    const char *value;
};

struct search {
    struct host *host;
    struct version_found versions[VERSIONS];
    struct row row[MOST_ROWS];
    size_t count;
};

// --- words ---------------------------------------------------------------------------------------

static void note(struct search *search, struct row *row, const struct answer *answer)
{
    evidence_add(search->host->scratch, &row->fact.evidence, answer->key);
}

static void settle(struct row *row, enum verdict verdict, const char *reason, const char *sentence)
{
    struct evidence evidence = row->fact.evidence;
    row->fact = fact_because(verdict, reason, sentence);
    row->fact.evidence = evidence;
    row->settled = true;
}

static void settle_all(struct search *search, enum verdict verdict, const char *reason, const char *sentence)
{
    for (size_t i = 0; i < search->count; i++)
        settle(&search->row[i], verdict, reason, sentence);
}

// By the server, or by what stands before it; or answered, but with less than it has.
static bool turned_down(enum reply reply)
{
    return reply == REPLY_OTHER_VERSION || reply == REPLY_VERSION_REFUSED || reply == REPLY_REFUSED ||
           reply == REPLY_CUT_OFF;
}

static const char *reason_of(const struct answer *answer, enum reply reply)
{
    return reply == REPLY_OTHER_VERSION ? "lower_version" : reply_reason(answer, reply);
}

static void leave_unknown(struct search *search, struct row *row, const struct answer *answer, enum reply reply)
{
    const char *sentence = reply_sentence(search->host->scratch, answer, reply);
    if (reply == REPLY_SILENT)
        sentence = arena_text(search->host->scratch,
                              "%s was met with silence, the same without it was answered: it may have been dropped",
                              row->trial->what);
    settle(row, VERDICT_UNKNOWN, reason_of(answer, reply), sentence);
}

// --- questions -----------------------------------------------------------------------------------

static const struct answer *ask_hello(struct search *search, const struct row *row, const struct hello *hello,
                                      uint16_t sample, enum reply *reply)
{
    struct probe probe = {.hello = *hello, .sample = sample};
    const struct answer *answer = ask(search->host, &probe);
    *reply = reply_of(answer, row->version->version, hello->suites);
    return answer;
}

// With what another check asks, as long as that is answered.
static const struct answer *ask_together(struct search *search, const struct row *row, enum reply *reply)
{
    struct hello shared;
    if (trial_shared(search->host, row->version, row->together, &shared)) {
        const struct answer *answer = ask_hello(search, row, &shared, 0, reply);
        if (*reply == REPLY_PENDING || *reply == REPLY_ACCEPTED)
            return answer;
    }
    struct hello hello = trial_together(search->host, row->version, row->together);
    return ask_hello(search, row, &hello, 0, reply);
}

static const struct answer *ask_alone(struct search *search, const struct row *row, uint16_t value, uint16_t sample,
                                      enum reply *reply)
{
    struct hello hello = trial_alone(search->host, row->version, row->trial, value);
    return ask_hello(search, row, &hello, sample, reply);
}

static const struct answer *ask_base(struct search *search, const struct row *row, uint16_t sample, enum reply *reply)
{
    struct hello hello = trial_base(search->host, search->host->scratch, row->version);
    return ask_hello(search, row, &hello, sample, reply);
}

// --- rows ----------------------------------------------------------------------------------------

static bool is_size(const struct trial *trial) { return trial->unit != NULL && trial->series != SERIES_SUITES; }

static void add_row(struct search *search, const struct trial *trial, const struct version_found *version,
                    unsigned together)
{
    struct row *row = &search->row[search->count++];
    *row = (struct row){.trial = trial, .version = version, .together = together, .number = trial->value};
    if (version == NULL)
        return;
    if (version->version == SSL3 && trial->extends)
        settle(row, VERDICT_NOT_APPLICABLE, "no_extensions", "SSLv3 is the best version, and has no extensions");
    struct hello plain = trial_base(search->host, search->host->scratch, version);
    if (!row->settled && is_size(trial) && trial_size(search->host->scratch, &plain) + 4 > trial->value)
        settle(row, VERDICT_NOT_APPLICABLE, "name_too_long", "with this server name no ClientHello is so short");
}

// Every trial in the best version up to TLS 1.2, and some in TLS 1.3 too.
static void add_rows(struct search *search)
{
    const struct version_found *best = NULL, *newest = &search->versions[VERSIONS - 1];
    for (size_t i = 1; i < VERSIONS - 1; i++)
        if (search->versions[i].accepted != NULL)
            best = &search->versions[i];
    if (newest->accepted == NULL)
        newest = NULL;
    if (best == NULL) {
        best = newest;
        newest = NULL;
    }
    for (size_t i = 0; i < trial_count(); i++) {
        const struct trial *trial = trial_at(i);
        add_row(search, trial, best, trial->together);
        if (newest != NULL && trial->together_13 != 0)
            add_row(search, trial, newest, trial->together_13);
    }
    if (best == NULL)
        settle_all(search, VERDICT_UNKNOWN, "no_control", "no ClientHello of SSLv3 or later was accepted");
}

// --- the steps: each asks for every row, and waits for all answers -----------------------------------

static enum progress find_together(struct search *search)
{
    enum progress progress = DONE;
    for (size_t i = 0; i < search->count; i++) {
        struct row *row = &search->row[i];
        enum reply reply;
        if (row->settled)
            continue;
        const struct answer *answer = ask_together(search, row, &reply);
        if (reply == REPLY_PENDING)
            progress = WAIT;
        note(search, row, answer);
        if (reply == REPLY_ACCEPTED)
            settle(row, VERDICT_NO, NULL, NULL);
        if (reply == REPLY_MISSING)
            leave_unknown(search, row, answer, reply);
    }
    return progress;
}

static enum progress find_control(struct search *search)
{
    enum progress progress = DONE;
    for (size_t i = 0; i < search->count; i++) {
        struct row *row = &search->row[i];
        enum reply reply;
        if (row->settled)
            continue;
        const struct answer *answer = ask_base(search, row, 0, &reply);
        if (reply == REPLY_PENDING)
            progress = WAIT;
        note(search, row, answer);
        if (reply != REPLY_PENDING && reply != REPLY_ACCEPTED)
            settle(row, VERDICT_UNKNOWN, "no_control", "the plain ClientHello was not answered either");
    }
    return progress;
}

static enum progress find_alone(struct search *search, uint16_t sample)
{
    enum progress progress = DONE;
    for (size_t i = 0; i < search->count; i++) {
        struct row *row = &search->row[i];
        enum reply reply;
        if (row->settled)
            continue;
        const struct answer *answer = ask_alone(search, row, row->trial->value, sample, &reply);
        if (reply == REPLY_PENDING)
            progress = WAIT;
        note(search, row, answer);
        if (reply == REPLY_ACCEPTED && row->suspect)
            settle(row, VERDICT_UNKNOWN, "inconsistent", "the same ClientHello was once turned down and once answered");
        else if (reply == REPLY_ACCEPTED)
            settle(row, VERDICT_NO, NULL, NULL);
        else if (reply != REPLY_PENDING && !turned_down(reply))
            leave_unknown(search, row, answer, reply);
    }
    for (size_t i = 0; i < search->count; i++)
        search->row[i].suspect = !search->row[i].settled;
    return progress;
}

// The highest value before a row's that was borne in its series; 0: it is not the first suspect, or
// what comes before it is not known.
static uint16_t borne_before(struct search *search, const struct row *row)
{
    struct hello plain = trial_base(search->host, search->host->scratch, row->version);
    size_t least = row->trial->series == SERIES_SUITES ? plain.suites.count : trial_size(search->host->scratch, &plain);
    uint16_t borne = (uint16_t)least;
    for (const struct row *before = search->row; before < row; before++) {
        if (before->trial->series != row->trial->series || before->fact.verdict == VERDICT_NOT_APPLICABLE)
            continue;
        if (before->suspect || before->fact.verdict != VERDICT_NO)
            return 0;
        borne = before->trial->value;
    }
    return borne;
}

// Halves what lies between what was borne and what was not.
static enum progress find_limit(struct search *search, struct row *row)
{
    uint16_t low = borne_before(search, row), high = row->trial->value;
    if (row->trial->series == SERIES_NONE || low == 0)
        return DONE;
    while (high - low > 1 && high - low > high / GRAIN) {
        uint16_t middle = (uint16_t)(low + (high - low) / 2);
        enum reply reply;
        const struct answer *answer = ask_alone(search, row, middle, 0, &reply);
        if (reply == REPLY_PENDING)
            return WAIT;
        note(search, row, answer);
        if (reply == REPLY_ACCEPTED)
            low = middle;
        else if (turned_down(reply))
            high = middle;
        else
            break;
    }
    row->number = low;
    row->value =
        arena_text(search->host->scratch, "answered with %u %s, turned down with %u", low, row->trial->unit, high);
    return DONE;
}

static enum progress find_limits(struct search *search)
{
    enum progress progress = DONE;
    for (size_t i = 0; i < search->count; i++)
        if (search->row[i].suspect && find_limit(search, &search->row[i]) == WAIT)
            progress = WAIT;
    return progress;
}

static void leave_in_doubt(struct search *search, struct row *row, const struct answer *canary, enum reply reply)
{
    row->settled = true;
    reply_doubt(search->host->scratch, canary, reply,
                "it was turned down, and so was the plain ClientHello that had been answered before", &row->fact);
}

// The plain hello once more, and three times where the version was turned down: if that depends on which of several
// servers is met, one of these meets it too. Returns the first that was not answered, or the last.
static const struct answer *ask_canaries(struct search *search, struct row *row, enum reply refusal, enum reply *reply)
{
    unsigned count = reply_of_version(refusal) ? 3 : 1, asked = 0;
    const struct answer *canary;
    do {
        canary = ask_base(search, row, (uint16_t)(CANARY + asked), reply);
        note(search, row, canary);
    } while (*reply == REPLY_ACCEPTED && ++asked < count);
    return canary;
}

// After everything else: does the host still answer the plain hello?
static enum progress find_canary(struct search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        struct row *row = &search->row[i];
        enum reply reply, again;
        if (!row->suspect)
            continue;
        const struct answer *answer = ask_alone(search, row, row->trial->value, 1, &again);
        const struct answer *canary = ask_canaries(search, row, again, &reply);
        if (reply == REPLY_PENDING)
            return WAIT;
        if (reply == REPLY_ACCEPTED)
            settle(row, VERDICT_YES, reason_of(answer, again),
                   arena_text(search->host->scratch, "%s is turned down (%s); the same without it is answered",
                              row->trial->what, outcome_sentence(search->host->scratch, answer->outcome)));
        else
            leave_in_doubt(search, row, canary, reply);
    }
    return DONE;
}

// --- the check -----------------------------------------------------------------------------------

// Each alone was borne, all at once were not.
static void tell_of_combinations(struct search *search, struct facts *facts)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct row *row = &search->row[i];
        enum reply reply = REPLY_PENDING;
        bool borne = row->version != NULL;
        for (size_t j = 0; j < search->count; j++)
            if (search->row[j].together == row->together && search->row[j].fact.verdict != VERDICT_NO &&
                search->row[j].fact.verdict != VERDICT_NOT_APPLICABLE)
                borne = false;
        if (!borne || row->fact.verdict != VERDICT_NO)
            continue;
        const struct answer *answer = ask_together(search, row, &reply);
        struct evidence evidence = {0};
        evidence_add(search->host->scratch, &evidence, answer->key);
        if (turned_down(reply))
            anomaly_add(&search->host->facts_memory, facts, "combination_refused",
                        "a ClientHello with several oddities was turned down, though it bears each of them alone",
                        evidence);
    }
}

static void add_features(struct search *search, struct facts *facts)
{
    struct arena *arena = &search->host->facts_memory;
    for (size_t i = 0; i < search->count; i++) {
        const struct row *row = &search->row[i];
        feature_add(arena, facts,
                    &(struct feature_fact){
                        .section = FEATURE_INTOLERANCE,
                        .id = row->trial->id,
                        .version = row->version == NULL ? 0 : row->version->version,
                        .fact = fact_keep(arena, row->fact),
                        .value = row->value == NULL ? NULL : arena_text(arena, "%s", row->value),
                        .has_number = row->trial->unit != NULL,
                        .number = row->number,
                        .unit = row->trial->unit,
                    });
    }
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct search *search = arena_alloc(host->scratch, sizeof *search);
    search->host = host;
    if (versions_accepted(host, search->versions) == WAIT)
        return WAIT;
    add_rows(search);
    if (find_together(search) == WAIT || find_control(search) == WAIT || find_alone(search, 0) == WAIT ||
        find_alone(search, 1) == WAIT || find_alone(search, 2) == WAIT || find_limits(search) == WAIT ||
        find_canary(search) == WAIT)
        return WAIT;
    for (size_t i = 0; i < search->count; i++)
        farm_settle_yes(host, &search->row[i].fact);
    tell_of_combinations(search, facts);
    add_features(search, facts);
    return DONE;
}
