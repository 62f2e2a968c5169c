// SPDX-License-Identifier: Apache-2.0
//
// The certificates of fixtures/ for tests, which run in the project's folder.
#ifndef SUPPORT_FIXTURE_H
#define SUPPORT_FIXTURE_H

#include <stddef.h>

#include "base/bytes.h"

struct arena;

// The DER of fixtures/certificates/<name>.pem ("rsa", "odd/nul"); ends the test when it is not there.
struct bytes fixture_certificate(struct arena *arena, const char *name);

// The DER of each block of a PEM file, `most` of them at most; how many there are. Ends the test likewise.
size_t fixture_chain(struct arena *arena, const char *path, struct bytes *chain, size_t most);

#endif
