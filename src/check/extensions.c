// SPDX-License-Identifier: Apache-2.0
//
// Which extensions does the server answer? RFC 6066, RFC 7366 (encrypt-then-MAC), RFC 7627
// (extended master secret), RFC 5746, RFC 8449, RFC 8879, RFC 9345, RFC 9849 and others. Nearly all
// of it is read from one rich hello for each of TLS 1.2 (or lower) and 1.3 (rich.c), and from the
// first answers of the versions. Anything that is not answered in a flight that was read is a `no`.
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "check/extension_rows.h"
#include "check/farm.h"
#include "check/versions.h"
#include "wire/registry.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check extensions_check;
const struct check extensions_check = {
    .id = "extensions",
    .question = "Which extensions does the server answer, and with what?",
    .citations = "RFC 5746, RFC 6066, RFC 6962, RFC 7250, RFC 7366, RFC 7627, RFC 8446, RFC 8449, RFC 8879, RFC 9345",
    .flags = CHECK_DEFAULT,
    .run = run,
};

#define PARTS_12                                                                                                       \
    (RICH(RICH_STATUS_REQUEST) | RICH(RICH_SIGNED_CERTIFICATE_TIMESTAMP) | RICH(RICH_SESSION_TICKET) |                 \
     RICH(RICH_HEARTBEAT) | RICH(RICH_TRUNCATED_HMAC) | RICH(RICH_MAX_FRAGMENT_LENGTH) |                               \
     RICH(RICH_RECORD_SIZE_LIMIT) | RICH(RICH_ENCRYPT_THEN_MAC) | RICH(RICH_NEXT_PROTOCOL_NEGOTIATION) |               \
     RICH(RICH_CERTIFICATE_TYPES) | RICH(RICH_COMPRESSION))
#define PARTS_13                                                                                                       \
    (RICH(RICH_STATUS_REQUEST) | RICH(RICH_SIGNED_CERTIFICATE_TIMESTAMP) | RICH(RICH_HEARTBEAT) |                      \
     RICH(RICH_MAX_FRAGMENT_LENGTH) | RICH(RICH_RECORD_SIZE_LIMIT) | RICH(RICH_CERTIFICATE_TYPES) |                    \
     RICH(RICH_DELEGATED_CREDENTIAL) | RICH(RICH_ENCRYPTED_CLIENT_HELLO))
#define PARTS_CBC (RICH(RICH_ENCRYPT_THEN_MAC) | RICH(RICH_TRUNCATED_HMAC))

// --- suites with CBC -----------------------------------------------------------------------------

static bool has_certificate(const struct suite *suite)
{
    return suite->auth == AUTH_RSA || suite->auth == AUTH_ECDSA || suite->auth == AUTH_DSS;
}

static bool is_cbc(uint16_t code, bool certified)
{
    const struct suite *suite = suite_find(code);
    return suite != NULL && has_certificate(suite) == certified && strstr(suite->cipher, "CBC") != NULL;
}

static struct codes only_cbc(struct arena *arena, struct codes codes, bool certified)
{
    uint16_t *code = arena_array(arena, codes.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < codes.count; i++)
        if (is_cbc(codes.code[i], certified))
            code[count++] = codes.code[i];
    return (struct codes){code, count};
}

// The likely ones as soon as one of them was accepted, else those that were found when all were.
static enum progress find_cbc(struct host *host, struct rich_version *version, struct codes *cbc)
{
    struct removal_found found;
    enum progress progress = rows_suites(host, version->opening.version, &found);
    *cbc = only_cbc(host->scratch, version->opening.suites, true);
    if (removal_has_one(&found, *cbc))
        return DONE;
    struct codes all = removal_codes(host->scratch, &found);
    version->suites = found.complete;
    *cbc = only_cbc(host->scratch, all, true);
    version->bare = only_cbc(host->scratch, all, false);
    return progress;
}

// Encrypt-then-MAC and truncated_hmac mean something with CBC alone (RFC 7366 section 3): where the
// host has such suites the rich hello offers nothing else.
static enum progress narrow_to_cbc(struct host *host, struct rich_version *version)
{
    const struct check *suites = check_find("suites");
    struct codes cbc;
    if (host_runs(host, suites)) {
        if (find_cbc(host, version, &cbc) == WAIT)
            return WAIT;
    } else {
        struct opening narrow = version->opening;
        narrow.suites = only_cbc(host->scratch, version->opening.suites, true);
        struct probe probe = {.hello = opening_hello(host, &narrow)};
        const struct answer *answer = ask(host, &probe);
        enum reply reply = opening_reply(&narrow, answer);
        if (reply == REPLY_PENDING)
            return WAIT;
        bool told = reply == REPLY_ACCEPTED || reply == REPLY_REFUSED || reply == REPLY_OTHER_VERSION;
        if (!told)
            version->suites = fact_because(VERDICT_UNKNOWN, reply_reason(answer, reply),
                                           reply_sentence(host->scratch, answer, reply));
        cbc = reply == REPLY_ACCEPTED ? narrow.suites : (struct codes){NULL, 0};
    }
    version->cbc = cbc.count != 0;
    if (version->cbc)
        version->opening.suites = cbc;
    return DONE;
}

// Where none of them comes with a certificate they are asked about by themselves: of the rest much stands beside one.
static enum progress ask_bare(struct host *host, struct rich_version *version)
{
    static const enum rich_part parts[] = {RICH_ENCRYPT_THEN_MAC, RICH_TRUNCATED_HMAC};
    struct opening narrow = version->opening;
    struct rich rich;
    narrow.suites = version->bare;
    if (rich_find(host, &narrow, PARTS_CBC, &rich) == WAIT)
        return WAIT;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        version->rich.answer[parts[i]] = rich.answer[parts[i]];
        version->rich.why[parts[i]] = rich.why[parts[i]];
    }
    version->set |= PARTS_CBC;
    return DONE;
}

// --- asking --------------------------------------------------------------------------------------

static enum progress ask_12(struct host *host, struct rich_version *version)
{
    if (opening_12(host, &version->opening) == WAIT)
        return WAIT;
    version->settled = version->opening.version == 0;
    if (version->settled)
        return DONE;
    if (narrow_to_cbc(host, version) == WAIT)
        return WAIT;
    version->set = PARTS_12;
    if (!version->cbc)
        version->set &= ~PARTS_CBC;
    if (rich_find(host, &version->opening, version->set, &version->rich) == WAIT)
        return WAIT;
    if (!version->cbc && version->bare.count != 0 && ask_bare(host, version) == WAIT)
        return WAIT;
    version->settled = true;
    return DONE;
}

unsigned extensions_set_13(const struct host *host)
{
    return PARTS_13 | (host_runs(host, check_find("alpn")) ? RICH(RICH_ALPN) : 0);
}

static enum progress ask_13(struct host *host, struct rich_version *version)
{
    if (opening_13(host, &version->opening) == WAIT)
        return WAIT;
    version->set = extensions_set_13(host);
    if (version->opening.version != 0 && rich_find(host, &version->opening, version->set, &version->rich) == WAIT)
        return WAIT;
    version->settled = true;
    return DONE;
}

static bool stapled(const struct answer *answer) { return answer->outcome->flight->shown->staple.size != 0; }

// A second time, since many servers fetch a staple only when they are first asked for it. The question for compressed
// certificates is one, unless they come compressed.
static enum progress ask_staple_again(struct host *host, struct rich_version *version)
{
    if (version->asked == TLS13) {
        const struct answer *answer = rows_ask_compression(host, &version->opening, compressions_asked, true);
        enum reply reply = opening_reply(&version->opening, answer);
        if (reply == REPLY_PENDING)
            return WAIT;
        version->again = answer;
        if (reply == REPLY_ACCEPTED && answer->outcome->flight->shown->certificate_compression == 0)
            return DONE;
    }
    version->again = rich_ask(host, &version->opening, RICH(RICH_STATUS_REQUEST), 1);
    return version->again->outcome == NULL ? WAIT : DONE;
}

static bool lacks_staple(const struct rich_version *version)
{
    const struct answer *first = version->rich.answer[RICH_STATUS_REQUEST];
    return version->opening.version != 0 && first != NULL && !stapled(first);
}

static bool never_stapled(const struct rich_version *version)
{
    return lacks_staple(version) && version->again != NULL &&
           opening_reply(&version->opening, version->again) == REPLY_ACCEPTED && !stapled(version->again);
}

// RFC 8879: the algorithms one after the other, until a certificate comes as it is. Without a request for staples where
// the server turns that down.
static enum progress ask_compressions(struct host *host, const struct rich_version *version, struct compressions *found)
{
    const struct opening *opening = &version->opening;
    const bool staple = version->rich.answer[RICH_STATUS_REQUEST] != NULL;
    struct codes left = compressions_asked;
    *found = (struct compressions){.whole = fact_of(VERDICT_YES)};
    while (left.count != 0) {
        const struct answer *answer = rows_ask_compression(host, opening, left, staple);
        enum reply reply = opening_reply(opening, answer);
        if (reply == REPLY_PENDING)
            return WAIT;
        evidence_add(host->scratch, &found->whole.evidence, answer->key);
        if (reply != REPLY_ACCEPTED) {
            found->whole.verdict = VERDICT_UNKNOWN;
            found->whole.reason = reply_reason(answer, reply);
            found->whole.sentence = reply_sentence(host->scratch, answer, reply);
            return DONE;
        }
        const struct flight *flight = answer->outcome->flight;
        if (flight->shown->certificate_compression == 0)
            return DONE;
        if (!codes_have(left, flight->shown->certificate_compression)) {
            found->whole.verdict = VERDICT_UNKNOWN;
            found->whole.reason = "compression_not_offered";
            found->whole.sentence = "the server compressed its certificate in a way that was not offered";
            return DONE;
        }
        found->answer[found->count] = answer;
        found->code[found->count++] = flight->shown->certificate_compression;
        left = offer_without(host->scratch, left, flight->shown->certificate_compression);
    }
    return DONE;
}

enum progress extensions_ask(struct host *host, struct rich_version *older, struct rich_version *newer)
{
    *older = (struct rich_version){.asked = TLS12, .suites = fact_of(VERDICT_YES)};
    *newer = (struct rich_version){.asked = TLS13};
    enum progress newest = ask_13(host, newer), oldest = ask_12(host, older);
    // Who lacks one is asked again; the older version only if the newer has not shown that there is none.
    if (newest == DONE && lacks_staple(newer))
        newest = ask_staple_again(host, newer);
    if (newest == DONE && oldest == DONE && lacks_staple(older) && !never_stapled(newer))
        oldest = ask_staple_again(host, older);
    if (newest == WAIT || oldest == WAIT)
        return WAIT;
    farm_settle(host, &newer->opening.fact);
    farm_settle(host, &older->opening.fact);
    return DONE;
}

// What suites were found stands in the rows, though the questions did not wait for all of them.
static bool suites_wait(struct host *host, const struct rich_version *older)
{
    struct removal_found found;
    return older->opening.version != 0 && host_runs(host, check_find("suites")) &&
           rows_suites(host, older->opening.version, &found) == WAIT;
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct rich_version older, newer;
    struct compressions compressions = {.whole = fact_of(VERDICT_YES)};
    struct version_found versions[VERSIONS];
    enum progress progress = versions_accepted(host, versions);
    if (extensions_ask(host, &older, &newer) == WAIT || suites_wait(host, &older))
        progress = WAIT;
    if (newer.settled && newer.opening.version != 0 && ask_compressions(host, &newer, &compressions) == WAIT)
        progress = WAIT;
    if (progress == WAIT)
        return WAIT;
    rows_of_versions(host, facts, versions);
    rows_of_rich(host, facts, &older, &newer);
    rows_of_rich(host, facts, &newer, &older);
    rows_of_points(host, facts, &older);
    rows_of_13(host, facts, &newer, &versions[VERSIONS - 1], &compressions);
    rows_of_unsolicited(host, facts, versions, &older, &newer);
    return DONE;
}
