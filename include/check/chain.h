// SPDX-License-Identifier: Apache-2.0
//
// One chain as it was sent, judged in every respect: names, dates, order, completeness, trust, weak keys, and the
// rules for certificates. For the checks that see one.
#ifndef CHECK_CHAIN_H
#define CHECK_CHAIN_H

#include <stddef.h>

#include "check/host.h"

// At least one certificate was sent. All but served_for and evidence, in the host's memory.
void chain_judge(struct host *host, const struct bytes *sent, size_t count, struct chain_fact *chain);

#endif
