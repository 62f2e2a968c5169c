// SPDX-License-Identifier: Apache-2.0
//
// The certificates of fixtures/certificates/ for tests, which run in the project's folder.
#ifndef SUPPORT_FIXTURE_H
#define SUPPORT_FIXTURE_H

#include "base/bytes.h"

struct arena;

// The DER of fixtures/certificates/<name>.pem ("rsa", "odd/nul"); ends the test when it is not there.
struct bytes fixture_certificate(struct arena *arena, const char *name);

#endif
