// SPDX-License-Identifier: Apache-2.0
//
// Do servers of different configuration answer at this address? Then what one of them turns down another may have, and
// no refusal is a `no`. The checks `versions` and `suites` find that out, and no other may say that a version is not
// there which is in doubt.
#ifndef CHECK_FARM_H
#define CHECK_FARM_H

#include <stdbool.h>

#include "check/host.h"
#include "check/versions.h"

struct farm {
    bool mixed;
    const struct answer *accepted; // an answer that took a version which had been refused; NULL: there was none
    uint16_t version;              // that version
};

// versions: as versions_find found them, as far as it has.
enum progress farm_find(struct host *host, const struct version_found versions[VERSIONS], struct farm *farm);

// What a `no` becomes there; evidence stays.
void farm_doubt(struct fact *fact);

// What would say of something that the host has none of it (no, or not_applicable) is doubted where the check
// `versions` doubts what is refused: it has told first by the time that facts are made which stay.
void farm_settle(const struct host *host, struct fact *absence);

// The same of a yes that rests on refusals: a list is whole, something is not borne.
void farm_settle_yes(const struct host *host, struct fact *fact);

#endif
