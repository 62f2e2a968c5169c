// SPDX-License-Identifier: Apache-2.0
//
// Times, signatures and reasons, judged and told in one way whoever speaks.
#include "wire/revocation.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

const char *revocation_reason_name(long code)
{
    static const char *const names[] = {
        "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
        "superseded",    "cessationOfOperation", "certificateHold", NULL,
        "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};
    return code >= 0 && (size_t)code < sizeof names / sizeof *names ? names[code] : NULL;
}

struct revocation_result revocation_begin(void)
{
    return (struct revocation_result){
        .this_update = INT64_MIN, .next_update = INT64_MIN, .produced_at = INT64_MIN, .revoked_at = INT64_MIN};
}

bool revocation_unknown(struct revocation_result *out, const char *reason, const char *sentence)
{
    out->status = REVOCATION_UNKNOWN;
    out->reason = reason;
    out->sentence = sentence;
    return false;
}

bool revocation_signed(struct revocation_result *out, enum signature signature)
{
    switch (signature) {
    case SIGNATURE_GOOD:
        return true;
    case SIGNATURE_WEAK:
        return revocation_unknown(out, "weak_signature", "It is signed with a hash that anybody can make collide.");
    case SIGNATURE_UNKNOWN:
        return revocation_unknown(out, "unsupported",
                                  "The signature is of a kind that the library at hand does not know.");
    case SIGNATURE_BAD:
        break;
    }
    return revocation_unknown(out, "bad_signature", "The signature is not by the key of its signer.");
}

static int64_t end_of(const struct revocation_result *out)
{
    if (out->next_update != INT64_MIN)
        return out->next_update;
    return out->this_update + REVOCATION_STAND;
}

static bool is_current(struct arena *arena, struct revocation_result *out, int64_t now)
{
    int64_t end = end_of(out);
    if (out->this_update > now + REVOCATION_SKEW)
        return revocation_unknown(
            out, "not_yet_valid",
            arena_text(arena, "It is of %s, which is yet to come.", text_time(arena, out->this_update)));
    if (end < now - REVOCATION_SKEW && out->next_update == INT64_MIN)
        return revocation_unknown(out, "expired",
                                  arena_text(arena, "It is of %s and does not say until when it is good.",
                                             text_time(arena, out->this_update)));
    if (end < now - REVOCATION_SKEW)
        return revocation_unknown(
            out, "expired", arena_text(arena, "It was to be replaced by %s.", text_time(arena, out->next_update)));
    return true;
}

static bool is_for_ever(const struct revocation_result *out)
{
    return out->revocation_reason == NULL || strcmp(out->revocation_reason, "certificateHold") != 0;
}

void revocation_settle(struct arena *arena, struct revocation_result *out, bool revoked, int64_t now)
{
    bool holds = is_current(arena, out, now);
    bool old_word = !holds && revoked && is_for_ever(out) && strcmp(out->reason, "expired") == 0;
    if (!holds && !old_word)
        return;
    out->status = revoked ? REVOCATION_REVOKED : REVOCATION_GOOD;
    out->reason = NULL;
    out->sentence = "The certificate is not revoked.";
    if (revoked)
        out->sentence = arena_text(arena, "The certificate was revoked at %s%s%s.", text_time(arena, out->revoked_at),
                                   out->revocation_reason == NULL ? "" : ": ",
                                   out->revocation_reason == NULL ? "" : out->revocation_reason);
}
