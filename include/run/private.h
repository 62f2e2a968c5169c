// SPDX-License-Identifier: Apache-2.0
//
// Which addresses are not the Internet's: where a URL that a stranger wrote leads there, following it would ask
// something of the user's own network.
#ifndef RUN_PRIVATE_H
#define RUN_PRIVATE_H

// "private", "loopback", "link-local", ... of an IPv4 or IPv6 address in text, also of the IPv4 address that an
// IPv6 one carries; NULL: it is a public one. What is no address is "malformed".
const char *private_kind(const char *address);

#endif
