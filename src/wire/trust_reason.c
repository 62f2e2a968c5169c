// SPDX-License-Identifier: Apache-2.0
//
// One table from libcrypto's errors to our reasons, and one function for each reason that can say more
// than libcrypto does. What libcrypto calls weak or missing because it cannot read it is "unsupported"
// or "unparseable" instead, and nothing is concluded from it.
#include "wire/trust_reason.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/certificate.h"
#include "wire/distinguished.h"
#include "wire/trust_constraint.h"

static const struct {
    int error;
    const char *reason;
} reasons[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "not_yet_valid"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self_signed"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown_issuer"},
    {X509_V_ERR_CERT_UNTRUSTED, "unknown_issuer"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "weak_signature"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "weak_key"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "weak_key"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "bad_signature"},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "bad_signature"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, "bad_signature"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY, "bad_signature"},
    {X509_V_ERR_PERMITTED_VIOLATION, "name_constraint"},
    {X509_V_ERR_EXCLUDED_VIOLATION, "name_constraint"},
    {X509_V_ERR_SUBTREE_MINMAX, "name_constraint"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, "name_constraint"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, "name_constraint"},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, "name_constraint"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "path_length"},
    {X509_V_ERR_INVALID_PURPOSE, "wrong_usage"},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "critical_extension"},
    {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "explicit_parameters"},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, "policy"},
    {X509_V_ERR_NO_EXPLICIT_POLICY, "policy"},
    {X509_V_ERR_INVALID_CA, "invalid_ca"},
    {X509_V_ERR_INVALID_NON_CA, "invalid_ca"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "invalid_ca"},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "unsupported"},
    {X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM, "unsupported"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "unparseable"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "unparseable"},
    {X509_V_ERR_INVALID_EXTENSION, "unparseable"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "chain_too_long"},
};

static const char *reason_of(int error)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].error == error)
            return reasons[i].reason;
    return "other";
}

static bool issuer_missing(int error)
{
    return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

// --- names -----------------------------------------------------------------------------------------

static const char *name_text(struct arena *arena, const X509_NAME *name)
{
    const unsigned char *der = NULL;
    size_t size = 0;
    const char *text = NULL;
    if (name != NULL && X509_NAME_get0_der(name, &der, &size) == 1)
        text = distinguished_text(arena, (struct bytes){der, size});
    return text == NULL ? "a certificate whose name is malformed" : text[0] == '\0' ? "(no subject)" : text;
}

const char *trust_subject(struct arena *arena, X509 *certificate)
{
    return name_text(arena, certificate == NULL ? NULL : X509_get_subject_name(certificate));
}

const char *trust_issuer(struct arena *arena, X509 *certificate)
{
    return name_text(arena, certificate == NULL ? NULL : X509_get_issuer_name(certificate));
}

// --- what libcrypto could not decide ---------------------------------------------------------------

// Why a certificate cannot take part in a path, or NULL.
static const char *unreadable(X509 *certificate)
{
    if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0)
        return "unparseable";
    return X509_get0_pubkey(certificate) == NULL ? "unsupported" : NULL;
}

// The issuer may have been sent, but in a shape that libcrypto passes over without a word.
static const char *unreadable_issuer(X509_STORE_CTX *context, X509 *child)
{
    STACK_OF(X509) *others = X509_STORE_CTX_get0_untrusted(context);
    const char *why = NULL;
    for (int i = 0; i < sk_X509_num(others) && why == NULL; i++)
        if (X509_NAME_cmp(X509_get_subject_name(sk_X509_value(others, i)), X509_get_issuer_name(child)) == 0)
            why = unreadable(sk_X509_value(others, i));
    return why;
}

// What kept libcrypto from deciding, or NULL. It calls keys and signatures too weak whose algorithm
// it does not know, and finds no issuer where it cannot read one of the two.
static const char *obstacle(X509_STORE_CTX *context, int error, X509 *at)
{
    bool known_signature = X509_get_signature_info(at, NULL, NULL, NULL, NULL) == 1;
    bool known_key = X509_get0_pubkey(at) != NULL;
    switch (error) {
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
        return known_key ? NULL : "unsupported";
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return known_signature ? NULL : "unsupported";
    default:
        if (!issuer_missing(error))
            return NULL;
        if (!known_signature)
            return "unsupported";
        return unreadable(at) != NULL ? unreadable(at) : unreadable_issuer(context, at);
    }
}

static const char *decide(X509_STORE_CTX *context, int error, X509 *at, bool all_read, size_t path_length)
{
    const char *reason = obstacle(context, error, at);
    if (reason != NULL)
        return reason;
    if (!issuer_missing(error))
        return reason_of(error);
    if (!all_read)
        return "unparseable";
    return path_length == 1 ? "incomplete_chain" : "unknown_issuer";
}

// --- sentences -------------------------------------------------------------------------------------

struct failure {
    struct arena *arena;
    X509_STORE_CTX *context;
    int error;
    const char *at;                 // subject
    const struct certificate *read; // the same, read by us
};

static const char *list_text(struct arena *arena, const struct strings *list)
{
    struct builder builder = builder_in(arena);
    for (size_t i = 0; i < list->count; i++) {
        if (i != 0)
            builder_add(&builder, bytes_of_text(", "));
        builder_add(&builder, bytes_of_text(list->text[i]));
    }
    return arena_string(arena, builder_bytes(&builder));
}

static const char *tell_expired(const struct failure *failure)
{
    return arena_text(failure->arena, "%s expired at %s.", failure->at,
                      text_time(failure->arena, failure->read->not_after));
}

static const char *tell_not_yet_valid(const struct failure *failure)
{
    return arena_text(failure->arena, "%s is valid from %s on.", failure->at,
                      text_time(failure->arena, failure->read->not_before));
}

static const char *tell_self_signed(const struct failure *failure)
{
    return arena_text(failure->arena, "%s signs itself and is not in the store.", failure->at);
}

static const char *tell_issuer(const struct failure *failure)
{
    if (!issuer_missing(failure->error))
        return arena_text(failure->arena, "%s, where the path ends, is not in the store.", failure->at);
    return arena_text(failure->arena, "%s, the issuer of %s, was not sent and is not in the store.",
                      failure->read->issuer[0] == '\0' ? "(no name)" : failure->read->issuer, failure->at);
}

static const char *tell_weak_key(const struct failure *failure)
{
    return arena_text(failure->arena, "The key of %s is too weak: %s of %u bits.", failure->at, failure->read->key_type,
                      failure->read->key_bits);
}

static const char *tell_weak_signature(const struct failure *failure)
{
    return arena_text(failure->arena, "The signature on %s is too weak: %s.", failure->at,
                      failure->read->signature_algorithm);
}

static const char *tell_bad_signature(const struct failure *failure)
{
    return arena_text(failure->arena, "The signature on %s is not by the key of its issuer.", failure->at);
}

static const char *tell_constraint(const struct failure *failure)
{
    const char *told = trust_constraint_told(failure->arena, X509_STORE_CTX_get0_chain(failure->context),
                                             X509_STORE_CTX_get_error_depth(failure->context));
    return told != NULL ? told
                        : arena_text(failure->arena, "A name of %s is not one that an authority above it may name.",
                                     failure->at);
}

static const char *tell_path_length(const struct failure *failure)
{
    return arena_text(failure->arena, "%s allows %ld authorities between itself and the leaf, and there are more.",
                      failure->at, failure->read->path_length);
}

static bool has(const struct strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->text[i], text) == 0)
            return true;
    return false;
}

static const char *tell_usage(const struct failure *failure)
{
    const struct certificate *read = failure->read;
    if (read->has_extended_key_usage && !has(&read->extended_key_usage, "serverAuth"))
        return arena_text(failure->arena, "%s is for %s, not for serverAuth.", failure->at,
                          list_text(failure->arena, &read->extended_key_usage));
    if (read->has_key_usage)
        return arena_text(failure->arena, "The key of %s is for %s, which does not make a TLS server.", failure->at,
                          list_text(failure->arena, &read->key_usage));
    return arena_text(failure->arena, "%s is not fit for a TLS server.", failure->at);
}

static const char *tell_authority(const struct failure *failure)
{
    const struct certificate *read = failure->read;
    if (!read->is_ca)
        return arena_text(failure->arena, "%s is no authority: its basic constraints do not say CA:TRUE.", failure->at);
    if (read->has_key_usage && !has(&read->key_usage, "keyCertSign"))
        return arena_text(failure->arena, "%s may not sign certificates: its key usage has no keyCertSign.",
                          failure->at);
    return arena_text(failure->arena, "%s is not fit for an authority.", failure->at);
}

static const char *tell_critical(const struct failure *failure)
{
    return arena_text(failure->arena, "%s has a critical extension that is not known: %s.", failure->at,
                      list_text(failure->arena, &failure->read->unknown_critical));
}

static const char *tell_explicit(const struct failure *failure)
{
    return arena_text(failure->arena, "The key of %s spells out its curve instead of naming it.", failure->at);
}

static const char *tell_policy(const struct failure *failure)
{
    return arena_text(failure->arena, "An authority above %s requires a policy that the path does not have.",
                      failure->at);
}

static const char *tell_other(const struct failure *failure)
{
    return arena_text(failure->arena, "libcrypto says \"%s\" at %s.", X509_verify_cert_error_string(failure->error),
                      failure->at);
}

static const char *tell_length(const struct failure *failure)
{
    return arena_text(failure->arena, "The path was not followed past %s: it is too long.", failure->at);
}

static const struct {
    const char *reason;
    const char *(*tell)(const struct failure *failure);
} tellers[] = {
    {"expired", tell_expired},
    {"not_yet_valid", tell_not_yet_valid},
    {"self_signed", tell_self_signed},
    {"unknown_issuer", tell_issuer},
    {"incomplete_chain", tell_issuer},
    {"weak_key", tell_weak_key},
    {"weak_signature", tell_weak_signature},
    {"bad_signature", tell_bad_signature},
    {"name_constraint", tell_constraint},
    {"path_length", tell_path_length},
    {"wrong_usage", tell_usage},
    {"invalid_ca", tell_authority},
    {"critical_extension", tell_critical},
    {"explicit_parameters", tell_explicit},
    {"policy", tell_policy},
    {"chain_too_long", tell_length},
};

static const char *tell(const struct failure *failure, const char *reason)
{
    for (size_t i = 0; i < sizeof tellers / sizeof *tellers; i++)
        if (strcmp(tellers[i].reason, reason) == 0)
            return tellers[i].tell(failure);
    return tell_other(failure);
}

static const struct certificate *read_again(struct arena *arena, X509 *certificate)
{
    struct certificate *read = arena_alloc(arena, sizeof *read);
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    certificate_read(arena, (struct bytes){der, size > 0 ? (size_t)size : 0}, read);
    OPENSSL_free(der);
    return read;
}

void trust_explain(struct arena *arena, X509_STORE_CTX *context, bool all_read, struct trust_result *out)
{
    struct arena scratch = {0};
    struct failure failure = {.arena = arena, .context = context, .error = X509_STORE_CTX_get_error(context)};
    X509 *at = X509_STORE_CTX_get_current_cert(context);
    if (at == NULL)
        at = X509_STORE_CTX_get0_cert(context);
    failure.at = trust_subject(arena, at);
    failure.read = read_again(&scratch, at);
    out->at = failure.at;
    out->reason = decide(context, failure.error, at, all_read, out->path.count);
    bool unread = strcmp(out->reason, "unsupported") == 0 || strcmp(out->reason, "unparseable") == 0;
    out->known = !unread && strcmp(out->reason, "chain_too_long") != 0;
    out->sentence = unread ? arena_text(arena, "Not all of this can be read; %s", tell_other(&failure))
                           : tell(&failure, out->reason);
    arena_release(&scratch);
}
