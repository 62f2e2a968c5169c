// SPDX-License-Identifier: Apache-2.0
//
// A server for tests of checks that look at one thing: it has TLS 1.2, TLS 1.3 or both, a few suites
// and a certificate, and is told by a function what else to say to a hello.
#ifndef TESTS_SUPPORT_SPEAKER_H
#define TESTS_SUPPORT_SPEAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/host.h"
#include "rehearsal.h"

// The flight that a plain server would send, to be added to.
struct speech {
    struct arena *arena; // of what the flight points to
    const struct hello *hello;
    struct flight *flight;
    unsigned sample, number; // of the question
};

struct speaker {
    bool tls12, tls13;
    uint16_t suites[8];       // of TLS 1.2, in the server's order; 0 ends it
    struct bytes certificate; // of the server; empty: none
    unsigned tires_after;     // answers that many hellos, then resets; 0: never
    uint8_t tires_with;       // ... with that alert
    const void *context;      // for speak
    // What it says beside the plain flight. False: it refuses, with flight->alert_description, or by
    // reset where that is 0.
    bool (*speak)(const struct speaker *speaker, const struct speech *speech);
};

answer_probe speaker_answer; // context: a struct speaker

// The body of an extension that the hello carries; NULL: it does not.
const struct extension *speech_asked(const struct speech *speech, uint16_t type);

// Whether a staple was asked for before: a sample, or the question for compressed certificates, is a second one.
bool speech_asks_again(const struct speech *speech);

// Adds an extension where a server puts it: ServerHello, EncryptedExtensions (not in a
// HelloRetryRequest), or beside the leaf.
void speech_say(const struct speech *speech, uint16_t type, struct bytes body);
void speech_say_of_leaf(const struct speech *speech, uint16_t type, struct bytes body);

// A row of the facts; NULL: there is none.
const struct feature_fact *feature_of(const struct facts *facts, enum feature_section section, const char *id,
                                      uint16_t version);

// Ends the test unless every order of arrival gives the same report. selected: checks.
void assert_order_does_not_matter(const struct speaker *speaker, uint64_t selected);

// Ends the test if a lost answer turns a yes or a no of a feature into the other.
void assert_losses_do_no_harm(const struct speaker *speaker, uint64_t selected);

#endif
