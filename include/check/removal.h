// SPDX-License-Identifier: Apache-2.0
//
// Finding a list of code points: offer all, remove the chosen one, repeat until refused; with the
// controls that make a refusal a `no`. Suites, groups and signature schemes are found so. A pure
// function over a host's ledger.
#ifndef CHECK_REMOVAL_H
#define CHECK_REMOVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/host.h"
#include "check/reply.h"
#include "check/usual.h"
#include "wire/hello.h"

// What is to be found, and how it is asked.
struct removal_found;

// How a long chain may be cut, to be asked in parts at the same time.
#define REMOVAL_WHOLE 6 // so many choices are made from the whole list before
struct removal_cut {
    // 0 to 3: servers with an order of their own put a higher number behind the others. `ranks` has the same for each
    // code of the list.
    unsigned (*rank)(uint16_t code);
    const uint8_t *ranks;
};

// What the same questions can find beside the list. A choice tells of something else, of one of two kinds. Where the
// next choice is foreseen the question comes without what was told of its kind before. Only a choice of that kind is an
// answer to such a question; whatever else it is met with, the plain one is asked.
#define REMOVAL_KINDS 2
#define REMOVAL_TOLD  8 // of each, at most
struct removal_beside {
    unsigned (*kind)(uint16_t code);                            // of a choice; REMOVAL_KINDS: it tells nothing
    struct codes (*row)(unsigned kind, enum usual_order order); // what it tells, one after the other, as a rule
    void (*leave_out)(struct host *host, struct codes codes, struct hello *hello);
    uint16_t (*told)(const struct flight *flight); // 0: nothing
};

struct removal {
    struct host *host;
    uint16_t version;
    struct codes asked;         // the whole list, in the order offered
    const struct answer *first; // an answer that took one of the list already, or NULL
    bool in_parts;              // long lists are known to be turned down
    const void *context;        // for the functions below
    struct hello (*hello)(const struct removal *removal, struct codes list); // asks with this list
    enum reply (*reply)(const struct removal *removal, const struct answer *answer, struct codes list);
    uint16_t (*chosen)(const struct flight *flight);
    // Whether the control can be spared; plain: the last refusal was an alert, and the order found
    // cannot be the client's. WAIT: it cannot be told yet. NULL: never.
    enum progress (*control)(const struct removal *removal, bool plain, bool *spared, struct evidence *evidence);
    // After the last refusal: a part of the rest to ask once more, since other codes of it may have
    // stood in its way; left empty: none. NULL: never.
    enum progress (*narrow)(const struct removal *removal, const struct removal_found *found, struct codes rest,
                            struct codes *part);
    bool twice;                     // the last refusal is asked for once more: servers behind one address may differ
    const struct removal_cut *cut;  // NULL: chains are not cut
    const struct usual_list *usual; // what most servers choose, to ask ahead; NULL: nothing is asked ahead
    bool (*apart)(uint16_t code); // some servers prefer it, but only of clients that name it first; NULL: there is none
    const char *repeated;         // reason when a code is chosen again: "suite_repeated"

    const struct removal_beside *beside; // NULL: nothing is found beside
    const struct answer *const *then;    // answers that took, one by one, what comes behind that of `first`
    size_t then_count;
};

struct removal_choice {
    uint16_t code;
    const struct answer *answer; // by which it was accepted
};

struct removal_found {
    uint16_t version;
    const struct removal_choice *choice; // in the order in which they were chosen
    size_t count;
    bool ordered;                  // the order is that of one chain of removals; false: no order is known
    struct fact complete;          // yes: nothing else is accepted; unknown: why
    bool full_refused;             // long lists were turned down
    bool narrowed;                 // more was found once a part of the rest was asked alone
    bool refused_in_flight;        // a refusal was no alert or cut, but a flight that chose nothing of the list
    bool unsteady;                 // the same question was once cut off and once answered
    bool changed;                  // a code was once refused and once accepted: mixed backends or worse
    const struct answer *reversed; // the control: what was refused, then all accepted in reverse; NULL: not asked
    const struct answer *fronted;  // the same with a code of those apart at its head, which is `reversed` too
                                   // unless that was chosen; NULL: not asked
    uint16_t mirrored;             // what a server that goes by the client's order answers `reversed` with
    uint16_t held;                 // what `reversed` was answered with; 0: nothing that was accepted before
    struct codes asked;            // the whole list, in the order offered

    const struct answer *told_by[REMOVAL_KINDS][REMOVAL_TOLD]; // beside, by how much had been left out
    bool told;                                                 // no question to come will tell of anything beside
};

// Where nothing at all was accepted found->count is 0, and the refusal has no control yet: that is
// the caller's to find. Results live in scratch memory. WAIT: what was chosen so far is there, in no order.
enum progress removal_find(const struct removal *removal, struct removal_found *found);

// What was accepted, as a list; and whether that is any of these. While a list waits, as far as is known yet.
struct codes removal_codes(struct arena *arena, const struct removal_found *found);
bool removal_has_one(const struct removal_found *found, struct codes codes);

// Whether the order of choices is the order of the offer: then it may be the client's.
bool removal_as_offered(const struct removal_found *found);

// A `control` that is spared whenever it can be: the last refusal is an alert that speaks of the list,
// and the length of the list is no matter.
enum progress removal_spare(const struct removal *removal, bool plain, bool *spared, struct evidence *evidence);

// Who chooses, from the chain and its control alone. What ChaCha20 does to it is the suites' affair.
struct preference_fact removal_preference(struct arena *arena, const struct removal_found *found);

// The same where the control may have been spared: an order that is not the client's is the server's.
struct preference_fact removal_preference_spared(struct arena *arena, const struct removal_found *found);

#endif
