// SPDX-License-Identifier: Apache-2.0
//
// The report's list "http": one row for each endpoint, with what its answer says.
#include "check/http.h"
#include "report/tree.h"

static const char *state_name(enum header_state state)
{
    switch (state) {
    case STATE_GOOD:
        return "good";
    case STATE_BAD:
        return "bad";
    case STATE_MISSING:
        return "missing";
    case STATE_TOLD:
    case STATE_ABSENT:
        break;
    }
    return "told";
}

static const char *same_site_name(enum same_site same_site)
{
    switch (same_site) {
    case SAME_SITE_UNSAID:
        return NULL;
    case SAME_SITE_STRICT:
        return "strict";
    case SAME_SITE_LAX:
        return "lax";
    case SAME_SITE_NONE:
        return "none";
    case SAME_SITE_OTHER:
        break;
    }
    return "other";
}

// A text that the table leaves empty is null.
static json_t *filled(struct arena *scratch, const char *text)
{
    return tree_text(scratch, text[0] == '\0' ? NULL : text);
}

static json_t *headers(struct arena *scratch, const struct http_fact *http)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < http->header_count; i++) {
        const struct http_header_fact *row = &http->headers[i];
        json_t *object = tree_object();
        tree_set(object, "name", tree_text(scratch, row->header->name));
        tree_set(object, "kind", tree_text(scratch, row->header->kind));
        tree_set(object, "state", tree_text(scratch, state_name(row->state)));
        tree_set(object, "value", tree_text(scratch, row->value));
        tree_set(object, "wanted", filled(scratch, row->header->wanted));
        tree_set(object, "reference", filled(scratch, row->header->reference));
        tree_add(list, object);
    }
    return list;
}

static json_t *cookies(struct arena *scratch, const struct http_fact *http)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < http->cookie_count; i++) {
        const struct http_cookie_fact *row = &http->cookies[i];
        json_t *object = tree_object();
        tree_set(object, "name", tree_text(scratch, row->name));
        tree_set(object, "secure", tree_truth(row->secure));
        tree_set(object, "http_only", tree_truth(row->http_only));
        tree_set(object, "same_site", tree_text(scratch, same_site_name(row->same_site)));
        tree_set(object, "partitioned", tree_truth(row->partitioned));
        tree_set(object, "faults", tree_texts(scratch, row->faults));
        tree_add(list, object);
    }
    return list;
}

static json_t *hsts(struct arena *scratch, const struct hsts_fact *fact)
{
    json_t *object = tree_fact(scratch, &fact->fact);
    bool read = fact->value != NULL;
    tree_set(object, "value", tree_text(scratch, fact->value));
    tree_set(object, "max_age",
             read ? tree_number(fact->max_age > INT64_MAX ? INT64_MAX : fact->max_age) : tree_text(scratch, NULL));
    tree_set(object, "include_subdomains", tree_truth(fact->include_subdomains));
    tree_set(object, "preload", tree_truth(fact->preload));
    tree_set(object, "fields", tree_number(fact->fields));
    tree_set(object, "effective", tree_fact(scratch, &fact->effective));
    return object;
}

static json_t *redirect(struct arena *scratch, const struct http_redirect_fact *fact)
{
    if (fact->location == NULL)
        return tree_text(scratch, NULL);
    json_t *object = tree_object();
    tree_set(object, "location", tree_text(scratch, fact->location));
    tree_set(object, "https", tree_truth(fact->https));
    tree_set(object, "same_host", tree_truth(fact->same_host));
    return object;
}

static json_t *compression(struct arena *scratch, const struct http_fact *http)
{
    json_t *object = tree_fact(scratch, &http->compression);
    tree_set(object, "encoding", tree_text(scratch, http->encoding));
    return object;
}

static json_t *alternatives(struct arena *scratch, const struct http_fact *http)
{
    if (http->alt_svc == NULL)
        return tree_text(scratch, NULL);
    json_t *object = tree_object();
    tree_set(object, "value", tree_text(scratch, http->alt_svc));
    tree_set(object, "protocols", tree_texts(scratch, http->alternatives));
    return object;
}

static json_t *https_redirect(struct arena *scratch, const struct http_fact *http)
{
    json_t *object = tree_fact(scratch, &http->http_redirect);
    tree_set(object, "location", tree_text(scratch, http->http_location));
    return object;
}

static json_t *answer(struct arena *scratch, json_t *object, const struct http_fact *http)
{
    bool answered = http->status != 0;
    tree_set(object, "tls_version",
             http->version == 0 ? tree_text(scratch, NULL) : tree_version(scratch, http->version));
    tree_set(object, "method", tree_text(scratch, http->method));
    tree_set(object, "status", answered ? tree_number(http->status) : tree_text(scratch, NULL));
    tree_set(object, "phrase", answered ? filled(scratch, http->phrase) : tree_text(scratch, NULL));
    tree_set(object, "redirect", redirect(scratch, &http->redirect));
    tree_set(object, "hsts", hsts(scratch, &http->hsts));
    tree_set(object, "headers", headers(scratch, http));
    tree_set(object, "cookies", cookies(scratch, http));
    tree_set(object, "server", tree_text(scratch, http->server));
    tree_set(object, "powered_by", tree_text(scratch, http->powered_by));
    tree_set(object, "compression", compression(scratch, http));
    tree_set(object, "alt_svc", alternatives(scratch, http));
    tree_set(object, "https_redirect", https_redirect(scratch, http));
    return object;
}

// Where the check did not come to its end, or was not selected.
static const struct http_fact *http_of(struct arena *scratch, const struct host *host)
{
    struct http_fact *none = arena_alloc(scratch, sizeof *none);
    const struct fact why = host_runs(host, check_find("http"))
                                ? fact_because(VERDICT_UNKNOWN, "skipped", "the check did not come to its end")
                                : fact_because(VERDICT_NOT_TESTED, "not_selected", "the check was not selected");
    if (host->facts.http != NULL)
        return host->facts.http;
    none->fact = none->hsts.fact = none->hsts.effective = none->compression = none->http_redirect = why;
    return none;
}

json_t *tree_http(struct arena *scratch, const struct report_input *input)
{
    json_t *list = tree_list();
    for (size_t i = 0; i < input->endpoint_count; i++) {
        const struct report_endpoint *endpoint = &input->endpoints[i];
        const struct http_fact *http = http_of(scratch, endpoint->host);
        json_t *object = tree_object();
        tree_set(object, "address", tree_text(scratch, endpoint->address));
        tree_set(object, "port", tree_number(endpoint->host->target->port));
        tree_set_fact(scratch, object, &http->fact);
        tree_add(list, answer(scratch, object, http));
    }
    return list;
}
