// SPDX-License-Identifier: Apache-2.0
//
// Whether a chain holds: the rows of stores and lists, and what it lacks. For the check `certificates`.
#ifndef CHECK_CHAIN_TRUST_H
#define CHECK_CHAIN_TRUST_H

#include "check/host.h"

// Fills trust, complete, last, missing_issuer, extra, repairable and issuer_urls of a chain whose certificates
// have been read. sent: as in the flight, [0] is the leaf.
void chain_trust_judge(struct host *host, const struct bytes *sent, size_t count, struct chain_fact *chain);

// Whether a path that has come to this certificate is at its end: it signs itself, or the store goes on from it.
bool chain_trust_ends(struct host *host, const struct certificate *top);

// The rows once more, with certificates that were not sent but fetched as further candidates for a path.
// In facts memory.
void chain_trust_rows(struct host *host, const struct trust_question *question, const struct trust_fact **rows,
                      size_t *count);

#endif
