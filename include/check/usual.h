// SPDX-License-Identifier: Apache-2.0
//
// What a server will choose next, as a rule.
#ifndef CHECK_USUAL_H
#define CHECK_USUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/hello.h"

// Codes that most servers have some of, in the order that most have; and what they have in common.
struct usual_list {
    const char *check; // which looks for them
    struct codes codes;
    unsigned ahead;                // guesses for each choice in a row that was foreseen, where the order is the list's
    unsigned doubts;               // guesses ahead that may have something which was not chosen yet
    uint64_t (*signer)(uint16_t);  // a bit that must have been chosen; 0: none
    uint64_t (*traits)(uint16_t);  // bits that are had or lacked together
    bool (*common)(uint16_t code); // whether to think of it before one like it was chosen
    bool (*rare)(uint16_t code);   // servers that have it have much else
};

extern const struct usual_list usual_suites, usual_groups, usual_schemes_12, usual_schemes_13;

enum usual_order { USUAL_UNTOLD, USUAL_OWN, USUAL_OFFERED };

// What a chain of choices has shown: traits that were chosen, and those that were passed over, and whose order it is.
struct usual {
    const struct usual_list *list;
    uint64_t had, lacked;
    unsigned bold; // choices of rare kinds that were foreseen, since one was not
    enum usual_order order;
};

// Where a chain is: the last choice, and where it stood in what is left.
struct usual_place {
    uint16_t last, at;
};

// The first choice of all.
void usual_begin(struct usual *seen, const struct usual_list *list, uint16_t chosen);

// What a choice was: the one that was to be expected, one further behind or before it in the same order, or neither.
enum usual_choice { USUAL_FORESEEN, USUAL_GOES_ON, USUAL_SURPRISE };

// One of the rest, which still has it, was chosen.
enum usual_choice usual_learn(struct usual *seen, struct codes rest, struct usual_place place, uint16_t chosen);

// What will be chosen of the rest. 0: who knows; the two orders say different things, as long as it is not known whose
// it is.
uint16_t usual_next(const struct usual *seen, struct codes rest, struct usual_place place);

// How many guesses are worth their cost after so many choices in a row that were foreseen, and how many of them may be
// doubtful.
unsigned usual_ahead(const struct usual *seen, unsigned foreseen);
unsigned usual_doubts(const struct usual *seen);

// Takes it for chosen. Whether it has traits that were not chosen before.
bool usual_suppose(struct usual *seen, uint16_t code);

#endif
