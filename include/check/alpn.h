// SPDX-License-Identifier: Apache-2.0
//
// The extension by which the check `alpn` asks: other hellos may carry its first question.
#ifndef CHECK_ALPN_H
#define CHECK_ALPN_H

#include "base/arena.h"
#include "wire/hello.h"

// Every protocol that is asked about, as places in the table, from 1; and the extension that lists some of them.
struct codes alpn_protocols(struct arena *arena);
struct extension alpn_extension(struct arena *arena, struct codes list);

#endif
