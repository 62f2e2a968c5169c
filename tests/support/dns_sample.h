// SPDX-License-Identifier: Apache-2.0
//
// What the check `dns` may have found, written down by hand for golden files: every kind of row, and texts that
// a stranger would like to print.
#ifndef TESTS_SUPPORT_DNS_SAMPLE_H
#define TESTS_SUPPORT_DNS_SAMPLE_H

#include "check/dns_facts.h"

struct arena;

// leaf: fingerprint of a chain's leaf. The rows of the chain and of ALPN depend on `keeps`.
const struct dns_facts *dns_sample(struct arena *arena, struct evidence evidence, const char *leaf, bool keeps);

// All texts are hostile.
const struct dns_facts *dns_sample_hostile(struct arena *arena, struct evidence evidence);

#endif
