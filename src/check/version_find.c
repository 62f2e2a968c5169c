// SPDX-License-Identifier: Apache-2.0
//
// Does a host have a version? The first question of each version offers everything at once, and
// all versions are asked together. A ServerHello settles it: of that version yes, of a lower one
// no. A refusal is a `no` only if the same host has answered another hello with a ServerHello (the
// control), if nothing else about the hello explains it (a long list: then the likely suites
// alone are tried), and, where it was only cut off, if it is repeated and the host still answers
// afterwards (the canary): a server that has had enough of us cuts off everything.
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "check/opening.h"
#include "check/shared.h"
#include "check/version_control.h"
#include "check/versions.h"
#include "wire/registry.h"

static void settle(struct version_found *found, enum verdict verdict) { found->fact.verdict = verdict; }

static void leave_unknown(struct version_found *found, const char *reason, const char *sentence)
{
    found->fact.verdict = VERDICT_UNKNOWN;
    found->fact.reason = reason;
    found->fact.sentence = sentence;
}

static void leave(struct host *host, struct version_found *found, const struct answer *answer, enum reply reply)
{
    leave_unknown(found, reply_reason(answer, reply), reply_sentence(host->scratch, answer, reply));
}

static void note(struct host *host, struct version_found *found, const struct answer *answer)
{
    evidence_add(host->scratch, &found->fact.evidence, answer->key);
}

// One answer that needs no second question. False: it does.
static bool settle_plainly(struct host *host, struct version_found *found, const struct answer *answer,
                           enum reply reply)
{
    note(host, found, answer);
    if (reply == REPLY_ACCEPTED) {
        found->accepted = answer;
        settle(found, VERDICT_YES);
        return true;
    }
    if (reply == REPLY_OTHER_VERSION) {
        settle(found, VERDICT_NO);
        if (found->version == TLS13 && reply_downgraded(answer->outcome->flight))
            leave_unknown(found, "downgrade_sentinel",
                          "the server chose an older version and says that it has TLS 1.3: for clients with a "
                          "pre-shared key alone, or for none");
        return true;
    }
    if (reply == REPLY_LIED || reply == REPLY_MISSING) {
        leave(host, found, answer, reply);
        return true;
    }
    return false;
}

// A HelloRetryRequest comes before the server looks for a certificate, so it does not show that the
// server would serve this name at all. Then a TLS 1.3 hello that is answered with certificates must.
static enum progress past_retry(struct host *host, const struct answer **proof)
{
    struct codes groups;
    struct fact why;
    if (opening_groups(host, *proof, &groups, &why) == WAIT)
        return WAIT;
    if (why.verdict != VERDICT_YES) {
        *proof = NULL;
        return DONE;
    }
    struct probe probe = {.hello = opening_hello_13(host, groups)};
    const struct answer *answer = ask(host, &probe);
    enum reply reply = reply_of(answer, TLS13, probe.hello.suites);
    *proof = reply == REPLY_ACCEPTED ? answer : NULL;
    return reply == REPLY_PENDING ? WAIT : DONE;
}

static const struct answer *proof_of(const struct version_control *control)
{
    return control->full != NULL ? control->full : control->likely;
}

// TLS 1.3 is asked for without a key share, and whoever has it asks for one: RFC 8446 section 4.1.4. A server that
// never does so (mint), or stumbles over new groups or signature schemes, or over the drafts in the list of versions,
// turns that hello down, but not one with shares and old codes. True: it was refused either way.
static bool refused_with_shares(struct host *host, struct version_found *found, bool *pending)
{
    static const uint16_t shares[] = {0x001D, 0x0017, 0x0018};
    struct probe probe = {.hello = opening_hello_13(host, (struct codes){shares, 3})};
    probe.hello.key_shares = probe.hello.groups;
    probe.hello.schemes = offer_modest(host, host->scratch, TLS13, probe.hello.suites).schemes;
    const struct answer *answer = ask(host, &probe);
    enum reply reply = reply_of(answer, TLS13, probe.hello.suites);
    *pending = reply == REPLY_PENDING;
    if (*pending)
        return false;
    note(host, found, answer);
    if (version_refused(reply) || reply == REPLY_OTHER_VERSION)
        return true;
    found->needs_share = reply == REPLY_ACCEPTED;
    if (reply == REPLY_ACCEPTED)
        leave_unknown(
            found, "needs_key_share",
            "the server answers a TLS 1.3 ClientHello with key shares and old codes, and turns down one without "
            "shares and with all codes: it does not ask for a share, as RFC 8446 wants it to, or stumbles over "
            "a code");
    else
        leave(host, found, answer, reply);
    return false;
}

static bool takes_key(const struct suite *suite)
{
    return suite->kx == KX_PSK || suite->kx == KX_RSA_PSK || suite->kx == KX_DHE_PSK || suite->kx == KX_ECDHE_PSK;
}

static struct codes suites_with_key(const struct host *host, uint16_t version)
{
    struct codes all = offer_suites(host, version);
    uint16_t *code = arena_array(host->scratch, all.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (takes_key(suite_find(all.code[i])))
            code[count++] = all.code[i];
    return (struct codes){code, count};
}

// Whether an older version has suites with a pre-shared key, by questions no longer than the control.
static bool accepts_key(struct host *host, struct version_found *found, const struct version_control *control,
                        uint16_t version, bool *pending)
{
    struct codes all = suites_with_key(host, version);
    size_t most = control->full != NULL ? all.count : offer_likely(version).count;
    for (size_t at = 0; at < all.count; at += most) {
        struct codes part = {all.code + at, all.count - at < most ? all.count - at : most};
        struct probe probe = {.hello = offer_hello(host, host->scratch, version, part)};
        const struct answer *answer = ask(host, &probe);
        enum reply reply = reply_of(answer, version, part);
        *pending = *pending || reply == REPLY_PENDING;
        if (reply == REPLY_PENDING)
            continue;
        note(host, found, answer);
        if (version_refused(reply))
            continue;
        if (version_answered(reply))
            leave_unknown(found, "pre_shared_key",
                          "the server turned the version down and accepts suites with a pre-shared key in older "
                          "ones: it may have it for clients with such a key");
        else
            leave(host, found, answer, reply);
        return true;
    }
    return false;
}

// Who has a pre-shared key and no certificate that TLS 1.3 can use (none, or one of DSA or an old curve) has the
// version for clients with that key alone, and none of our hellos has one. True: that may be so, and it is unknown.
// Certificates of RSA and ECDSA are no proof that they can be used, so it is asked what else there is.
static bool is_for_clients_with_key(struct host *host, struct version_found *found,
                                    const struct version_control *control, const struct answer *proof, bool *pending)
{
    const struct flight *flight = proof->outcome->flight;
    const struct suite *suite = flight->version == SSL2 ? NULL : suite_find(flight->suite);
    if (suite == NULL)
        return false;
    if (!takes_key(suite) && (suite->auth == AUTH_RSA || suite->auth == AUTH_ECDSA))
        return accepts_key(host, found, control, flight->version, pending);
    note(host, found, proof);
    leave_unknown(found, "pre_shared_key",
                  "the server turned the version down and shows no certificate for it in older ones: it may have it "
                  "for clients with a pre-shared key");
    return true;
}

// Every hello of this version was refused; is that a `no`?
static enum progress settle_refused(struct host *host, struct version_found *found,
                                    const struct version_control *control, const struct answer *refusal,
                                    enum reply reply)
{
    bool pending = false;
    if (found->version == TLS13 && !refused_with_shares(host, found, &pending))
        return pending ? WAIT : DONE;
    const struct answer *proof = proof_of(control);
    bool retried = proof != NULL && proof->outcome->flight->retry;
    if (reply != REPLY_VERSION_REFUSED && retried && past_retry(host, &proof) == WAIT)
        return WAIT;
    if (proof != NULL && found->version == TLS13 && reply != REPLY_VERSION_REFUSED &&
        is_for_clients_with_key(host, found, control, proof, &pending))
        return pending ? WAIT : DONE;
    if (pending)
        return WAIT;
    if (proof != NULL) {
        note(host, found, proof);
        found->doubtful = reply != REPLY_VERSION_REFUSED;
        settle(found, VERDICT_NO);
        return DONE;
    }
    const struct flight *flight = refusal->outcome->flight;
    if (flight != NULL && flight->alert && flight->alert_description == 112 && !offer_has_name(host))
        leave_unknown(found, "needs_sni", "the server wants a server name, and there is none to send");
    else
        leave_unknown(found, "no_control",
                      arena_text(host->scratch, "%s, and no other hello was accepted that could serve as a control",
                                 outcome_sentence(host->scratch, refusal->outcome)));
    return DONE;
}

// Where no full list was ever answered, the suites that the likely ones leave out must be asked
// in short lists before they can be said to be refused. Returns whether all were; WAIT by pending.
static bool rest_refused(struct host *host, struct version_found *found, bool *pending)
{
    struct codes all = offer_suites(host, found->version);
    const size_t most = offer_likely(found->version).count; // no longer than the control
    size_t rest = all.count - most;
    for (size_t at = 0; at < rest; at += most) {
        struct codes part = {all.code + at, rest - at < most ? rest - at : most};
        struct probe probe = {.hello = offer_hello(host, host->scratch, found->version, part)};
        const struct answer *answer = ask(host, &probe);
        enum reply reply = reply_of(answer, found->version, part);
        if (reply == REPLY_PENDING) {
            *pending = true;
            continue;
        }
        if (version_refused(reply)) {
            note(host, found, answer);
            continue;
        }
        found->full_refused = true;
        if (!settle_plainly(host, found, answer, reply))
            leave(host, found, answer, reply);
        return false;
    }
    return true;
}

static enum progress find_sslv2(struct host *host, struct version_found *found, const struct version_control *control)
{
    const struct codes none = {NULL, 0};
    const struct answer *answer = version_ask_first(host, SSL2, 0);
    enum reply reply = reply_of(answer, SSL2, none);
    if (reply == REPLY_PENDING)
        return WAIT;
    if (settle_plainly(host, found, answer, reply))
        return DONE;
    if (control->pending)
        return WAIT;
    if (reply == REPLY_CUT_OFF) {
        answer = version_ask_first(host, SSL2, 1);
        reply = reply_of(answer, SSL2, none);
        if (reply == REPLY_PENDING)
            return WAIT;
        if (settle_plainly(host, found, answer, reply))
            return DONE;
    }
    if (version_refused(reply))
        return settle_refused(host, found, control, answer, reply);
    leave(host, found, answer, reply);
    return DONE;
}

// The full list was cut off or not answered, the likely one was: is it the list, or was it chance?
static enum progress repeat_full(struct host *host, struct version_found *found, enum reply full)
{
    if (full != REPLY_CUT_OFF && full != REPLY_SILENT)
        return DONE;
    const struct answer *again = version_ask_first(host, found->version, 1);
    enum reply reply = reply_of(again, found->version, offer_suites(host, found->version));
    if (reply == REPLY_PENDING)
        return WAIT;
    note(host, found, again);
    if (reply == REPLY_ACCEPTED) {
        found->accepted = again;
        found->full_refused = false;
    }
    return DONE;
}

// Some servers choose a suite that they have no certificate for, and fail, or stumble over signature schemes that they
// do not know: a list without that choice, and with few schemes, is one more question before a `no`.
static enum progress find_by_rsa(struct host *host, struct version_found *found, const struct version_control *control)
{
    struct codes list = host->offers->likely_rsa;
    struct probe probe = {.hello = offer_modest(host, host->scratch, found->version, list)};
    const struct answer *answer = ask(host, &probe);
    enum reply reply = reply_of(answer, found->version, list);
    if (reply == REPLY_PENDING)
        return WAIT;
    found->full_refused = reply == REPLY_ACCEPTED;
    if (settle_plainly(host, found, answer, reply))
        return DONE;
    if (version_refused(reply))
        return settle_refused(host, found, control, answer, reply);
    leave(host, found, answer, reply);
    return DONE;
}

// The full list was turned down or not answered: the likely suites alone, as a second question.
static enum progress find_by_likely(struct host *host, struct version_found *found,
                                    const struct version_control *control)
{
    const struct answer *answer = version_ask_likely(host, found->version, 0);
    enum reply reply = reply_of(answer, found->version, offer_likely(found->version));
    if (reply == REPLY_PENDING)
        return WAIT;
    const struct answer *first;
    enum reply full = version_first(host, found->version, &first);
    found->full_refused = reply == REPLY_ACCEPTED;
    if (settle_plainly(host, found, answer, reply))
        return found->accepted == NULL ? DONE : repeat_full(host, found, full);
    if (!version_refused(reply)) {
        leave(host, found, answer, reply);
        return DONE;
    }
    if (control->pending)
        return WAIT;
    bool pending = false, dropped = full == REPLY_SILENT; // then nothing but short lists tells
    bool speaks_tls = (dropped && control->full != NULL) || (control->likely != NULL && control->version != SSL2);
    if (!version_refused(full) && !(dropped && speaks_tls)) {
        leave(host, found, first, full);
        return DONE;
    }
    bool rest_matters = (dropped || control->full == NULL) && speaks_tls && reply != REPLY_VERSION_REFUSED;
    if (rest_matters && !rest_refused(host, found, &pending))
        return DONE;
    if (pending)
        return WAIT;
    return settle_refused(host, found, control, answer, reply);
}

// A draft was chosen from a list that begins with the final version: perhaps for being newer to the
// server's eyes. Without the drafts it must say what it has.
static enum progress find_final(struct host *host, struct version_found *found, const struct answer *draft)
{
    found->draft = draft->outcome->flight->version;
    struct codes suites = offer_suites(host, TLS13);
    struct probe probe = {.hello = offer_hello(host, host->scratch, TLS13, suites)};
    const struct answer *answer = ask(host, &probe);
    enum reply reply = reply_of(answer, TLS13, suites);
    if (reply == REPLY_PENDING)
        return WAIT;
    note(host, found, draft);
    if (settle_plainly(host, found, answer, reply))
        return DONE;
    note(host, found, answer);
    bool pending = false;
    if (reply != REPLY_VERSION_REFUSED && reply != REPLY_REFUSED)
        leave(host, found, answer, reply);
    else if (refused_with_shares(host, found, &pending))
        settle(found, VERDICT_NO); // the draft is the control
    return pending ? WAIT : DONE;
}

static enum progress find_one(struct host *host, struct version_found *found, const struct version_control *control)
{
    if (found->version == SSL2)
        return find_sslv2(host, found, control);
    const struct answer *answer;
    enum reply reply = version_first(host, found->version, &answer);
    if (reply == REPLY_PENDING)
        return WAIT;
    if (reply == REPLY_DRAFT)
        return find_final(host, found, answer);
    if (settle_plainly(host, found, answer, reply))
        return DONE;
    if (reply != REPLY_VERSION_REFUSED && reply != REPLY_REFUSED)
        return find_by_likely(host, found, control);
    if (control->pending)
        return WAIT;
    if (reply == REPLY_REFUSED && control->full == NULL)
        return find_by_likely(host, found, control);
    if (reply == REPLY_REFUSED && found->version != TLS13)
        return find_by_rsa(host, found, control);
    return settle_refused(host, found, control, answer, reply);
}

// What was refused in words that could mean anything is a `no` only if the host answers once more
// after it.
static enum progress ask_canary(struct host *host, const struct version_control *control,
                                struct version_found found[VERSIONS])
{
    enum reply reply;
    const struct answer *answer = version_canary(host, control, &reply);
    for (size_t i = 0; i < VERSIONS; i++) {
        if (!found[i].doubtful)
            continue;
        found[i].settled = reply != REPLY_PENDING;
        if (!found[i].settled)
            continue;
        note(host, &found[i], answer);
        if (!version_answered(reply))
            reply_doubt(host->scratch, answer, reply,
                        "the server turned this version down, and then a ClientHello like one it had accepted before",
                        &found[i].fact);
    }
    return reply == REPLY_PENDING ? WAIT : DONE;
}

static enum progress find_each(struct host *host, const struct version_control *control,
                               struct version_found found[VERSIONS], bool *doubtful)
{
    enum progress progress = DONE;
    *doubtful = false;
    for (size_t i = 0; i < VERSIONS; i++) {
        found[i] = (struct version_found){.version = versions_asked_for[i]};
        found[i].settled = find_one(host, &found[i], control) == DONE;
        *doubtful = *doubtful || found[i].doubtful;
        if (!found[i].settled)
            progress = WAIT;
    }
    return progress;
}

static void unsettle_doubtful(struct version_found found[VERSIONS])
{
    for (size_t i = 0; i < VERSIONS; i++)
        found[i].settled = found[i].settled && !found[i].doubtful;
}

static enum progress find_accepted(struct host *host, struct version_found found[VERSIONS])
{
    bool doubtful;
    struct version_control control = version_find_control(host);
    enum progress progress = find_each(host, &control, found, &doubtful);
    unsettle_doubtful(found);
    return progress;
}

static enum progress find_all(struct host *host, struct version_found found[VERSIONS])
{
    bool doubtful;
    struct version_control control = version_find_control(host);
    enum progress progress = find_each(host, &control, found, &doubtful);
    if (doubtful && progress == DONE)
        return ask_canary(host, &control, found);
    unsettle_doubtful(found);
    return progress;
}

struct versions_known {
    struct shared shared;
    struct version_found found[VERSIONS];
};

static void remember(struct host *host, struct versions_known *known, const struct version_found found[VERSIONS])
{
    memcpy(known->found, found, sizeof known->found);
    for (size_t i = 0; known->shared.final && i < VERSIONS; i++)
        known->found[i].fact = fact_keep(&host->ledger.memory, found[i].fact);
}

// What `find` finds, as it was found last where that holds still.
static enum progress find_once(struct host *host, struct versions_known **place,
                               enum progress (*find)(struct host *host, struct version_found found[VERSIONS]),
                               struct version_found found[VERSIONS])
{
    if (*place == NULL)
        *place = arena_alloc(&host->ledger.memory, sizeof **place);
    struct versions_known *known = *place;
    if (shared_holds(host, &known->shared)) {
        memcpy(found, known->found, sizeof known->found);
        return known->shared.progress;
    }
    shared_begin(host, &known->shared);
    enum progress progress = find(host, found);
    if (shared_end(host, &known->shared, progress))
        remember(host, known, found);
    return progress;
}

enum progress versions_accepted(struct host *host, struct version_found found[VERSIONS])
{
    return find_once(host, &host->versions_accepted, find_accepted, found);
}

enum progress versions_find(struct host *host, struct version_found found[VERSIONS])
{
    return find_once(host, &host->versions, find_all, found);
}
