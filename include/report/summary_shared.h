// SPDX-License-Identifier: Apache-2.0
//
// The parts of a summary that are about several targets at once. For report/ alone.
#ifndef REPORT_SUMMARY_SHARED_H
#define REPORT_SUMMARY_SHARED_H

#include <jansson.h>

#include "base/arena.h"
#include "report/sightings.h"

json_t *summary_keys(const struct sightings *sightings);

// A row for each key that several targets have, the most widely used first.
json_t *summary_shared_keys(struct arena *scratch, const struct sightings *sightings);

// Whether RSA moduli have factors in common, and which.
json_t *summary_common_factors(struct arena *scratch, const struct sightings *sightings);

#endif
