// SPDX-License-Identifier: Apache-2.0
//
// An endpoint's HTTP answer on an HTML page: what browsers will heed, what they miss, what the server tells.
#include <inttypes.h>
#include <string.h>

#include "report/html_parts.h"

#define DAY 86400

static const char *status(struct html *html, const json_t *row)
{
    const char *phrase = view_text(&html->view, row, "phrase");
    return arena_text(&html->view.memory, "%" PRId64 "%s%s, to %s over %s", view_number(row, "status"),
                      phrase == NULL ? "" : " ", phrase == NULL ? "" : phrase, html_known(html, row, "method"),
                      html_version(html, html_known(html, row, "tls_version")));
}

static void redirect(struct html *html, const json_t *row)
{
    const json_t *target = json_object_get(row, "redirect");
    const char *location = view_text(&html->view, target, "location");
    if (location == NULL)
        return;
    html_put(html, "<dt>Leads to</dt><dd>");
    html_name(html, location);
    if (!view_truth(target, "https"))
        html_mark(html, "bad", " ✗", "not https");
    else if (!view_truth(target, "same_host"))
        html_put(html, " <span class=\"why\">another host</span>");
    html_put(html, "</dd>\n");
}

// "max-age 365 days, subdomains too, to be preloaded"
static const char *policy(struct html *html, const json_t *hsts)
{
    int64_t seconds = view_number(hsts, "max_age");
    if (!view_is(hsts, "verdict", "yes"))
        return view_text(&html->view, hsts, "value");
    const char *time =
        seconds < DAY ? view_counted(&html->view, seconds, "second") : view_counted(&html->view, seconds / DAY, "day");
    return arena_text(&html->view.memory, "max-age %s%s%s", time,
                      view_truth(hsts, "include_subdomains") ? ", subdomains too" : "",
                      view_truth(hsts, "preload") ? ", to be preloaded" : "");
}

static void header(struct html *html, const json_t *row)
{
    static const struct {
        const char *state, *style, *sign;
    } states[] = {{"good", "good", "✓"}, {"bad", "poor", "✗"}, {"missing", "poor", "○"}, {"told", "dim", "•"}};
    const char *state = html_known(html, row, "state"), *style = "dim", *sign = "•";
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i].state, state) == 0) {
            style = states[i].style;
            sign = states[i].sign;
        }
    html_put(html, "<tr><th scope=\"row\">%s</th><td>", html_known(html, row, "name"));
    html_mark(html, style, sign, state);
    html_put(html, "</td><td><code>");
    html_name(html, view_text(&html->view, row, "value"));
    html_put(html, "</code>");
    if (view_is(row, "state", "bad") || view_is(row, "state", "missing"))
        html_put(html, " <span class=\"why\">wanted: %s</span>", html_known(html, row, "wanted"));
    html_put(html, "</td></tr>\n");
}

static void headers(struct html *html, const json_t *row)
{
    const json_t *list = json_object_get(row, "headers");
    if (view_count(list) == 0)
        return;
    html_put(html, "<table>\n<caption>Header fields</caption>\n<thead><tr><th scope=\"col\">Field</th>"
                   "<th scope=\"col\">State</th><th scope=\"col\">Value</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < view_count(list); i++)
        header(html, json_array_get(list, i));
    html_put(html, "</tbody>\n</table>\n");
}

static void flag(struct html *html, const json_t *cookie, const char *key, enum tint no)
{
    bool set = view_truth(cookie, key);
    html_put(html, "<td>");
    html_mark(html, set ? "good" : no == TINT_BAD ? "bad" : "poor", set ? "✓" : "✗", set ? "yes" : "no");
    html_put(html, "</td>");
}

static void cookies(struct html *html, const json_t *row)
{
    const json_t *list = json_object_get(row, "cookies");
    if (view_count(list) == 0)
        return;
    html_put(html, "<table>\n<caption>Cookies</caption>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Secure"
                   "</th><th scope=\"col\">HttpOnly</th><th scope=\"col\">SameSite</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *cookie = json_array_get(list, i);
        const char *name = html_known(html, cookie, "name"), *site = view_text(&html->view, cookie, "same_site");
        const char *faults = view_joined(&html->view, json_object_get(cookie, "faults"), 16);
        html_put(html, "<tr><th scope=\"row\">");
        html_name(html, name[0] == '\0' ? "(no name)" : name);
        if (faults != NULL)
            html_put(html, " <span class=\"why\">refused by browsers: %s</span>", html_words(html, faults));
        html_put(html, "</th>");
        flag(html, cookie, "secure", TINT_BAD);
        flag(html, cookie, "http_only", TINT_POOR);
        html_put(html, "<td>%s</td></tr>\n", site == NULL ? "–" : site);
    }
    html_put(html, "</tbody>\n</table>\n");
}

static void answered(struct html *html, const json_t *row)
{
    const json_t *hsts = json_object_get(row, "hsts"), *compression = json_object_get(row, "compression");
    const json_t *port_80 = json_object_get(row, "https_redirect");
    html_put(html, "<dl class=\"facts\">\n");
    html_pair(html, "Status", status(html, row));
    redirect(html, row);
    html_fact(html, "HSTS", hsts, TINT_GOOD, TINT_POOR, policy(html, hsts));
    if (view_is(hsts, "verdict", "yes"))
        html_fact(html, "HSTS is heeded", json_object_get(hsts, "effective"), TINT_GOOD, TINT_BAD, NULL);
    if (view_number(hsts, "fields") > 1)
        html_pair(
            html, "HSTS fields",
            arena_text(&html->view.memory, "%" PRId64 ", of which the first counts", view_number(hsts, "fields")));
    html_fact(html, "Compressed", compression, TINT_POOR, TINT_GOOD, view_text(&html->view, compression, "encoding"));
    html_pair(html, "Also as", view_text(&html->view, json_object_get(row, "alt_svc"), "value"));
    html_fact(html, "From port 80", port_80, TINT_GOOD, TINT_BAD, view_text(&html->view, port_80, "location"));
    html_put(html, "</dl>\n");
    headers(html, row);
    cookies(html, row);
}

// Whether two addresses answer alike.
static bool alike(const json_t *a, const json_t *b)
{
    json_t *one = json_copy((json_t *)a), *other = json_copy((json_t *)b);
    static const char *const apart[] = {"address", "port"};
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
        json_object_del(one, apart[i]);
        json_object_del(other, apart[i]);
    }
    bool equal = json_equal(one, other);
    json_decref(one);
    json_decref(other);
    return equal;
}

static void told(struct html *html, const json_t *row)
{
    if (view_is(row, "verdict", "yes")) {
        answered(html, row);
    } else if (view_is(row, "verdict", "unknown") || view_is(row, "verdict", "no")) {
        html_put(html, "<dl class=\"facts\">\n");
        html_fact(html, "Spoken", row, TINT_PLAIN, TINT_PLAIN, NULL);
        html_put(html, "</dl>\n");
    }
}

void html_http(struct html *html, const json_t *endpoint)
{
    const json_t *first = json_array_get(json_object_get(html->report, "endpoints"), 0);
    const json_t *row = view_http_row(html->report, endpoint);
    size_t before = html->out.size;
    told(html, row);
    if (html->out.size == before || endpoint == first || !alike(row, view_http_row(html->report, first)))
        return;
    html->out.size = before;
    html_same(html, first);
}
