// SPDX-License-Identifier: Apache-2.0
//
// Does the server staple OCSP responses to a chain? For the check `revocation`. What `extensions` has asked is
// looked at first, so that a chain which it has seen costs no question more.
#ifndef CHECK_STAPLE_H
#define CHECK_STAPLE_H

#include "check/host.h"

struct staples {
    const struct flight *flight; // that showed the chain, with a staple if any did; NULL: see why
    unsigned asked;              // 1: an answer showed the chain and could have had one; 2: and one to a later question
    struct fact why;             // unknown: no answer; not_applicable: no version of the chain's has staples
    struct evidence evidence;
};

// Scratch memory. The check `extensions` is done, if it runs.
enum progress staples_find(struct host *host, const struct chain_fact *chain, struct staples *out);

// The staple of one certificate of the chain; empty: none. TLS 1.3 has one for each, before it only the leaf has.
struct bytes staple_of(const struct flight *flight, size_t index);

#endif
