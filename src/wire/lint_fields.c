// SPDX-License-Identifier: Apache-2.0
//
// Rules about the plain fields of a certificate: version, serial number, signature algorithm, dates,
// and whether there are names at all.
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/lint_rules.h"

#include "lint.def"

#define DAY INT64_C(86400)

// --- version and serial number -----------------------------------------------------------------------

static enum lint_verdict version_is(struct lint *lint, bool right)
{
    unsigned version = lint->certificate->version;
    if (right)
        return LINT_HELD;
    return version == 0 ? lint_broken(lint, "none of 1, 2 and 3") : lint_broken(lint, "version %u", version);
}

enum lint_verdict lint_rule_version_for_extensions(struct lint *lint)
{
    unsigned version = lint->certificate->version;
    if (lint->has_extensions)
        return version_is(lint, version == 3);
    return lint->has_unique_identifiers ? version_is(lint, version == 2 || version == 3) : LINT_NOT_APPLICABLE;
}

enum lint_verdict lint_rule_version_3(struct lint *lint) { return version_is(lint, lint->certificate->version == 3); }

static bool negative(const struct lint *lint) { return lint->serial.content.data[0] >= 0x80; }

static enum lint_verdict serial_is(struct lint *lint, bool right)
{
    return right ? LINT_HELD : lint_broken(lint, "%s", lint_hex(lint, lint->serial.content));
}

enum lint_verdict lint_rule_serial_positive(struct lint *lint)
{
    return serial_is(lint, der_integer_bits(lint->serial.content) != 0);
}

// Whether an octet that only says "not negative" counts is disputed, so it does not.
enum lint_verdict lint_rule_serial_length(struct lint *lint)
{
    struct bytes serial = lint->serial.content;
    size_t size = serial.data[0] == 0 ? serial.size - 1 : serial.size;
    return size <= 20 ? LINT_HELD : lint_broken(lint, "%zu octets", size);
}

enum lint_verdict lint_rule_serial_159_bits(struct lint *lint)
{
    unsigned bits = der_integer_bits(lint->serial.content);
    if (negative(lint))
        return LINT_NOT_APPLICABLE;
    return bits <= 159 ? LINT_HELD : lint_broken(lint, "%u bits", bits);
}

// Randomness cannot be seen. A number of n bits may be 64 random ones that begin with 64 - n zeros,
// once in 2^(64 - n); from 2^24 on that is taken for impossible.
enum lint_verdict lint_rule_serial_entropy(struct lint *lint)
{
    unsigned bits = der_integer_bits(lint->serial.content);
    if (negative(lint))
        return LINT_NOT_APPLICABLE;
    if (bits >= 64)
        return LINT_HELD;
    if (bits <= 40)
        return lint_broken(lint, "%u bits", bits);
    return lint_unknown(lint, "perhaps_by_chance",
                        arena_text(lint->arena,
                                   "The serial number has %u bits, which 64 random ones have or fall below once in "
                                   "2^%u times.",
                                   bits, 64 - bits));
}

// --- signature algorithm --------------------------------------------------------------------------------

enum lint_verdict lint_rule_signature_identifiers_equal(struct lint *lint)
{
    if (bytes_equal(lint->signature.whole, lint->outer_signature))
        return LINT_HELD;
    return lint_broken(lint, "%s inside, %s outside", lint_hex(lint, lint->signature.whole),
                       lint_hex(lint, lint->outer_signature));
}

static bool ends_in(const char *text, const char *ending)
{
    size_t size = strlen(text), wanted = strlen(ending);
    return size >= wanted && strcmp(text + size - wanted, ending) == 0;
}

// Of the identifier inside, which is the one that is signed.
static struct element parameters(const struct lint *lint)
{
    struct cursor fields = cursor_of(lint->signature.content);
    der_take(&fields, DER_OID);
    struct element none = {0};
    return fields.left == 0 ? none : der_next(&fields);
}

enum lint_verdict lint_rule_signature_rsa_parameters(struct lint *lint)
{
    if (!ends_in(lint->certificate->signature_algorithm, "WithRSAEncryption"))
        return LINT_NOT_APPLICABLE;
    struct element given = parameters(lint);
    return given.tag == DER_NULL ? LINT_HELD : lint_broken(lint, "%s", lint_hex(lint, lint->signature.whole));
}

enum lint_verdict lint_rule_signature_ecdsa_parameters(struct lint *lint)
{
    if (strncmp(lint->certificate->signature_algorithm, "ecdsa-with-SHA", 14) != 0)
        return LINT_NOT_APPLICABLE;
    struct element given = parameters(lint);
    return given.tag == 0 ? LINT_HELD : lint_broken(lint, "%s", lint_hex(lint, lint->signature.whole));
}

static enum lint_verdict none_of(struct lint *lint, const char *const algorithms[])
{
    for (; *algorithms != NULL; algorithms++)
        if (strcmp(lint->certificate->signature_algorithm, *algorithms) == 0)
            return lint_broken(lint, "%s", *algorithms);
    return LINT_HELD;
}

enum lint_verdict lint_rule_signature_md5(struct lint *lint)
{
    static const char *const algorithms[] = {
        "md5WithRSAEncryption", "md5WithRSA", "md4WithRSAEncryption", "md2WithRSAEncryption", "RSASSA-PSS-MD5", NULL,
    };
    return none_of(lint, algorithms);
}

static enum lint_verdict without_sha1(struct lint *lint)
{
    static const char *const algorithms[] = {
        "sha1WithRSAEncryption", "sha1WithRSA", "RSASSA-PSS-SHA1", "ecdsa-with-SHA1", "dsa-with-SHA1",
        "dsa-with-SHA",          NULL,
    };
    return none_of(lint, algorithms);
}

enum lint_verdict lint_rule_signature_sha1(struct lint *lint) { return without_sha1(lint); }
enum lint_verdict lint_rule_signature_sha1_authority(struct lint *lint) { return without_sha1(lint); }

// The nine identifiers of section 7.1.3.2, whole.
static const struct bytes allowed[] = {
    {(const uint8_t *)"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00", 15},
    {(const uint8_t *)"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00", 15},
    {(const uint8_t *)"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00", 15},
    {(const uint8_t *)"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02", 12},
    {(const uint8_t *)"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03", 12},
    {(const uint8_t *)"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04", 12},
};

// RSASSA-PSS: the hash stands twice, and the salt is as long as the hash.
static bool is_prescribed_pss(struct bytes identifier)
{
    static const uint8_t wanted[] = {0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30,
                                     0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
                                     0x02, 0,    0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                     0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                                     0x03, 0x04, 0x02, 0,    0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0};
    enum { HASH = 29, MASK_HASH = 59, SALT = 66 };
    uint8_t filled[sizeof wanted];
    memcpy(filled, wanted, sizeof wanted);
    for (uint8_t hash = 1; hash <= 3; hash++) { // SHA-256, SHA-384, SHA-512
        filled[HASH] = filled[MASK_HASH] = hash;
        filled[SALT] = (uint8_t)(16 + 16 * hash);
        if (bytes_equal(identifier, (struct bytes){filled, sizeof filled}))
            return true;
    }
    return false;
}

// What is left of SHA-1 in authorities has a rule of its own.
enum lint_verdict lint_rule_signature_algorithm(struct lint *lint)
{
    struct bytes sha1 = OID("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00");
    struct bytes identifier = lint->signature.whole;
    if ((lint->kinds & LINT_SUBSCRIBER) == 0 && bytes_equal(identifier, sha1))
        return LINT_NOT_APPLICABLE;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (bytes_equal(identifier, allowed[i]))
            return LINT_HELD;
    if (is_prescribed_pss(identifier))
        return LINT_HELD;
    return lint_broken(lint, "%s, %s", lint->certificate->signature_algorithm, lint_hex(lint, identifier));
}

// --- validity ----------------------------------------------------------------------------------------------

static const char *period(struct lint *lint)
{
    const struct certificate *certificate = lint->certificate;
    return arena_text(lint->arena, "%s to %s", text_time(lint->arena, certificate->not_before),
                      text_time(lint->arena, certificate->not_after));
}

enum lint_verdict lint_rule_validity_order(struct lint *lint)
{
    return lint_validity(lint) > 0 ? LINT_HELD : lint_broken(lint, "%s", period(lint));
}

static bool type_fits(struct element time, int64_t seconds)
{
    const int64_t year_2050 = INT64_C(2524608000), year_1950 = INT64_C(-631152000);
    bool utc = seconds >= year_1950 && seconds < year_2050;
    return time.tag == (utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);
}

enum lint_verdict lint_rule_validity_time_type(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (!type_fits(lint->before, lint->certificate->not_before))
        lint_offend(&offenders, arena_text(lint->arena, "notBefore %s", lint_show(lint, lint->before.content)));
    if (!type_fits(lint->after, lint->certificate->not_after))
        lint_offend(&offenders, arena_text(lint->arena, "notAfter %s", lint_show(lint, lint->after.content)));
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_validity_time_form(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    int64_t seconds;
    if (!der_time(lint->before, &seconds))
        lint_offend(&offenders, arena_text(lint->arena, "notBefore %s", lint_show(lint, lint->before.content)));
    if (!der_time(lint->after, &seconds))
        lint_offend(&offenders, arena_text(lint->arena, "notAfter %s", lint_show(lint, lint->after.content)));
    return lint_judge(lint, &offenders);
}

// "398 days and 1 second"
static enum lint_verdict at_most(struct lint *lint, int64_t days)
{
    int64_t seconds = lint_validity(lint), rest = seconds % DAY;
    if (seconds <= days * DAY)
        return LINT_HELD;
    if (rest == 0)
        return lint_broken(lint, "%lld days", (long long)(seconds / DAY));
    return lint_broken(lint, "%lld days and %lld %s", (long long)(seconds / DAY), (long long)rest,
                       rest == 1 ? "second" : "seconds");
}

enum lint_verdict lint_rule_validity_825_days(struct lint *lint) { return at_most(lint, 825); }
enum lint_verdict lint_rule_validity_398_days(struct lint *lint) { return at_most(lint, 398); }
enum lint_verdict lint_rule_validity_200_days(struct lint *lint) { return at_most(lint, 200); }
enum lint_verdict lint_rule_validity_100_days(struct lint *lint) { return at_most(lint, 100); }
enum lint_verdict lint_rule_validity_47_days(struct lint *lint) { return at_most(lint, 47); }

// Counted from the signing, before which notBefore may lie by a day.
enum lint_verdict lint_rule_root_validity(struct lint *lint)
{
    if (lint_validity(lint) < 2922 * DAY)
        return lint_broken(lint, "%lld days", (long long)(lint_validity(lint) / DAY));
    return at_most(lint, 9132 + 1);
}

// --- names that must be there ---------------------------------------------------------------------------

enum lint_verdict lint_rule_issuer_empty(struct lint *lint)
{
    return lint_holds(lint, lint->issuer.content.size != 0, "an empty name");
}

enum lint_verdict lint_rule_authority_subject_empty(struct lint *lint)
{
    return lint_holds(lint, lint->subject.content.size != 0, "an empty name");
}

enum lint_verdict lint_rule_subject_or_alternative_name(struct lint *lint)
{
    if (lint->subject.content.size != 0)
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, lint->found[EXT_ALTERNATIVE_NAMES] != NULL, "neither");
}

enum lint_verdict lint_rule_unique_identifiers(struct lint *lint)
{
    return lint_holds(lint, !lint->has_unique_identifiers, "they are there");
}
