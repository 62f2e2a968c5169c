// SPDX-License-Identifier: Apache-2.0
//
// The writer of the HTML pages. Markup is only what stands in this program's own formats: every %s is
// escaped, in a text and in an attribute alike, so that no part can forget it.
#include "report/html_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "report/embedded.h"
#include "shakedown.h"
#include "wire/keys.h"

#define DAY  86400
#define SOON 30 // days left that are worth a colour

// --- a page --------------------------------------------------------------------------------------

void html_begin(struct html *html, const json_t *report)
{
    const char *now = json_string_value(json_object_get(report, "now"));
    *html = (struct html){.report = report};
    html->view.has_now = now != NULL && text_to_time(now, &html->view.now);
}

char *html_end(struct html *html)
{
    struct bytes page = builder_bytes(&html->out);
    char *text = html->full ? NULL : strndup((const char *)page.data, page.size);
    if (text == NULL && !html->full)
        die("out of memory");
    arena_release(&html->view.memory);
    arena_release(&html->memory);
    return text;
}

// --- the writer ----------------------------------------------------------------------------------

static void add(struct html *html, const char *text, size_t size)
{
    if (html->out.arena == NULL)
        html->out = builder_in(&html->memory);
    html->full = html->full || html->out.size + size > HTML_LIMIT;
    if (!html->full)
        builder_add(&html->out, (struct bytes){(const uint8_t *)text, size});
}

// What stands for a character in text and in a quoted attribute; NULL: itself.
static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text(struct html *html, const char *text)
{
    if (text == NULL)
        return;
    for (size_t size; *text != '\0'; text += size) {
        const char *instead = entity(*text);
        size = instead != NULL ? 1 : strcspn(text, "&<>\"'");
        if (instead != NULL)
            add(html, instead, strlen(instead));
        else
            add(html, text, size);
    }
}

void html_put(struct html *html, const char *markup, ...)
{
    va_list arguments;
    va_start(arguments, markup);
    for (;;) {
        const char *percent = strchr(markup, '%');
        if (percent == NULL)
            break;
        add(html, markup, (size_t)(percent - markup));
        if (percent[1] == 's')
            html_text(html, va_arg(arguments, const char *));
        else
            add(html, "%", 1);
        markup = percent + 2;
    }
    va_end(arguments);
    add(html, markup, strlen(markup));
}

void html_own(struct html *html, const char *markup) { add(html, markup, strlen(markup)); }

void html_name(struct html *html, const char *text)
{
    if (text == NULL)
        return;
    while (*text != '\0') {
        size_t size = strcspn(text, "_.,");
        size += text[size] != '\0';
        html_put(html, "%s", arena_string(&html->view.memory, (struct bytes){(const uint8_t *)text, size}));
        text += size;
        if (*text != '\0')
            html_put(html, "<wbr>");
    }
}

const char *html_number(struct html *html, int64_t number)
{
    return arena_text(&html->view.memory, "%" PRId64, number);
}

const char *html_known(struct html *html, const json_t *object, const char *key)
{
    const char *text = view_text(&html->view, object, key);
    return text == NULL ? "?" : text;
}

const char *html_words(struct html *html, const char *id)
{
    char *words = arena_text(&html->view.memory, "%s", id == NULL ? "?" : id);
    for (char *c = words; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : *c;
    return words;
}

const char *html_version(struct html *html, const char *version)
{
    const char *v = strchr(version, 'v');
    if (v == NULL)
        return version;
    return arena_text(&html->view.memory, "%.*s %s", (int)(v - version), version, v + 1);
}

// --- a page's ends -------------------------------------------------------------------------------

// What may style and run is what stands on the page, told by its digest, and nothing else.
static const char *digest(struct html *html, const char *text)
{
    uint8_t octets[32];
    digest_sha256(bytes_of_text(text), octets);
    return text_base64(&html->view.memory, (struct bytes){octets, sizeof octets});
}

void html_open_page(struct html *html, const char *title, const char *script)
{
    const char *style = embedded_find(EMBEDDED_PAGES, "page.css")->text;
    html_put(html,
             "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; "
             "form-action 'none'; style-src 'sha256-%s'",
             digest(html, style));
    if (script != NULL)
        html_put(html, "; script-src 'sha256-%s'", digest(html, script));
    html_put(html,
             "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<meta name=\"referrer\" content=\"no-referrer\">\n<title>%s</title>\n<style>",
             title);
    html_own(html, style);
    html_put(html, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">Skip to the content</a>\n");
}

void html_close_page(struct html *html)
{
    html_put(html,
             "<footer><p>Made by shakedown %s. This page holds all that it shows, and loads nothing.</p></footer>\n",
             SHAKEDOWN_VERSION);
    html_put(html, "</body>\n</html>\n");
}

// --- pieces --------------------------------------------------------------------------------------

void html_mark(struct html *html, const char *style, const char *sign, const char *word)
{
    html_put(html, "<span class=\"mark %s\"><span aria-hidden=\"true\">%s</span> %s</span>", style, sign, word);
}

static const char *style_of(enum tint tint)
{
    static const char *const styles[] = {[TINT_PLAIN] = "plain", [TINT_BOLD] = "plain", [TINT_DIM] = "dim",
                                         [TINT_GOOD] = "good",   [TINT_POOR] = "poor",  [TINT_BAD] = "bad"};
    return styles[tint];
}

// A sign says what the colour says: that a yes or a no is welcome, or is not.
static const char *sign_of(const char *verdict, enum tint tint)
{
    static const struct {
        const char *verdict, *welcome, *unwelcome;
    } signs[] = {{"yes", "✓", "!"}, {"no", "–", "✗"}, {"unknown", "?", "?"}, {"not_tested", "○", "○"}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strcmp(signs[i].verdict, verdict) == 0)
            return tint == TINT_POOR || tint == TINT_BAD ? signs[i].unwelcome : signs[i].welcome;
    return "•";
}

void html_verdict(struct html *html, const json_t *fact, enum tint yes, enum tint no)
{
    const char *verdict = html_known(html, fact, "verdict");
    enum tint tint = view_tint(verdict, yes, no);
    html_mark(html, style_of(tint), sign_of(verdict, tint), html_words(html, verdict));
}

void html_severity(struct html *html, const char *severity, const char *words)
{
    static const struct {
        const char *severity, *sign;
    } signs[] = {{"critical", "◆"}, {"high", "▲"}, {"medium", "■"}, {"low", "●"}, {"info", "○"}};
    for (size_t i = 0; severity != NULL && i < sizeof signs / sizeof *signs; i++)
        if (strcmp(signs[i].severity, severity) == 0) {
            html_mark(html, severity, signs[i].sign, words);
            return;
        }
    html_mark(html, "dim", "•", words);
}

void html_pair(struct html *html, const char *label, const char *words)
{
    if (words != NULL && words[0] != '\0')
        html_put(html, "<dt>%s</dt><dd>%s</dd>\n", label, words);
}

void html_pair_name(struct html *html, const char *label, const char *name)
{
    if (name == NULL || name[0] == '\0')
        return;
    html_put(html, "<dt>%s</dt><dd><code>", label);
    html_name(html, name);
    html_put(html, "</code></dd>\n");
}

void html_fact(struct html *html, const char *label, const json_t *fact, enum tint yes, enum tint no,
               const char *detail)
{
    const char *sentence = view_text(&html->view, fact, "sentence");
    if (view_text(&html->view, fact, "verdict") == NULL)
        return;
    html_put(html, "<dt>%s</dt><dd>", label);
    html_verdict(html, fact, yes, no);
    if (detail != NULL && detail[0] != '\0') {
        html_put(html, " ");
        html_name(html, detail);
    }
    if (sentence != NULL && !view_is(fact, "verdict", "yes"))
        html_put(html, " <span class=\"why\">%s</span>", sentence);
    html_put(html, "</dd>\n");
}

bool html_reached(const json_t *endpoint)
{
    return view_is(endpoint, "status", "complete") || view_is(endpoint, "status", "partial");
}

const char *html_address(struct html *html, const json_t *endpoint)
{
    const char *address = html_known(html, endpoint, "address");
    bool brackets = strchr(address, ':') != NULL;
    return arena_text(&html->view.memory, "%s%s%s:%" PRId64, brackets ? "[" : "", address, brackets ? "]" : "",
                      view_number(endpoint, "port"));
}

const char *html_target(struct html *html, const json_t *report)
{
    const json_t *target = json_object_get(report, "target");
    const char *host = view_text(&html->view, target, "display_host");
    if (host == NULL)
        host = html_known(html, target, "host");
    bool brackets = strchr(host, ':') != NULL;
    return arena_text(&html->view.memory, "%s%s%s:%" PRId64, brackets ? "[" : "", host, brackets ? "]" : "",
                      view_number(target, "port"));
}

static const char *days(struct html *html, int64_t seconds)
{
    return seconds < DAY ? "less than a day" : view_counted(&html->view, seconds / DAY, "day");
}

const char *html_remaining(struct html *html, const json_t *certificate, const char **style)
{
    const char *before = view_text(&html->view, certificate, "not_before");
    const char *after = view_text(&html->view, certificate, "not_after");
    int64_t now = html->view.now, from, to;
    *style = "dim";
    if (!html->view.has_now || before == NULL || after == NULL || !text_to_time(before, &from) ||
        !text_to_time(after, &to))
        return NULL;
    *style = now < from || now > to ? "bad" : to - now < (int64_t)SOON * DAY ? "poor" : "good";
    if (now < from)
        return arena_text(&html->view.memory, "begins in %s", days(html, from - now));
    if (now > to)
        return arena_text(&html->view.memory, "ended %s ago", days(html, now - to));
    return arena_text(&html->view.memory, "%s left", days(html, to - now));
}
