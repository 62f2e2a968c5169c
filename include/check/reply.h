// SPDX-License-Identifier: Apache-2.0
//
// What one outcome says about one version: the word that version and suite finding reason with.
#ifndef CHECK_REPLY_H
#define CHECK_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "check/fact.h"
#include "check/ledger.h"
#include "wire/hello.h"

enum reply {
    REPLY_PENDING,         // no outcome yet
    REPLY_ACCEPTED,        // a ServerHello of the version asked for, with a suite that was offered
    REPLY_OTHER_VERSION,   // a ServerHello of another version, as a rule a lower one: it understood, and chose that
    REPLY_DRAFT,           // TLS 1.3 was asked for, and a draft of it was chosen
    REPLY_VERSION_REFUSED, // alert protocol_version
    REPLY_REFUSED,         // another alert that speaks of the offer
    REPLY_CUT_OFF,         // FIN, RST or internal_error: a refusal only if it is repeated and controlled
    REPLY_LIED,            // a ServerHello that the hello did not allow: never support, never a no
    REPLY_SILENT,          // connected and asked, and no answer in time
    REPLY_MISSING,         // not asked, or not reached: nothing is known
    REPLY_GARBLED,         // records of TLS, but no flight; or another protocol
};

enum reply reply_of(const struct answer *answer, uint16_t version, struct codes offered);

// Whether it speaks of the version: refused, or another chosen. Of a version that was accepted before this is no word
// on what else a hello offers: another server may have said it.
bool reply_of_version(enum reply reply);

// RFC 8446 section 4.1.3: a server that has TLS 1.3 and negotiates TLS 1.2 says so in its random.
bool reply_downgraded(const struct flight *flight);

// A stable reason and a sentence for the replies from REPLY_CUT_OFF on (and for the two before).
const char *reply_reason(const struct answer *answer, enum reply reply);
const char *reply_sentence(struct arena *arena, const struct answer *answer, enum reply reply);

// A refusal is not believed whose canary, a question like one that had been accepted, was not accepted: the fact
// becomes unknown, because of `sentence` where that was turned down as well, of its own reason where it was not asked.
// Evidence stays.
void reply_doubt(struct arena *arena, const struct answer *canary, enum reply reply, const char *sentence,
                 struct fact *fact);

#endif
