// SPDX-License-Identifier: Apache-2.0
//
// Three octets and a digest.
#include "wire/tlsa.h"

#include "base/arena.h"
#include "wire/keys.h"

enum { CODE_PRIVATE = 255 };

const char *tlsa_usage_name(uint8_t usage)
{
    static const char *const names[] = {"PKIX-TA", "PKIX-EE", "DANE-TA", "DANE-EE"};
    return usage <= TLSA_DANE_EE ? names[usage] : usage == CODE_PRIVATE ? "PrivCert" : NULL;
}

const char *tlsa_selector_name(uint8_t selector)
{
    static const char *const names[] = {"Cert", "SPKI"};
    return selector <= TLSA_KEY ? names[selector] : selector == CODE_PRIVATE ? "PrivSel" : NULL;
}

const char *tlsa_matching_name(uint8_t matching)
{
    static const char *const names[] = {"Full", "SHA2-256", "SHA2-512"};
    return matching <= TLSA_SHA512 ? names[matching] : matching == CODE_PRIVATE ? "PrivMatch" : NULL;
}

static const char *fault(struct arena *arena, const struct tlsa_record *record)
{
    static const size_t sizes[] = {0, 32, 64};
    if (record->usage > TLSA_DANE_EE)
        return arena_text(arena, "Usage %u means nothing to clients.", record->usage);
    if (record->selector > TLSA_KEY)
        return arena_text(arena, "Selector %u means nothing to clients.", record->selector);
    if (record->matching > TLSA_SHA512)
        return arena_text(arena, "Matching type %u means nothing to clients.", record->matching);
    if (record->matching == TLSA_FULL && record->data.size == 0)
        return "There are no data to compare with.";
    if (record->matching != TLSA_FULL && record->data.size != sizes[record->matching])
        return arena_text(arena, "A digest of %zu octets is no %s.", record->data.size,
                          tlsa_matching_name(record->matching));
    return NULL;
}

void tlsa_read(struct arena *arena, struct bytes rdata, struct tlsa_record *out)
{
    struct cursor cursor = cursor_of(rdata);
    *out = (struct tlsa_record){0};
    out->usage = cursor_u8(&cursor);
    out->selector = cursor_u8(&cursor);
    out->matching = cursor_u8(&cursor);
    out->data = cursor_rest(&cursor);
    out->unusable = cursor.bad ? "The record is cut short." : fault(arena, out);
}

bool tlsa_matches(const struct tlsa_record *record, const struct certificate *certificate)
{
    uint8_t digest[64];
    struct bytes whole = record->selector == TLSA_KEY ? certificate->public_key_der : certificate->der;
    struct bytes shown = {digest, record->data.size};
    if (record->unusable != NULL || whole.size == 0)
        return false;
    if (record->matching == TLSA_FULL)
        return bytes_equal(record->data, whole);
    if (record->matching == TLSA_SHA256)
        digest_sha256(whole, digest);
    else
        digest_sha512(whole, digest);
    return bytes_equal(record->data, shown);
}
