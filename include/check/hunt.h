// SPDX-License-Identifier: Apache-2.0
//
// What the parts of finding a list by removal share: the state of one call, which lives in scratch
// memory and is made anew each time, and the chain, which asks for what is left, takes out what was
// chosen, and asks again. For removal.c and hunt_cut.c alone.
#ifndef CHECK_HUNT_H
#define CHECK_HUNT_H

#include "check/removal.h"

#define HUNT_CODES 512 // of a list
#define HUNT_RANKS 4   // of suites in a server's order: see struct removal_cut

// A list to take from.
struct rest {
    uint16_t code[HUNT_CODES];
    size_t count;
};

struct codes rest_codes(const struct rest *rest); // a view
void rest_fill(struct rest *rest, struct codes codes);
void rest_add(struct rest *rest, struct codes codes);
uint16_t rest_take(struct rest *rest, uint16_t code); // where it stood; 0 and no effect when it was not there

struct hunt {
    const struct removal *removal;
    struct host *host;
    struct removal_found *found;
    struct removal_choice choice[HUNT_CODES];
    struct evidence evidence;
    unsigned controls;
    bool cut_off;   // a chain ended in FIN, RST or internal_error
    bool unordered; // the order of choices is not that of one chain
    bool waiting;   // an outcome that is needed is not there
    bool failed;    // the list cannot be known whole: found->complete says why
};

const struct answer *hunt_ask(struct hunt *hunt, struct codes list, uint16_t sample);
enum reply hunt_reply(const struct hunt *hunt, const struct answer *answer, struct codes list);
uint16_t hunt_chosen(const struct hunt *hunt, const struct answer *answer);

// Adds to the evidence for the list as a whole.
void hunt_note(struct hunt *hunt, const struct answer *answer);

// All return false. The first reason given stands.
bool hunt_wait(struct hunt *hunt);
bool hunt_give_up(struct hunt *hunt, const char *reason, const char *sentence);
bool hunt_contradict(struct hunt *hunt); // one answer says what another denies

bool hunt_has(const struct hunt *hunt, uint16_t code);
void hunt_accept(struct hunt *hunt, const struct answer *answer); // its choice, once
bool hunt_as_offered(const struct hunt *hunt);                    // see removal_as_offered

enum step { STEP_STOPPED, STEP_REFUSED, STEP_ACCEPTED }; // stopped: waiting or failed

#define HUNT_AHEAD 22 // questions at most: of 24 connections two are left to others
#define HUNT_AGAIN 1  // sample of the last refusal, asked for twice; the next ones are of its repetitions

// An accepted answer that a question follows, and which of those that do; before is NULL for a first question. Where
// choices are what was foreseen, questions are asked before it is their turn. It is noted with each question: small.
struct after {
    const struct answer *before;
    struct usual seen; // in the choices up to the one before the last
    struct usual_place place;
    uint16_t at; // where the last choice stood in what is left
    uint8_t way;
    bool within_rank;  // the chain ends where the next rank begins
    unsigned foreseen; // choices in a row that were foreseen, some of them where a row was interrupted
    unsigned misled;   // guesses that were wrong
    bool strayed;      // a choice was not where the usual order has it

    bool beside;                 // questions may find more than the list
    uint8_t told[REMOVAL_KINDS]; // beside, of each kind; as much as its row has: no more is looked for
    uint8_t kind, left_out;      // beside, in the next question; 0: nothing
};

// The next question of a chain: what is left. `after` comes to know of the last choice. What was accepted is not taken
// out yet.
enum step hunt_step(struct hunt *hunt, const struct rest *rest, struct after *after, const struct answer **answer);

// Takes what was accepted out of what is left; what the next question comes after.
struct after hunt_take(struct hunt *hunt, struct rest *rest, struct after after, const struct answer *answer);

// The beginning of a chain, which may have been chosen from already.
struct after hunt_begin(struct hunt *hunt, struct rest *rest);

// One chain: removes from rest what the server chooses, until it refuses the rest. False: waiting or failed.
bool hunt_chase(struct hunt *hunt, struct rest *rest, struct after after);

// The same from several chains at once, where there is much to find (hunt_cut.c).
bool hunt_chase_cut(struct hunt *hunt, struct rest *rest, struct after after);

#endif
