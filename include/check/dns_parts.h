// SPDX-License-Identifier: Apache-2.0
//
// The parts of the check `dns`: each asks for its records (_find), and judges once the chains and whatever else it
// compares with are known (_judge). For dns.c.
#ifndef CHECK_DNS_PARTS_H
#define CHECK_DNS_PARTS_H

#include "check/dns_facts.h"
#include "check/dns_lookup.h"
#include "check/host.h"

// CAA (RFC 8659). of_name: the first look-up, of the name itself. wildcard: some leaf covers the name by a wildcard
// alone or too, whose records are looked for one label higher.
struct caa_search {
    struct dns_lookup of_name;
    struct caa_facts *facts;
    const char *wildcard_name; // where the records stand that bind wildcards; NULL: nowhere
    struct fact wildcard_fact;
};
enum progress caa_find(struct host *host, const char *name, struct caa_search *search);
enum progress caa_judge(struct host *host, const char *name, const struct facts *facts, struct caa_search *search);

// TLSA and DANE (RFC 6698, RFC 7671). of_name: any answered look-up of the name, which tells where aliases lead.
enum progress tlsa_find(struct host *host, const char *name, const struct dns_lookup *of_name,
                        struct tlsa_facts *found);
void tlsa_judge(struct host *host, const struct facts *facts, struct tlsa_facts *found);

// HTTPS (RFC 9460).
enum progress https_find(struct host *host, const char *name, struct https_facts *found);
void https_judge(struct host *host, const char *name, const struct facts *facts, struct https_facts *found);

#endif
