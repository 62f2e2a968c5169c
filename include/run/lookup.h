// SPDX-License-Identifier: Apache-2.0
//
// Looks up records of any type with libunbound, which validates them from a trust anchor down. What it cannot
// validate because the way to the root is spoilt (a resolver that strips signatures) is told as unvalidated, and
// not as bogus: that is found out once, before the first question. The owner of the event loop watches the
// descriptor; nothing here blocks.
#ifndef RUN_LOOKUP_H
#define RUN_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "probe/records.h"
#include "run/dns.h"

struct lookups;

// Where answers go: a result that is good during the call, or NULL and why.
struct lookup_sink {
    void (*answer)(void *context, uint64_t id, const struct records_result *result, const char *why);
    void *context;
};

// dns: whose resolver is used where nothing can be validated; must outlive this. NULL with a complaint when
// libunbound cannot start.
struct lookups *lookups_new(struct dns *dns, const struct dns_settings *settings, struct lookup_sink sink,
                            struct complaint *complaint);
void lookups_free(struct lookups *lookups);

// Readable when lookups_process has something to do.
int lookups_descriptor(const struct lookups *lookups);
void lookups_process(struct lookups *lookups);

// Asks. The answer comes out of lookups_process, dns_process or dns_tick, once, or never: whoever asks keeps the time.
void lookups_ask(struct lookups *lookups, uint64_t now_ms, uint64_t id, const char *name, uint16_t type);

// Whether a file can be used as trust anchor: DS and DNSKEY records as a zone file has them.
bool lookups_anchor_good(const char *file, struct complaint *complaint);

#endif
