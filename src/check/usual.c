// SPDX-License-Identifier: Apache-2.0
//
// The lists of OpenSSL 3.0, which most servers have a part of: in that order, or in the client's. A guess, by which
// questions are asked early and nothing else is decided.
#include "check/usual.h"

#include <stddef.h>
#include <string.h>

#include "wire/registry.h"

// openssl ciphers ALL:COMPLEMENTOFALL
static const uint16_t suites[] = {
    0xC02C, 0xC030, 0x00A3, 0x009F, 0xCCA9, 0xCCA8, 0xCCAA, 0xC0AF, 0xC0AD, 0xC0A3, 0xC09F, 0xC05D, 0xC061,
    0xC057, 0xC053, 0x00A7, 0xC02B, 0xC02F, 0x00A2, 0x009E, 0xC0AE, 0xC0AC, 0xC0A2, 0xC09E, 0xC05C, 0xC060,
    0xC056, 0xC052, 0x00A6, 0xC024, 0xC028, 0x006B, 0x006A, 0xC073, 0xC077, 0x00C4, 0x00C3, 0x006D, 0x00C5,
    0xC023, 0xC027, 0x0067, 0x0040, 0xC072, 0xC076, 0x00BE, 0x00BD, 0x006C, 0x00BF, 0xC00A, 0xC014, 0x0039,
    0x0038, 0x0088, 0x0087, 0xC019, 0x003A, 0x0089, 0xC009, 0xC013, 0x0033, 0x0032, 0x0045, 0x0044, 0xC018,
    0x0034, 0x0046, 0x00AD, 0x00AB, 0xCCAE, 0xCCAD, 0xCCAC, 0xC0AB, 0xC0A7, 0xC06F, 0xC06D, 0x009D, 0xC0A1,
    0xC09D, 0xC051, 0x00A9, 0xCCAB, 0xC0A9, 0xC0A5, 0xC06B, 0x00AC, 0x00AA, 0xC0AA, 0xC0A6, 0xC06E, 0xC06C,
    0x009C, 0xC0A0, 0xC09C, 0xC050, 0x00A8, 0xC0A8, 0xC0A4, 0xC06A, 0x003D, 0x00C0, 0x003C, 0x00BA, 0xC038,
    0xC036, 0xC022, 0xC021, 0xC020, 0x00B7, 0x00B3, 0x0095, 0x0091, 0xC09B, 0xC099, 0xC097, 0x0035, 0x0084,
    0x00AF, 0x008D, 0xC095, 0xC037, 0xC035, 0xC01F, 0xC01E, 0xC01D, 0x00B6, 0x00B2, 0x0094, 0x0090, 0xC09A,
    0xC098, 0xC096, 0x002F, 0x0041, 0x00AE, 0x008C, 0xC094, 0xC006, 0xC010, 0xC015, 0x003B, 0xC03B, 0xC03A,
    0xC039, 0x00B9, 0x00B8, 0x00B5, 0x00B4, 0x002E, 0x002D, 0x0002, 0x0001, 0x00B1, 0x00B0, 0x002C};

static const uint16_t groups[] = {0x11EC, 0x001D, 0x0017, 0x001E, 0x0019, 0x0018,
                                  0x0100, 0x0101, 0x0102, 0x0103, 0x0104};

// What is refused at its default level of security is left out: SHA-1, and in TLS 1.3 what other keys would sign with.
static const uint16_t schemes_12[] = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806,
                                      0x0401, 0x0501, 0x0601, 0x0303, 0x0301};
static const uint16_t schemes_13[] = {0x0403, 0x0804, 0x0805, 0x0806};

// --- traits of suites ------------------------------------------------------------------------------

static uint64_t signer_of_suite(uint16_t code) { return UINT64_C(1) << suite_find(code)->auth; }

// Ciphers that are put in or left out of a server's list together, as a rule.
enum family { OTHER, AES_GCM, AES_CBC, CHACHA, CCM, ARIA, CAMELLIA };

static bool begins(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

static enum family family_of(const struct suite *suite)
{
    static const struct {
        const char *start;
        enum family family;
    } families[] = {{"ARIA", ARIA}, {"CAMELLIA", CAMELLIA}, {"CHACHA", CHACHA}};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (begins(suite->cipher, families[i].start))
            return families[i].family;
    if (!begins(suite->cipher, "AES-"))
        return OTHER;
    return strstr(suite->cipher, "CCM") != NULL ? CCM : strstr(suite->cipher, "GCM") != NULL ? AES_GCM : AES_CBC;
}

static uint64_t exchange_of_suite(const struct suite *suite) { return UINT64_C(1) << (16 + suite->kx); }

static uint64_t family_of_suite(const struct suite *suite) { return UINT64_C(1) << (32 + family_of(suite)); }

// One of the upper bits. Two ciphers that share one only make worse guesses.
static uint64_t cipher_of_suite(const struct suite *suite)
{
    unsigned sum = 0;
    for (const char *c = suite->cipher; *c != '\0'; c++)
        sum = sum * 97 + (unsigned char)*c;
    return UINT64_C(1) << (40 + (sum >> 8) % 24);
}

static uint64_t traits_of_suite(uint16_t code)
{
    const struct suite *suite = suite_find(code);
    return exchange_of_suite(suite) | family_of_suite(suite) | cipher_of_suite(suite);
}

// Keys that were agreed on beforehand are of no use to most, and ciphers that hide nothing to none.
static bool common_suite(uint16_t code)
{
    const struct suite *suite = suite_find(code);
    bool exchange = suite->kx == KX_ECDHE || suite->kx == KX_DHE || suite->kx == KX_RSA;
    return exchange && suite->strength_bits != 0;
}

static bool rare_suite(uint16_t code)
{
    enum family family = family_of(suite_find(code));
    return family == CCM || family == ARIA || family == CAMELLIA;
}

// --- traits of groups and schemes ------------------------------------------------------------------

static uint64_t traits_of_group(uint16_t code) { return UINT64_C(1) << (16 + group_find(code)->kind); }

// By how their names begin: "ecdsa", "rsa", "ed".
static uint64_t signer_of_scheme(uint16_t code) { return UINT64_C(1) << (scheme_find(code)->name[0] == 'r'); }

static uint64_t nothing(uint16_t code)
{
    (void)code;
    return 0;
}

static bool always_so(uint16_t code)
{
    (void)code;
    return true;
}

static bool never_so(uint16_t code)
{
    (void)code;
    return false;
}

// --- the lists -------------------------------------------------------------------------------------

#define LIST(array)                                                                                                    \
    {                                                                                                                  \
        array, sizeof(array) / sizeof((array)[0])                                                                      \
    }

const struct usual_list usual_suites = {"suites",        LIST(suites), 2,         1, signer_of_suite,
                                        traits_of_suite, common_suite, rare_suite};
const struct usual_list usual_groups = {"groups", LIST(groups), 1, 1, nothing, traits_of_group, always_so, never_so};
const struct usual_list usual_schemes_12 = {"signature_schemes", LIST(schemes_12), 1,         0,
                                            signer_of_scheme,    nothing,          always_so, never_so};
const struct usual_list usual_schemes_13 = {"signature_schemes", LIST(schemes_13), 1,         0,
                                            signer_of_scheme,    nothing,          always_so, never_so};

// --- guesses ---------------------------------------------------------------------------------------

static uint64_t untold(const struct usual *seen, uint16_t code) { return seen->list->traits(code) & ~seen->had; }

static bool is_likely(const struct usual *seen, uint16_t code)
{
    uint64_t doubtful = untold(seen, code), signer = seen->list->signer(code);
    return (signer & ~seen->had) == 0 && (doubtful & seen->lacked) == 0 && (doubtful == 0 || seen->list->common(code));
}

static size_t place_of(const struct usual_list *list, uint16_t code)
{
    size_t i = 0;
    while (i < list->codes.count && list->codes.code[i] != code)
        i++;
    return i;
}

static uint16_t next_own(const struct usual *seen, struct codes rest, uint16_t last)
{
    struct codes codes = seen->list->codes;
    for (size_t i = place_of(seen->list, last) + 1; i < codes.count; i++)
        if (is_likely(seen, codes.code[i]) && codes_have(rest, codes.code[i]))
            return codes.code[i];
    return 0;
}

static uint16_t next_offered(const struct usual *seen, struct codes rest, size_t at)
{
    for (size_t i = at; i < rest.count; i++)
        if (codes_have(seen->list->codes, rest.code[i]) && is_likely(seen, rest.code[i]))
            return rest.code[i];
    return 0;
}

uint16_t usual_next(const struct usual *seen, struct codes rest, struct usual_place place)
{
    uint16_t own = seen->order == USUAL_OFFERED ? 0 : next_own(seen, rest, place.last);
    uint16_t offered = seen->order == USUAL_OWN ? 0 : next_offered(seen, rest, place.at);
    if (seen->order == USUAL_UNTOLD)
        return own == offered ? own : 0;
    return own != 0 ? own : offered;
}

// A code was passed over: for the one thing that was not chosen yet, unless there are two, or one that explains it.
static void learn_passed(struct usual *seen, uint16_t passed)
{
    uint64_t doubtful = untold(seen, passed), upper = doubtful >> 32, lower = doubtful & UINT32_MAX;
    bool one = lower == 0 ? upper != 0 : upper == 0;
    if (one && (seen->list->signer(passed) & ~seen->had) == 0)
        seen->lacked |= doubtful;
}

static void learn_all_passed(struct usual *seen, struct codes rest, uint16_t last, uint16_t chosen)
{
    struct codes codes = seen->list->codes;
    size_t end = place_of(seen->list, chosen);
    for (size_t i = place_of(seen->list, last) + 1; i < end && end < codes.count; i++)
        if (codes_have(rest, codes.code[i]))
            learn_passed(seen, codes.code[i]);
}

static void learn_all_offered(struct usual *seen, struct codes rest, size_t at, uint16_t chosen)
{
    for (size_t i = at; i < rest.count && rest.code[i] != chosen; i++)
        if (codes_have(seen->list->codes, rest.code[i]))
            learn_passed(seen, rest.code[i]);
}

static void learn_chosen(struct usual *seen, uint16_t chosen)
{
    if (codes_have(seen->list->codes, chosen))
        seen->had |= seen->list->signer(chosen) | seen->list->traits(chosen);
}

void usual_begin(struct usual *seen, const struct usual_list *list, uint16_t chosen)
{
    *seen = (struct usual){.list = list};
    learn_chosen(seen, chosen);
}

// Whether the choice stands behind the last one, in the order that is known or in one of both.
static bool goes_on(const struct usual *seen, struct codes rest, struct usual_place place, uint16_t chosen)
{
    size_t own = place_of(seen->list, chosen), offered = place.at;
    while (offered < rest.count && rest.code[offered] != chosen)
        offered++;
    bool in_own = own > place_of(seen->list, place.last) && own < seen->list->codes.count;
    return (in_own && seen->order != USUAL_OFFERED) || (offered < rest.count && seen->order != USUAL_OWN);
}

// Whose order it is, where the two say different things.
static bool tell_order(struct usual *seen, uint16_t own, uint16_t offered, uint16_t chosen)
{
    enum usual_order before = seen->order;
    if (own != offered && chosen == own)
        seen->order = USUAL_OWN;
    if (own != offered && chosen == offered)
        seen->order = USUAL_OFFERED;
    return seen->order != before;
}

enum usual_choice usual_learn(struct usual *seen, struct codes rest, struct usual_place place, uint16_t chosen)
{
    uint16_t own = next_own(seen, rest, place.last);
    uint16_t offered = seen->order == USUAL_OWN && own == chosen ? own : next_offered(seen, rest, place.at);
    bool foreseen = (chosen == own && seen->order != USUAL_OFFERED) || (chosen == offered && seen->order != USUAL_OWN);
    bool on = goes_on(seen, rest, place, chosen);
    if (tell_order(seen, own, offered, chosen) && seen->order == USUAL_OFFERED) {
        seen->lacked = 0; // what was passed over in another order
        place.at = 0;
    }
    if (seen->order == USUAL_OFFERED)
        learn_all_offered(seen, rest, place.at, chosen);
    else
        learn_all_passed(seen, rest, place.last, chosen);
    bool rare = codes_have(seen->list->codes, chosen) && untold(seen, chosen) != 0 && seen->list->rare(chosen);
    if (!foreseen)
        seen->bold = 0;
    else if (rare && seen->order == USUAL_OWN)
        seen->bold++;
    learn_chosen(seen, chosen);
    return foreseen ? USUAL_FORESEEN : on ? USUAL_GOES_ON : USUAL_SURPRISE;
}

// What both orders say is worth a guess before anything was foreseen.
unsigned usual_ahead(const struct usual *seen, unsigned foreseen)
{
    if (seen->order == USUAL_UNTOLD)
        return foreseen == 0 ? 1 : foreseen;
    return seen->order == USUAL_OWN ? seen->list->ahead * foreseen : foreseen;
}

unsigned usual_doubts(const struct usual *seen) { return seen->list->doubts + seen->bold; }

bool usual_suppose(struct usual *seen, uint16_t code)
{
    bool doubtful = untold(seen, code) != 0;
    learn_chosen(seen, code);
    return doubtful;
}
