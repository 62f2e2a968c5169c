// SPDX-License-Identifier: Apache-2.0
//
// Which TLS library this process runs with: a report names it, so that two reports that differ can
// be told apart by what made them.
#ifndef WIRE_LIBRARY_H
#define WIRE_LIBRARY_H

// "OpenSSL 3.0.15 3 Sep 2024": the library found at run time, not the one compiled against.
const char *library_version(void);

#endif
