// SPDX-License-Identifier: Apache-2.0
//
// A document that a certificate says is to be had over HTTP, fetched where the user allows it: for checks, which need
// its octets or a reason. A redirection is followed once.
#ifndef CHECK_DOCUMENT_H
#define CHECK_DOCUMENT_H

#include "check/host.h"
#include "probe/fetch.h"

struct document {
    // yes: the document came whole. not_tested: not_allowed, or not_http (the URL is none of plain HTTP). unknown:
    // an outcome's code, http_status, redirected (once more, or to what is not plain HTTP), or an error of fetch.h.
    struct fact fact;
    uint16_t status; // of HTTP, where a head came; else 0
    struct bytes octets;
};

// Whether it can be asked for at all.
bool document_has_place(struct host *host, const char *url);

// Scratch memory, and what the ledger keeps.
enum progress document_ask(struct host *host, const struct fetch *question, struct document *out);

#endif
