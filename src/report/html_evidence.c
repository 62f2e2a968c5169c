// SPDX-License-Identifier: Apache-2.0
//
// Evidence on an HTML page: each question that was asked, and the octets that went over the wire. A
// question stands once, where it is first needed; whatever else rests on it leads there.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/html_parts.h"

#define OF_ONE 1024               // octets shown of one message
#define OF_ALL ((size_t)96 << 10) // and of all together
#define BEHIND 4                  // questions named behind one row

// --- finding a question --------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
    const struct html_probe *one = a, *other = b;
    int order = strcmp(one->key, other->key);
    return order != 0 ? order : (one->number > other->number) - (one->number < other->number);
}

void html_probes_open(struct html *html)
{
    const json_t *endpoints = json_object_get(html->report, "endpoints");
    size_t count = view_count(endpoints);
    html->probe = arena_array(&html->memory, count, sizeof *html->probe);
    html->probe_count = arena_array(&html->memory, count, sizeof *html->probe_count);
    for (size_t i = 0; i < count; i++) {
        const json_t *list = json_object_get(json_array_get(endpoints, i), "probes");
        struct html_probe *probes = arena_array(&html->memory, view_count(list), sizeof *probes);
        size_t known = 0;
        for (size_t k = 0; k < view_count(list); k++) {
            const json_t *json = json_array_get(list, k);
            const char *key = json_string_value(json_object_get(json, "key"));
            if (key != NULL)
                probes[known++] = (struct html_probe){key, json, k, false};
        }
        qsort(probes, known, sizeof *probes, compare);
        html->probe[i] = probes;
        html->probe_count[i] = known;
    }
}

static struct html_probe *find(struct html *html, size_t endpoint, const char *key)
{
    size_t low = 0, high = html->probe_count[endpoint];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(html->probe[endpoint][middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    struct html_probe *found = &html->probe[endpoint][low];
    return low < html->probe_count[endpoint] && strcmp(found->key, key) == 0 ? found : NULL;
}

// --- a question and its answer -------------------------------------------------------------------

static const char *label_of(struct html *html, size_t endpoint, const struct html_probe *probe)
{
    return arena_text(&html->view.memory, "q%zu-%zu", endpoint + 1, probe->number + 1);
}

// "16030100 C8010000": four octets a word, so that lines break where the page ends.
static void dump(struct html *html, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i += 4) {
        struct bytes word = {bytes.data + i, bytes.size - i < 4 ? bytes.size - i : 4};
        html_put(html, i == 0 ? "%s" : " %s", text_hex(&html->view.memory, word));
    }
}

static void octets(struct html *html, const char *title, const json_t *probe, const char *key)
{
    const char *text = json_string_value(json_object_get(probe, key));
    struct bytes bytes;
    if (text == NULL || !text_from_base64(&html->view.memory, text, &bytes) || bytes.size == 0)
        return;
    size_t left = html->octets < OF_ALL ? OF_ALL - html->octets : 0;
    size_t shown = bytes.size < OF_ONE ? bytes.size : OF_ONE;
    shown = shown < left ? shown : left;
    html->octets += shown;
    html_put(html, "<dt>%s</dt><dd>%s", title, view_counted(&html->view, (int64_t)bytes.size, "octet"));
    if (shown < bytes.size)
        html_put(html, ", %s of them here; the JSON report has all", html_number(html, (int64_t)shown));
    html_put(html, "<code class=\"octets\">");
    dump(html, (struct bytes){bytes.data, shown});
    html_put(html, "</code></dd>\n");
}

static void cost(struct html *html, const json_t *probe)
{
    if (!json_is_integer(json_object_get(probe, "ms")))
        return;
    html_put(html, "<dt>Cost</dt><dd>%s, %s ms to connect, %s ms to the end of the answer</dd>\n",
             view_counted(&html->view, view_number(probe, "tries"), "connection"),
             html_number(html, view_number(probe, "connect_ms")), html_number(html, view_number(probe, "ms")));
}

static void question(struct html *html, size_t endpoint, struct html_probe *probe)
{
    struct arena_mark mark = arena_mark(&html->view.memory);
    const json_t *json = probe->json;
    const char *what = html_known(html, json, "what"), *label = label_of(html, endpoint, probe);
    if (probe->shown) {
        html_put(html, "<li><a href=\"#%s\">%s</a></li>\n", label, what);
    } else {
        html_put(html, "<li><details class=\"question\"><summary>%s</summary>\n", what);
        html_put(html, "<dl class=\"facts\" id=\"%s\">\n", label);
        html_pair(html, "Answer", html_words(html, html_known(html, json, "outcome")));
        html_pair(html, "Meaning", view_text(&html->view, json, "sentence"));
        html_pair(html, "Detail", view_text(&html->view, json, "detail"));
        octets(html, "Sent", json, "sent");
        octets(html, "Received", json, "received");
        cost(html, json);
        html_pair(html, "Key", html_known(html, json, "key"));
        html_put(html, "</dl></details></li>\n");
    }
    probe->shown = true;
    arena_rewind(&html->view.memory, mark);
}

// --- behind a row --------------------------------------------------------------------------------

static bool is_at(const struct html *html, size_t endpoint, const char *address)
{
    const json_t *json = json_array_get(json_object_get(html->report, "endpoints"), endpoint);
    return address == NULL || view_is(json, "address", address);
}

static size_t count_known(struct html *html, size_t endpoint, const json_t *keys)
{
    size_t known = 0;
    for (size_t i = 0; i < view_count(keys); i++) {
        const char *key = json_string_value(json_array_get(keys, i));
        known += key != NULL && find(html, endpoint, key) != NULL;
    }
    return known;
}

static void behind(struct html *html, size_t endpoint, const json_t *keys, size_t known)
{
    size_t shown = 0;
    html_put(html, "<ul class=\"evidence\" aria-label=\"Evidence\">\n");
    for (size_t i = 0; i < view_count(keys) && shown < BEHIND; i++) {
        const char *key = json_string_value(json_array_get(keys, i));
        struct html_probe *probe = key == NULL ? NULL : find(html, endpoint, key);
        if (probe == NULL)
            continue;
        question(html, endpoint, probe);
        shown++;
    }
    if (known > shown)
        html_put(html, "<li>and %s</li>\n", view_counted(&html->view, (int64_t)(known - shown), "more question"));
    html_put(html, "</ul>\n");
}

void html_evidence(struct html *html, const json_t *row, const char *address)
{
    const json_t *keys = json_object_get(row, "evidence");
    size_t count = view_count(json_object_get(html->report, "endpoints"));
    for (size_t i = 0; i < count; i++) {
        size_t known = is_at(html, i, address) && html->probe_count[i] != 0 ? count_known(html, i, keys) : 0;
        if (known == 0)
            continue;
        behind(html, i, keys, known);
        return;
    }
}

// --- all of an endpoint --------------------------------------------------------------------------

void html_octets(struct html *html, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "probes");
    size_t count = html->probe_count[html->endpoint];
    if (count == 0)
        return;
    html_put(html, "<details><summary>%s</summary>\n<ol class=\"evidence\">\n",
             view_counted(&html->view, (int64_t)count, "question"));
    for (size_t i = 0; i < view_count(list); i++) {
        const char *key = json_string_value(json_object_get(json_array_get(list, i), "key"));
        struct html_probe *probe = key == NULL ? NULL : find(html, html->endpoint, key);
        if (probe != NULL && probe->number == i)
            question(html, html->endpoint, probe);
    }
    html_put(html, "</ol></details>\n");
}
