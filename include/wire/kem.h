// SPDX-License-Identifier: Apache-2.0
//
// Key shares of ML-KEM, of Kyber's drafts, and of the hybrids with them, which a server takes as it
// would any other. Nothing that is encrypted under them can be opened.
#ifndef WIRE_KEM_H
#define WIRE_KEM_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/hello.h"

// Whether a share can be made for the group.
bool kem_group_known(uint16_t group);

// The client's share, the same for the same entropy and group; in the arena.
struct bytes kem_share(struct arena *arena, const struct entropy *entropy, uint16_t group);

#endif
