// SPDX-License-Identifier: Apache-2.0
//
// Records asked of DNS, and what an answer is worth: there are some, there are none, or it is not known and why. For
// the check `dns` and its parts. Facts lie in the host's memory, which a check that has to wait gives back.
#ifndef CHECK_DNS_LOOKUP_H
#define CHECK_DNS_LOOKUP_H

#include "check/dns_facts.h"
#include "check/host.h"

struct dns_lookup {
    const char *name;
    uint16_t type;
    const struct answer *answer;
    const char *alias; // what the name is an alias of, in the end; in lower case, escaped; NULL: of nothing
    const struct records_result *result; // of yes and no, and of bogus ones; else NULL
    // yes: there are records; no: there are none (the answer says so). unknown: bogus, servfail, dns_error, or the
    // outcome's code. Its evidence is the answer.
    struct fact fact;
};

// Asks for the records of a name. WAIT: not known yet, and *out has only the name.
enum progress dns_lookup_ask(struct host *host, const char *name, uint16_t type, struct dns_lookup *out);

// The lesser of two standings: bogus, unvalidated, insecure, secure.
enum dnssec dns_lookup_least(enum dnssec a, enum dnssec b);

// The row of a look-up.
struct dns_lookup_fact dns_lookup_row(const struct dns_lookup *lookup);

// A list of rows that grows; rows before are copied, for they are few.
struct dns_lookups {
    const struct dns_lookup_fact *row;
    size_t count;
};
void dns_lookup_add(struct arena *arena, struct dns_lookups *list, const struct dns_lookup *lookup);

#endif
