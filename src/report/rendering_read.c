// SPDX-License-Identifier: Apache-2.0
//
// What several formats read out of a report in the same way.
#include <inttypes.h>
#include <string.h>

#include "report/rendering.h"
#include "report/view.h"

const char *rendering_text(struct rendering *rendering, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? NULL : view_printable(&rendering->scratch, text);
}

const char *rendering_joined(struct rendering *rendering, const json_t *list, const char *between)
{
    struct builder builder = builder_in(&rendering->scratch);
    for (size_t i = 0; i < view_count(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL)
            continue;
        if (builder.size != 0)
            view_append(&builder, between);
        view_append(&builder, view_printable(&rendering->scratch, text));
    }
    return builder.size == 0 ? NULL : arena_string(&rendering->scratch, builder_bytes(&builder));
}

const char *rendering_versions(struct rendering *rendering, const json_t *endpoint)
{
    struct builder builder = builder_in(&rendering->scratch);
    const json_t *list = json_object_get(endpoint, "versions");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *version = json_array_get(list, i);
        const char *name = rendering_text(rendering, version, "version");
        if (name == NULL || !view_is(version, "verdict", "yes"))
            continue;
        view_append(&builder, builder.size == 0 ? "" : " ");
        view_append(&builder, name);
    }
    return builder.size == 0 ? NULL : arena_string(&rendering->scratch, builder_bytes(&builder));
}

const char *rendering_citation(struct rendering *rendering, const json_t *rule)
{
    const json_t *cite = json_object_get(rule, "citation");
    const char *document = rendering_text(rendering, cite, "document");
    const char *section = rendering_text(rendering, cite, "section");
    if (document == NULL || section == NULL)
        return document;
    return arena_text(&rendering->scratch, "%s %s", document, section);
}

const char *rendering_target(struct rendering *rendering, const json_t *report)
{
    const json_t *target = json_object_get(report, "target"), *port = json_object_get(target, "port");
    const char *host = rendering_text(rendering, target, "host");
    const char *open = host != NULL && strchr(host, ':') != NULL ? "[" : "", *close = open[0] == '\0' ? "" : "]";
    if (host == NULL || !json_is_integer(port))
        return host == NULL ? "?" : host;
    return arena_text(&rendering->scratch, "%s%s%s:%" PRId64, open, host, close, (int64_t)json_integer_value(port));
}

const char *rendering_endpoint(struct rendering *rendering, const json_t *report, const json_t *endpoint)
{
    const char *target = rendering_target(rendering, report), *address = rendering_text(rendering, endpoint, "address");
    const char *host = json_string_value(json_object_get(json_object_get(report, "target"), "host"));
    if (address == NULL || (host != NULL && strcmp(address, host) == 0))
        return target;
    return arena_text(&rendering->scratch, "%s (%s)", target, address);
}

enum severity rendering_severity(const json_t *finding)
{
    const char *name = json_string_value(json_object_get(finding, "severity"));
    enum severity severity = SEVERITY_NONE;
    return name != NULL && severity_find(name, &severity) ? severity : SEVERITY_NONE;
}

struct rendering_counts rendering_count(const json_t *report, const json_t *endpoint, bool first)
{
    struct rendering_counts counts = {0};
    const json_t *findings = json_object_get(report, "findings");
    for (size_t i = 0; i < view_count(findings); i++) {
        const json_t *finding = json_array_get(findings, i);
        if (!rendering_is_waived(finding) && rendering_belongs(finding, endpoint, first))
            counts.of[rendering_severity(finding)]++;
    }
    return counts;
}

const json_t *rendering_leaf(const json_t *endpoint)
{
    const json_t *chains = json_object_get(endpoint, "certificates"), *first = NULL;
    const char *end = NULL;
    for (size_t i = 0; i < view_count(chains); i++) {
        const json_t *leaf = json_array_get(json_object_get(json_array_get(chains, i), "chain"), 0);
        const char *not_after = json_string_value(json_object_get(leaf, "not_after"));
        // Times in one form are in the order of their texts.
        if (first != NULL && (not_after == NULL || (end != NULL && strcmp(not_after, end) >= 0)))
            continue;
        first = leaf;
        end = not_after;
    }
    return first;
}

static bool names_address(const json_t *list, const char *address)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));
        if (one != NULL && strcmp(one, address) == 0)
            return true;
    }
    return false;
}

bool rendering_belongs(const json_t *row, const json_t *endpoint, bool first)
{
    const char *address = json_string_value(json_object_get(endpoint, "address"));
    const char *its = json_string_value(json_object_get(row, "address"));
    const json_t *addresses = json_object_get(row, "addresses");
    if (its != NULL)
        return address != NULL && strcmp(its, address) == 0;
    if (json_array_size(addresses) != 0)
        return address != NULL && names_address(addresses, address);
    return first;
}

bool rendering_is_open(const json_t *rule)
{
    return view_is(rule, "verdict", "fail") || view_is(rule, "verdict", "incomplete");
}

bool rendering_is_waived(const json_t *row) { return json_is_object(json_object_get(row, "waived")); }

bool rendering_is_reached(const json_t *endpoint)
{
    return view_is(endpoint, "status", "complete") || view_is(endpoint, "status", "partial");
}
