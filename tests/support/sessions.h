// SPDX-License-Identifier: Apache-2.0
//
// A model server that completes handshakes: which versions it has, how it resumes and renegotiates, and
// which bad habits. Raw hellos get the least that the versions can be told by.
#ifndef TESTS_SUPPORT_SESSIONS_H
#define TESTS_SUPPORT_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "check/host.h"
#include "rehearsal.h"

enum second { SECOND_TAKEN, SECOND_REFUSED, SECOND_OTHER_ALERT, SECOND_CLOSED, SECOND_RESET, SECOND_SILENT };

struct session_server {
    unsigned versions; // bit i: version 0x0300 + i
    unsigned others;   // what another server has too, which is met when a version is asked for once more
    // resumption: [0] by id, [1] by ticket, [2] by PSK
    bool gives[3], resumes[3], single_use;
    unsigned resumes_once_in; // with mixed backends: of so many attempts one; 0: every one
    unsigned processes;       // each with a key and sessions of its own; 0: one
    uint64_t salt;            // which of them a connection meets
    uint32_t lifetime, limit; // of tickets; of early data
    bool takes_early, http, refuses_alpn, without_exchange;
    bool nameless;          // every ticket begins differently
    bool nameless_13;       // ... every one of TLS 1.3
    bool other_keys;        // ... from a key of its own wherever a session is offered, as another server's would
    bool rotates;           // TLS 1.3 tickets have another key's name than those of TLS 1.2
    bool wants_certificate; // alert after a handshake of TLS 1.3, before any ticket
    bool never_closes;      // answers no close_notify
    bool library_fails;     // nothing of the TLS library is accepted
    uint8_t fails_with;     // an alert that answers every handshake; 0: none
    bool refuses_sessions;  // handshake_failure wherever a session is offered
    bool library_gives_up;  // ... or it gives up in the middle
    // renegotiation
    bool secure;              // signals RFC 5746
    bool secure_by_extension; // ... only in answer to the extension
    unsigned takes;           // renegotiations before `after`
    bool ends_once;           // ... which is met by the first connection alone; the others take all
    enum second after;
};

// An answer_probe; context is a struct session_server.
answer_probe answer_sessions;

// Every row of a section as a line "id version verdict reason|- number|- unit|- value|-", in memory of the host.
const char *feature_lines(struct host *host, enum feature_section section);

#endif
