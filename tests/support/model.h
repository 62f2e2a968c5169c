// SPDX-License-Identifier: Apache-2.0
//
// A model server: a plain value that says what a server has and which bad habits, and answers
// probes with outcomes as such a server would. Checks are tested against it, since here the truth
// is known.
#ifndef TESTS_SUPPORT_MODEL_H
#define TESTS_SUPPORT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/host.h"

enum model_order { MODEL_SERVER_ORDER, MODEL_CLIENT_ORDER, MODEL_CHACHA_BY_CLIENT };

struct model_version {
    uint16_t version;
    uint16_t suite[64]; // in the server's order; 0 ends it
    enum model_order order;
};

struct model {
    struct model_version version[6]; // versions it has; 0 ends it
    const uint32_t *kinds;           // SSLv2 cipher kinds; NULL: no SSLv2
    size_t kind_count;
    uint16_t group;          // named in TLS 1.3; 0: x25519
    struct bytes rsa, ecdsa; // leaf certificates by authentication; empty: none
    bool version_aware;      // reads supported_versions
    bool binds_mac;          // has CBC suites for clients that offer encrypt-then-MAC alone
    bool fits_keys;          // chooses no suite that it has no certificate for, by what the client can verify

    // how it turns a hello down
    enum outcome_kind refusal, version_refusal; // OUTCOME_ALERT: with the alerts below
    uint8_t refusal_alert, version_alert;

    // bad habits
    size_t longest;       // lists over this many suites are refused; 0: any length
    bool drops;           // ... or rather not answered
    size_t reads;         // only this many suites of a list are looked at; 0: all
    uint16_t stumbles_on; // a suite whose presence makes it refuse; 0: none
    bool repeats;         // chooses its first suite again rather than refuse
    uint16_t lies_with;   // a suite it answers with although it was not offered; 0: no
    bool old_signer;      // stumbles over signature schemes that came after 2018
    bool breaks_off;      // ends the connection behind each ServerHello
    bool breaks_off_late; // ... of TLS 1.3, where it has no certificate for the client
    unsigned tires_after; // answers that many hellos, then resets; 0: never
    unsigned over_after;  // ... and then the time for the target is over
    bool reads_text;      // takes an SSLv2 hello for a request in plain text, and answers in that
    bool wants_name;      // unrecognized_name without a server name
    bool hates_drafts;    // says protocol_version to a list of versions with a draft of TLS 1.3
    bool wants_share;     // refuses TLS 1.3 where no key share comes with the hello, and never asks for one
    bool ecdsa_first;     // any ECDSA suite in a hello makes it blind to all others
    uint16_t draft;       // a TLS 1.3 draft that it prefers to the final version; 0: none
    bool farm;         // every other hello meets a server without the last suite of each version and the lowest of them
    bool farm_of_ages; // ... with every suite, but without the highest version
};

// The outcome of a probe that is the asked-th hello (from 0) this server gets.
struct outcome model_answer(const struct model *model, struct ledger *ledger, const struct answer *asked,
                            unsigned number);

#endif
