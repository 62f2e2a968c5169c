// SPDX-License-Identifier: Apache-2.0
//
// One line that stands for many targets: a range of addresses (192.0.2.0/24, [2001:db8::/120]) or a list of ports
// (host:443,8443,9000-9010), or both. They are made one by one and never held together. What is no range and no list is
// one target, whatever it is.
#ifndef RUN_EXPANSION_H
#define RUN_EXPANSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#define EXPANSION_BITS  24 // of a range that are not its prefix: 16 million addresses
#define EXPANSION_PORTS 64 // ports and ranges of ports of one list
#define EXPANSION_TEXT  320

struct port_range {
    uint16_t first, last;
};

struct expansion {
    const char *single; // the text itself, where it stands for one target; NULL: none, or given already
    char host[256];     // of a list of ports for a name
    int family;         // 4 or 6: a range of addresses; 0: host
    unsigned char address[16];
    uint32_t left; // addresses after this one
    struct port_range range[EXPANSION_PORTS];
    size_t range_count, range_at;
    uint32_t port; // the next; 0: at an end
    char text[EXPANSION_TEXT];
};

// text must stay good until the last target was taken. False: it is a range or a list, and wrong.
bool expansion_begin(struct expansion *expansion, const char *text, struct complaint *complaint);

// How many targets are still to come.
uint64_t expansion_left(const struct expansion *expansion);

// The next target, good until the next call; NULL: no more. A zeroed struct has none.
const char *expansion_next(struct expansion *expansion);

#endif
