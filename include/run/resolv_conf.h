// SPDX-License-Identifier: Apache-2.0
//
// Who is asked about names where the user names nobody: what libunbound reads in resolv.conf, for the report.
#ifndef RUN_RESOLV_CONF_H
#define RUN_RESOLV_CONF_H

struct arena;

#define RESOLV_CONF "/etc/resolv.conf"

// The addresses of the resolvers, with a space between two, at most eight. "127.0.0.1": the file names none. "": there
// is no such file, and name servers are asked from the root down.
const char *resolv_conf_servers(struct arena *arena, const char *file);

#endif
