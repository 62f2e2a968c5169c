// SPDX-License-Identifier: Apache-2.0
//
// The table of oddities and the hellos that carry them.
#include "check/trial.h"

#include "base/arena.h"
#include "base/fail.h"
#include "check/offer.h"

#define RECORD_HEADER_SIZE 5

// Reserved so that servers that stumble on what they do not know are found early: RFC 8701.
enum {
    GREASE_SUITE = 0x1A1A,
    GREASE_GROUP = 0x2A2A,
    GREASE_SCHEME = 0x3A3A,
    GREASE_EXTENSION = 0x4A4A,
    GREASE_VERSION = 0x5A5A,
    UNKNOWN_EXTENSION = 0x3F1B, // not assigned
    RENEGOTIATION_SCSV = 0x00FF,
    RSA_PKCS1_SHA1 = 0x0201,
};

// --- changes -------------------------------------------------------------------------------------

static struct codes led_by(struct arena *arena, uint16_t first, struct codes codes)
{
    uint16_t *code = arena_array(arena, codes.count + 1, sizeof *code);
    code[0] = first;
    for (size_t i = 0; i < codes.count; i++)
        code[i + 1] = codes.code[i];
    return (struct codes){code, codes.count + 1};
}

static void client_version(struct host *host, struct hello *hello, uint16_t value)
{
    (void)host;
    if (hello->record_version == 0)
        hello->record_version = hello->version == SSL3 ? SSL3 : TLS10;
    hello->version = value;
}

static void record_version(struct host *host, struct hello *hello, uint16_t value)
{
    (void)host;
    hello->record_version = value;
}

static void fragment(struct host *host, struct hello *hello, uint16_t value)
{
    (void)host;
    hello->fragment = value;
}

static void size(struct host *host, struct hello *hello, uint16_t value)
{
    (void)host;
    hello->pad_to = value;
}

// The last of the long list, where the likely ones stand, and the one that the host chose.
static void many_suites(struct host *host, struct hello *hello, uint16_t value)
{
    struct codes all = offer_suites(host, hello->extensions & HELLO_SUPPORTED_VERSIONS ? TLS13 : TLS12);
    struct codes older = offer_suites(host, TLS12);
    uint16_t chosen = hello->suites.code[hello->suites.count - 1];
    uint16_t *code = arena_array(host->scratch, value, sizeof *code);
    size_t count = value;
    code[--count] = chosen;
    for (size_t i = all.count; i-- > 0 && count > 0;)
        if (all.code[i] != chosen)
            code[--count] = all.code[i];
    for (size_t i = older.count; i-- > 0 && count > 0;)
        if (!codes_have(all, older.code[i]) && older.code[i] != chosen)
            code[--count] = older.code[i];
    hello->suites = (struct codes){code + count, value - count};
}

static void grease_suites(struct host *host, struct hello *hello, uint16_t value)
{
    hello->suites = led_by(host->scratch, value, hello->suites);
}

static void grease_groups(struct host *host, struct hello *hello, uint16_t value)
{
    hello->groups = led_by(host->scratch, value, hello->groups);
}

static void grease_schemes(struct host *host, struct hello *hello, uint16_t value)
{
    hello->extensions |= HELLO_SIGNATURE_ALGORITHMS; // which TLS 1.1 has not, and must pass over
    hello->schemes = led_by(host->scratch, value, hello->schemes);
}

static void grease_versions(struct host *host, struct hello *hello, uint16_t value)
{
    if ((hello->extensions & HELLO_SUPPORTED_VERSIONS) == 0)
        hello->versions = led_by(host->scratch, hello->version, (struct codes){NULL, 0});
    hello->extensions |= HELLO_SUPPORTED_VERSIONS;
    hello->versions = led_by(host->scratch, value, hello->versions);
}

static void extension(struct host *host, struct hello *hello, uint16_t value)
{
    static const uint8_t body[] = {0};
    struct extension *row = arena_array(host->scratch, hello->extra.count + 1, sizeof *row);
    for (size_t i = 0; i < hello->extra.count; i++)
        row[i] = hello->extra.row[i];
    row[hello->extra.count] = (struct extension){value, {body, sizeof body}};
    hello->extra = (struct extensions){row, hello->extra.count + 1};
}

static void empty_last(struct host *host, struct hello *hello, uint16_t value)
{
    (void)host, (void)value;
    hello->extensions &= ~(uint32_t)HELLO_EXTENDED_MASTER_SECRET;
    hello->extensions |= HELLO_EXTENDED_MASTER_SECRET_LAST;
}

static void no_session_id(struct host *host, struct hello *hello, uint16_t value)
{
    (void)host, (void)value;
    hello->session_id = false;
}

// --- the table -----------------------------------------------------------------------------------

static const struct trial trials[] = {
#define TRIAL(id, what, citation, together, together_13, extends, series, change, value, unit)                         \
    {id, what, citation, together, together_13, extends, series, change, value, unit},
#include "trials.def"
#undef TRIAL
};

size_t trial_count(void) { return sizeof trials / sizeof trials[0]; }

const struct trial *trial_at(size_t index)
{
    always(index < trial_count());
    return &trials[index];
}

// --- hellos --------------------------------------------------------------------------------------

// The first of a list, and the code that the host is known to take.
static struct codes few(struct arena *arena, struct codes all, size_t most, uint16_t taken)
{
    uint16_t *code = arena_array(arena, most + 1, sizeof *code);
    size_t count = all.count < most ? all.count : most;
    for (size_t i = 0; i < count; i++)
        code[i] = all.code[i];
    if (taken != 0 && !codes_have((struct codes){code, count}, taken))
        code[count++] = taken;
    return (struct codes){code, count};
}

// OpenSSL turns down whoever lists no scheme that it can sign with, for suites without a signature too, and that of old
// servers is the one that none of the first is.
struct hello trial_base(const struct host *host, struct arena *arena, const struct version_found *version)
{
    const struct flight *flight = version->accepted->outcome->flight;
    uint16_t *suite = arena_array(arena, 1, sizeof *suite);
    suite[0] = flight->suite;
    struct hello hello = offer_hello(host, arena, version->version, (struct codes){suite, 1});
    hello.groups = few(arena, hello.groups, 9, flight->group);
    hello.schemes = few(arena, offer_schemes, 14, flight->scheme != 0 ? flight->scheme : RSA_PKCS1_SHA1);
    return hello;
}

static bool fits(const struct version_found *version, const struct trial *trial)
{
    return version->version != SSL3 || !trial->extends;
}

struct hello trial_together(struct host *host, const struct version_found *version, unsigned number)
{
    struct hello hello = trial_base(host, host->scratch, version);
    for (size_t i = 0; i < trial_count(); i++)
        if ((trials[i].together == number || trials[i].together_13 == number) && fits(version, &trials[i]))
            trials[i].change(host, &hello, trials[i].value);
    return hello;
}

bool trial_shared(struct host *host, const struct version_found *version, unsigned number, struct hello *hello)
{
    bool signals = number == TRIAL_OF_SIGNAL && version->version > SSL3 && version->version < TLS13 &&
                   host_runs(host, check_find("renegotiation"));
    bool stretches = number == TRIAL_OF_LENGTH && host_runs(host, check_find("post_quantum"));
    if (!signals && !stretches)
        return false;
    *hello = trial_together(host, version, number);
    if (stretches)
        hello->pad_to = TRIAL_LONG;
    if (signals) {
        hello->suites = offer_with(host->scratch, hello->suites, RENEGOTIATION_SCSV);
        hello->extensions &= ~(uint32_t)HELLO_RENEGOTIATION_INFO;
    }
    return true;
}

struct hello trial_alone(struct host *host, const struct version_found *version, const struct trial *trial,
                         uint16_t value)
{
    struct hello hello = trial_base(host, host->scratch, version);
    trial->change(host, &hello, value);
    return hello;
}

size_t trial_size(struct arena *scratch, const struct hello *hello)
{
    static const struct entropy any;
    struct hello plain = *hello;
    plain.pad_to = 1;
    plain.fragment = 0;
    return hello_build(scratch, &plain, &any).size - RECORD_HEADER_SIZE;
}
