// SPDX-License-Identifier: Apache-2.0
//
// Where certificates are all that is asked for: one hello as a client of today would send it, with TLS 1.3 and 1.2 and
// key shares for the usual groups, and one more for each kind of key that it draws. What older clients are shown, and
// those that send no name, is not asked, and so nothing is said of it (certificates.c). A host that does not answer
// such a hello with certificates is asked the long way.
#include <string.h>

#include "base/arena.h"
#include "check/key_kind.h"
#include "check/sighting_search.h"
#include "wire/keys.h"
#include "wire/registry.h"

bool search_is_few(const struct host *host)
{
    for (size_t i = 0; i < check_count(); i++) {
        const struct check *check = check_at(i);
        bool asks_for_itself = strcmp(check->id, "certificates") == 0 || strcmp(check->id, "connect") == 0;
        if (host_runs(host, check) && !asks_for_itself)
            return false;
    }
    return true;
}

// --- hellos --------------------------------------------------------------------------------------

static struct codes joined(struct arena *arena, struct codes a, struct codes b)
{
    uint16_t *code = arena_array(arena, a.count + b.count, sizeof *code);
    memcpy(code, a.code, a.count * sizeof *code);
    memcpy(code + a.count, b.code, b.count * sizeof *code);
    return (struct codes){code, a.count + b.count};
}

// A group that cannot be computed here would be answered with a HelloRetryRequest, which shows no certificate.
static struct codes groups_to_offer(struct arena *arena)
{
    struct codes newer = offer_groups(TLS13), older = offer_groups(TLS12);
    uint16_t *code = arena_array(arena, newer.count + older.count, sizeof *code);
    size_t count = 0;
    for (size_t i = 0; i < newer.count; i++)
        if (key_group_known(newer.code[i]))
            code[count++] = newer.code[i];
    for (size_t i = 0; i < older.count; i++)
        if (!codes_have(newer, older.code[i]))
            code[count++] = older.code[i];
    return (struct codes){code, count};
}

static struct hello hello_of_today(const struct host *host)
{
    static const uint16_t versions[] = {TLS13, TLS12}, shares[] = {0x001D, 0x0017, 0x0018};
    struct codes suites = joined(host->scratch, opening_suites_13(host), offer_likely(TLS12));
    struct hello hello = offer_hello(host, host->scratch, TLS13, suites);
    hello.versions = (struct codes){versions, sizeof versions / sizeof *versions};
    hello.groups = groups_to_offer(host->scratch);
    hello.key_shares = (struct codes){shares, sizeof shares / sizeof *shares};
    return hello;
}

// Without the kinds of key that were seen, in the version and the group that the host chose. Up to TLS 1.2 suites tell
// RSA and ECDSA apart, until both were seen.
static struct hello narrower(const struct host *host, const struct opening *opening, unsigned seen)
{
    const unsigned named = 1u << KIND_RSA | 1u << KIND_ECDSA;
    if (opening->version != TLS13)
        return key_kind_hello_12(host, opening->version, seen, (seen & named) != named);
    struct hello hello = opening_hello_13(host, opening->groups);
    key_kinds_remove(host->scratch, &hello, seen, TLS13);
    return hello;
}

// --- answers -------------------------------------------------------------------------------------

// The host as it showed itself by its first answer. False: that tells too little, or it holds something back.
static bool open_by(const struct host *host, const struct answer *answer, const struct hello *hello,
                    struct opening *opening)
{
    const struct flight *flight = answer->outcome->flight;
    uint16_t version = flight == NULL ? 0 : flight->version;
    if ((version != TLS12 && version != TLS13) || reply_of(answer, version, hello->suites) != REPLY_ACCEPTED)
        return false;
    if (flight->retry || flight->shown->certificate_count == 0 || !opening_readable(flight) ||
        (version == TLS12 && reply_downgraded(flight)))
        return false;
    uint16_t *group = arena_array(host->scratch, 1, sizeof *group);
    *group = flight->group;
    *opening = (struct opening){
        .version = version,
        .suites = version == TLS13 ? opening_suites_13(host) : offer_likely(TLS12),
        .groups = {group, 1},
        .answer = answer,
        .answered = hello->suites,
        .fact = fact_of(VERDICT_YES),
    };
    return true;
}

// What a narrower hello led to; true: another kind of key.
static bool goes_on(struct search *search, const struct opening *opening, const struct hello *hello,
                    const struct answer *answer)
{
    enum reply reply = reply_of(answer, opening->version, hello->suites);
    if (reply != REPLY_ACCEPTED) {
        search_end(search, opening, hello, answer, reply);
        return false;
    }
    if (answer->outcome->flight->shown->certificate_count != 0)
        return true;
    if (!answer->outcome->flight->alert) // else it looked for another certificate, and failed
        search_leave_unknown(search, "unreadable", "the server's certificates could not be read");
    return false;
}

bool search_few(struct search *search)
{
    struct host *host = search->host;
    struct probe probe = {.hello = hello_of_today(host)};
    const struct answer *answer = ask(host, &probe);
    struct opening opening;
    search->waiting = answer->outcome == NULL;
    if (search->waiting)
        return true;
    if (!open_by(host, answer, &probe.hello, &opening))
        return false;
    search->found->few = opening.version;
    unsigned seen = 0;
    for (unsigned i = 0; i < KINDS; i++) {
        search_see(search, answer, opening.version, offer_has_name(host));
        unsigned kind = 1u << key_kind_shown(host, answer);
        if ((seen & kind) != 0)
            break;
        seen |= kind;
        probe = (struct probe){.hello = narrower(host, &opening, seen)};
        answer = ask(host, &probe);
        if (!goes_on(search, &opening, &probe.hello, answer))
            break;
    }
    return true;
}
