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

#include <jansson.h>

#include "base/arena.h"
#include "base/fail.h"
#include "report/format.h"
#include "report/report_tree.h"

// Any of the three may be NULL.
struct format_view {
    size_t state_size;
    void (*begin)(struct rendering *rendering); // before the first report
    void (*add)(struct rendering *rendering, struct report *report);
    void (*end)(struct rendering *rendering); // after the last one
};

struct rendering {
    struct format_options options;
    size_t reports;       // so far, without the one that is being added
    void *state;          // the format's own, zeroed, state_size octets
    struct arena memory;  // until the end
    struct arena scratch; // rewound after each report
    struct complaint complaint;
    // private to format.c from here on
    const struct format *format;
    struct sink sink;
    char *buffer;
    size_t size;
};

void rendering_put(struct rendering *rendering, const char *text);
void rendering_put_octets(struct rendering *rendering, const char *text, size_t size);
void rendering_print(struct rendering *rendering, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A member that is a string, fit to print (view_printable); NULL: it is none. Until the next report.
const char *rendering_text(struct rendering *rendering, const json_t *object, const char *key);

// The strings of a list; the versions that an address speaks ("TLSv1.2 TLSv1.3"); where a rule stands
// ("RFC 9325 3.1.1"). NULL: there are none.
const char *rendering_joined(struct rendering *rendering, const json_t *list, const char *between);
const char *rendering_versions(struct rendering *rendering, const json_t *endpoint);
const char *rendering_citation(struct rendering *rendering, const json_t *rule);

// The certificate of an address that ends first, of those that stand first in a chain; or NULL.
const json_t *rendering_leaf(const json_t *endpoint);

// Whether a finding, or a rule of a policy, stands with an endpoint: it names its address, or none and this
// is the first.
bool rendering_belongs(const json_t *row, const json_t *endpoint, bool first);

bool rendering_is_open(const json_t *rule); // not met, or not known to be

#endif
