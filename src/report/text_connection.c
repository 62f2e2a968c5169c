// SPDX-License-Identifier: Apache-2.0
//
// One connection on a terminal: the verdict with its reason, what was agreed on, the certificates that were shown,
// and the head of the HTTP answer.
#include <inttypes.h>

#include "report/view.h"

#define INDENT 2

static void labelled(struct view *view, const char *label, const char *text)
{
    view_labelled(view, INDENT, label, text);
}

static void agreed(struct view *view, const json_t *connection)
{
    const char *suite = view_text(view, connection, "suite"), *alpn = view_text(view, connection, "alpn");
    labelled(view, "Protocol", view_text(view, connection, "version"));
    labelled(view, "Suite", suite);
    labelled(view, "Group", view_text(view, connection, "group"));
    labelled(view, "Signature", view_text(view, connection, "signature_scheme"));
    if (view_is(json_object_get(connection, "completed"), "verdict", "yes"))
        labelled(view, "ALPN", alpn == NULL ? "none agreed on" : alpn);
}

static void client_certificate(struct view *view, const json_t *connection)
{
    const json_t *row = json_object_get(connection, "client_certificate");
    if (!view_truth(row, "requested"))
        return;
    page_label(&view->page, INDENT, "Client");
    if (view_truth(row, "sent"))
        page_words(&view->page, TINT_PLAIN, "asked for a certificate, and was shown it");
    else
        page_words(&view->page, TINT_POOR, "asked for a certificate, and was shown none");
    page_end(&view->page);
}

// "required by the certificate" stands with it.
static void staple(struct view *view, const json_t *connection)
{
    const json_t *stapled = json_object_get(connection, "stapled");
    if (json_is_boolean(stapled))
        labelled(view, "Staple", json_is_true(stapled) ? "an OCSP response came with the certificate" : "none");
}

static void times(struct view *view, const json_t *connection)
{
    int64_t connected = view_number(connection, "connect_ms"), answered = view_number(connection, "ms");
    if (answered > 0)
        labelled(
            view, "Time",
            arena_text(&view->memory, "connected in %" PRId64 " ms, done %" PRId64 " ms later", connected, answered));
}

static void response(struct view *view, const json_t *connection)
{
    const json_t *http = json_object_get(connection, "http"), *lines = json_object_get(http, "head");
    if (view_is(http, "verdict", "no") || view_is(http, "verdict", "unknown"))
        view_fact(view, INDENT, "HTTP", http, TINT_GOOD, TINT_POOR, NULL);
    if (view_count(lines) == 0)
        return;
    view_title(view, "Response");
    for (size_t i = 0; i < view_count(lines); i++) {
        const char *line = view_string(view, json_array_get(lines, i));
        page_line(&view->page, INDENT, i == 0 ? TINT_BOLD : TINT_PLAIN, line == NULL ? "?" : line);
    }
}

// Where the handshake was not completed, the connection's own reason says why.
static void parts(struct view *view, const json_t *connection)
{
    const json_t *completed = json_object_get(connection, "completed"),
                 *trusted = json_object_get(connection, "trusted");
    if (view_is(completed, "verdict", "yes"))
        view_fact(view, INDENT, "Handshake", completed, TINT_GOOD, TINT_BAD, NULL);
    if (!view_is(trusted, "verdict", "not_applicable"))
        view_fact(view, INDENT, "Trusted", trusted, TINT_GOOD, TINT_BAD, NULL);
}

void view_connection(struct view *view, const json_t *endpoint)
{
    const json_t *connection = json_object_get(endpoint, "connection"),
                 *chain = json_object_get(connection, "certificates");
    if (!json_is_object(connection))
        return;
    view_title(view, "Connection");
    view_fact(view, INDENT, "Usable", connection, TINT_GOOD, TINT_BAD, NULL);
    parts(view, connection);
    agreed(view, connection);
    client_certificate(view, connection);
    staple(view, connection);
    times(view, connection);
    if (json_is_object(chain)) {
        page_blank(&view->page);
        view_chain(view, chain);
    }
    response(view, connection);
}

void view_connection_verdict(struct view *view, const json_t *endpoint)
{
    const json_t *connection = json_object_get(endpoint, "connection");
    const char *verdict = view_text(view, connection, "verdict"), *reason = view_text(view, connection, "reason");
    if (verdict == NULL)
        return;
    page_words(&view->page, TINT_DIM, "usable");
    page_words(&view->page, view_tint(verdict, TINT_GOOD, TINT_BAD), verdict);
    if (reason != NULL)
        page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", reason));
}
