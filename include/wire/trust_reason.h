// SPDX-License-Identifier: Apache-2.0
//
// Why a path does not hold, from what X509_verify_cert left behind: which certificate, which rule, and
// what it is that breaks it. For the files of wire/ that verify (trust*.c); for nobody else.
#ifndef WIRE_TRUST_REASON_H
#define WIRE_TRUST_REASON_H

#include <stdbool.h>

#include "wire/trust.h"

struct x509_st;
struct x509_store_ctx_st;
struct arena;

// Fills reason, known, sentence and at; the path must be there already. all_read: every certificate that
// was sent could be decoded.
void trust_explain(struct arena *arena, struct x509_store_ctx_st *context, bool all_read, struct trust_result *out);

// RFC 4514; a word for people where there is no name or it is malformed.
const char *trust_subject(struct arena *arena, struct x509_st *certificate);
const char *trust_issuer(struct arena *arena, struct x509_st *certificate);

#endif
