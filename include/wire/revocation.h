// SPDX-License-Identifier: Apache-2.0
//
// What somebody who may say so, says about the revocation of one certificate: the common half of OCSP responses
// (wire/ocsp.h) and CRLs (wire/crl.h). Whatever is not signed by the right key, current, and about this very
// certificate says nothing.
#ifndef WIRE_REVOCATION_H
#define WIRE_REVOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/certificate.h"
#include "wire/signature.h"

struct arena;

enum revocation { REVOCATION_UNKNOWN, REVOCATION_GOOD, REVOCATION_REVOKED };

#define REVOCATION_SKEW  300   // seconds that clocks may differ
#define REVOCATION_STAND 86400 // ... that what does not say until when it holds is believed

// Reasons why nothing is known, which are stable codes:
//   malformed, unsupported (the key, the signature or the kind of response), weak_signature (MD5 or older),
//   bad_signature, expired (it was to be replaced by now), not_yet_valid (it is of a time to come),
//   critical_extension (one that is not known)
// of OCSP responses:
//   malformed_request, internal_error, try_later, signature_required, unauthorized: the responder's own words
//   other_certificate   it is not about this certificate
//   unknown_certificate the responder does not know the certificate
//   unknown_signer      neither the issuer nor a certificate at hand is whom it names as its signer
//   wrong_signer        ... is one that the issuer did not appoint to sign such responses
//   signer_expired, signer_not_yet_valid
// of CRLs:
//   other_issuer        it is not the list of the certificate's issuer
//   wrong_signer        the issuer's key usage does not allow it to sign lists
//   delta, indirect, other_scope (a list of other certificates than this), some_reasons

struct revocation_question {
    const struct certificate *certificate, *issuer; // issuer: of the certificate's issuer's name and key
    int64_t now;                                    // seconds since 1970
};

struct revocation_result {
    enum revocation status;
    const char *reason;                                        // when unknown, else NULL
    const char *sentence;                                      // for people, always
    int64_t this_update, next_update, produced_at, revoked_at; // INT64_MIN: it does not say
    const char *revocation_reason;                             // "keyCompromise", of a revoked one; NULL: not said
    const char *signer;                                        // subject of who signed; NULL: not found
    bool delegated;                                            // ... which is not the issuer itself
    bool no_check;      // ... and which is not to be asked about itself (ocsp-nocheck)
    const char *number; // of a CRL, as serial numbers are told; or NULL
};

// "keyCompromise", or NULL for codes without a name (RFC 5280 section 5.3.1).
const char *revocation_reason_name(long code);

// --- for ocsp.c and crl.c --------------------------------------------------------------------------

// All that is known at first; and nothing is known, because.
struct revocation_result revocation_begin(void);
bool revocation_unknown(struct revocation_result *out, const char *reason, const char *sentence); // false

// What a signature that was looked at is worth. False: nothing, and out says why.
bool revocation_signed(struct revocation_result *out, enum signature signature);

// It is good, or revoked with revoked_at and revocation_reason, if this_update and next_update hold at `now`. What is
// revoked stays so unless it is only on hold: an old word of it is as good as a new one.
void revocation_settle(struct arena *arena, struct revocation_result *out, bool revoked, int64_t now);

#endif
