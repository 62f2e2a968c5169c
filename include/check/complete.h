// SPDX-License-Identifier: Apache-2.0
//
// Complete handshakes as checks ask for them: in a version that the host is known to have, and with what
// it means when one does not come to its end. Facts and questions live in scratch memory.
#ifndef CHECK_COMPLETE_H
#define CHECK_COMPLETE_H

#include <stdint.h>

#include "check/host.h"
#include "probe/handshake.h"

// The version to complete handshakes in: TLS13, or the highest from TLS 1.0 to 1.2. 0: there is none,
// and *why is not_applicable (the host has none), not_tested (the TLS library has none) or unknown.
enum progress complete_version_12(struct host *host, uint16_t *version, struct fact *why);
enum progress complete_version_13(struct host *host, uint16_t *version, struct fact *why);

// Both tell it as early as they can. Whether it is known which versions there are: before, no check is done
// that asked for them, or which check asked what would depend on the order of arrival.
enum progress complete_versions(struct host *host);

// A question of that version alone, with the host's server name and, where the run has one, its client
// certificate.
struct handshake complete_question(const struct host *host, uint16_t version);

const struct answer *complete_ask(struct host *host, const struct handshake *question, uint16_t sample);

// What it came to; NULL: it was not completed, or is not answered yet.
const struct handshake_result *complete_result(const struct answer *answer);

// Why an answered question was not completed: not_tested where the TLS library could not, else unknown.
struct fact complete_failure(struct arena *arena, const struct answer *answer);

#endif
