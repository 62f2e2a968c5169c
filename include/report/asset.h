// SPDX-License-Identifier: Apache-2.0
//
// What CycloneDX wants to know of an algorithm that a report names. For report/ alone.
#ifndef REPORT_ASSET_H
#define REPORT_ASSET_H

#include <jansson.h>

#include "report/rendering.h"

// The algorithmProperties of what a suite encrypts with, authenticates its records by, exchanges keys by and
// is authenticated by; of a group, a signature scheme and a certificate's signature, and of a key. What
// the registry of CycloneDX has no word for is "other", what we do not know "unknown" or left out.
json_t *asset_cipher(struct rendering *rendering, const json_t *suite);
json_t *asset_mac(struct rendering *rendering, const char *mac);
json_t *asset_key_exchange(struct rendering *rendering, const char *name);
json_t *asset_group(struct rendering *rendering, const json_t *group);
json_t *asset_signature(struct rendering *rendering, const char *name);
json_t *asset_key(struct rendering *rendering, const json_t *key);

#endif
