// SPDX-License-Identifier: Apache-2.0
//
// What wire/weak_key.h tells of each certificate's key, as facts. A part of the check `certificates`.
#ifndef CHECK_WEAK_KEYS_H
#define CHECK_WEAK_KEYS_H

#include <stddef.h>

#include "check/fact.h"
#include "check/host.h"

struct weak_key_fact {
    const char *id;   // a row of wire/weak_key.h
    struct fact fact; // yes: the key is weak so; not_tested: no list was given
};

// Of one certificate, sorted by id.
struct weak_keys {
    const struct weak_key_fact *row;
    size_t count;
};

// One element for each certificate of the chain, in the host's memory. Their evidence is the chain's.
const struct weak_keys *weak_keys_judge(struct host *host, const struct chain_fact *chain);

#endif
