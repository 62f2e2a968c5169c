// SPDX-License-Identifier: Apache-2.0
//
// What the check `transparency` finds: for each chain the SCTs that came with it, and what Chrome and Apple would say
// of them.
#ifndef CHECK_TRANSPARENCY_H
#define CHECK_TRANSPARENCY_H

#include "check/host.h"
#include "wire/ct_logs.h"
#include "wire/ct_policy.h"
#include "wire/sct.h"

struct sct_fact {
    enum sct_source source;
    unsigned version;         // 1; 0: unreadable
    const char *log_id;       // base64, or NULL
    const struct ct_log *log; // NULL: not in the table
    bool has_time;
    int64_t time;     // seconds since 1970
    struct fact fact; // yes: the log did sign this
};

struct ct_policy_fact {
    const char *date; // of the program's list of logs, or NULL
    unsigned required, counted;
    struct fact fact;
};

struct transparency_fact {
    struct fact fact; // yes: SCTs came along; no: none did
    const struct sct_fact *scts;
    size_t sct_count;
    struct ct_policy_fact policies[CT_PROGRAMS];
    const char *logs; // name of the table
};

// What came with a chain in answers that showed it, and in which it was asked for.
struct deliveries {
    const struct answer *answer[4];
    size_t count;
    struct fact fact; // yes: it was asked for where clients would; else why not
};

// Judges one chain: certificate, trust and dates are read from `chain`. In facts memory.
void transparency_judge(struct host *host, const struct chain_fact *chain, const struct deliveries *deliveries,
                        struct transparency_fact *out);

// Whether a list of roots trusts it: the policies are about such chains.
enum verdict transparency_public(const struct chain_fact *chain);

#endif
