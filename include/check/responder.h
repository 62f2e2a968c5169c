// SPDX-License-Identifier: Apache-2.0
//
// The control of an OCSP responder's "good": whether it says so of whatever it is asked about.
#ifndef CHECK_RESPONDER_H
#define CHECK_RESPONDER_H

#include "check/document.h"
#include "check/host.h"
#include "wire/revocation.h"

// The question that a responder at `url` is asked about a certificate.
struct fetch responder_question(struct host *host, const char *url, const struct revocation_question *question);

// Asks it about a serial number of the same issuer that nobody has issued: the same number for all certificates of
// that issuer, so that a run asks once. yes: it calls that good, and so its word of others means no more than that they
// are not on its list; no: it does not know the number, will not answer for it, or calls it revoked.
enum progress responder_control(struct host *host, const char *url, const struct revocation_question *question,
                                struct fact *out);

#endif
