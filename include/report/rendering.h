// SPDX-License-Identifier: Apache-2.0
//
// What a format is made of, and what it writes with. For report/ alone.
//
// To add one: a file format_NAME.c that defines `const struct format_view format_NAME`, a row in
// formats.def, its fixtures and its place in tests/report/format_test.c, a section in docs/formats.md.
// A format sees one report at a time and may keep only what does not grow with their number; what
// must wait for the end goes into a spool. It reads strings by rendering_text, and trusts no value's
// type: a saved report can be anybody's.
#ifndef REPORT_RENDERING_H
#define REPORT_RENDERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/fail.h"
#include "report/format.h"
#include "report/judge.h"
#include "report/report_tree.h"

// Any of the three may be NULL.
struct format_view {
    size_t state_size;
    void (*begin)(struct rendering *rendering); // before the first report
    void (*add)(struct rendering *rendering, struct report *report);
    void (*end)(struct rendering *rendering); // after the last one
};

// Text that has to wait for the end. A zeroed struct is an empty one.
struct spool {
    FILE *file;
};

struct rendering {
    struct format_options options;
    size_t reports;       // so far, without the one that is being added
    void *state;          // the format's own, zeroed, state_size octets
    struct arena memory;  // until the end
    struct arena scratch; // rewound after each report
    int plugin_status;    // of a monitor's plugin: 0 to 3; -1: it is none
    struct complaint complaint;
    // private to format.c from here on
    const struct format *format;
    struct sink sink;
    struct spool *spool; // where what is put goes for now, or NULL
    char *buffer;
    size_t size;
};

void rendering_put(struct rendering *rendering, const char *text);
void rendering_put_octets(struct rendering *rendering, const char *text, size_t size);
void rendering_print(struct rendering *rendering, const char *format, ...) __attribute__((format(printf, 2, 3)));

// JSON on one line. The value is taken over.
void rendering_put_json(struct rendering *rendering, json_t *value);

// What is put goes into the spool, until another one is named, or NULL; and comes back out of it, which a
// format has to do with each of its spools at its end.
void rendering_divert(struct rendering *rendering, struct spool *spool);
void rendering_recall(struct rendering *rendering, struct spool *spool);
void spool_close(struct spool *spool); // what is in it is not wanted
void spool_write(struct rendering *rendering, struct spool *spool, const char *text, size_t size);

// A member that is a string, fit to print (view_printable); NULL: it is none. Until the next report.
const char *rendering_text(struct rendering *rendering, const json_t *object, const char *key);

// The strings of a list; the versions that an address speaks ("TLSv1.2 TLSv1.3"); where a rule stands
// ("RFC 9325 3.1.1"). NULL: there are none.
const char *rendering_joined(struct rendering *rendering, const json_t *list, const char *between);
const char *rendering_versions(struct rendering *rendering, const json_t *endpoint);
const char *rendering_citation(struct rendering *rendering, const json_t *rule);

// "example.com:443", or "?" where there is no host; and of one of its addresses "example.com:443 (192.0.2.1)".
const char *rendering_target(struct rendering *rendering, const json_t *report);
const char *rendering_endpoint(struct rendering *rendering, const json_t *report, const json_t *endpoint);

// How many findings that are not waived stand with an endpoint, by severity.
struct rendering_counts {
    unsigned of[SEVERITY_CRITICAL + 1];
};
struct rendering_counts rendering_count(const json_t *report, const json_t *endpoint, bool first);
enum severity rendering_severity(const json_t *finding); // SEVERITY_NONE: there is none that we know

// The certificate of an address that ends first, of those that stand first in a chain; or NULL.
const json_t *rendering_leaf(const json_t *endpoint);

// Whether a finding, or a rule of a policy, stands with an endpoint: it names its address, or none and this
// is the first.
bool rendering_belongs(const json_t *row, const json_t *endpoint, bool first);

bool rendering_is_open(const json_t *rule); // not met, or not known to be
bool rendering_is_waived(const json_t *row);
bool rendering_is_reached(const json_t *endpoint); // it was spoken to in TLS

#endif
