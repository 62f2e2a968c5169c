// SPDX-License-Identifier: Apache-2.0
//
// HTML pages of reports that are sound, forged or odd: whatever stands in a report, the page is well-formed,
// has only markup of ours, leads nowhere else, and names nothing twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/html_fleet.h"

#include "../support/forged.h"

#define COUNT(a)   (sizeof(a) / sizeof(a)[0])
#define FILE_LIMIT (1 << 20)
#define DEEP       64
#define IDS        8192
#define ALIKE      1 // rows of a list that are forged

static const char *const reports[] = {"modern",     "old",     "two-certificates", "unreachable", "not-tls",
                                      "unresolved", "hostile", "partial",          "picture",     "dns"};

static json_t *read_report(const char *name)
{
    char path[256];
    json_error_t error;
    snprintf(path, sizeof path, "fixtures/golden/%s.json", name);
    json_t *report = json_load_file(path, 0, &error);
    if (report == NULL)
        fail_msg("%s: %s", path, error.text);
    return report;
}

// --- what any page must hold to ------------------------------------------------------------------

struct reader {
    const char *text, *name;
    char open[DEEP][16];
    size_t depth;
    char ids[IDS][32], links[IDS][32];
    size_t id_count, link_count;
};

static void wrong(const struct reader *reader, const char *what)
{
    fail_msg("%s: %s at \"%.60s\"", reader->name, what, reader->text);
}

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

// A name of lower-case letters, digits and hyphens (SVG has viewBox and the like; we use none).
static void read_name(struct reader *reader, char *name, size_t size)
{
    size_t length = strspn(reader->text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (length == 0 || length >= size)
        wrong(reader, "no name");
    memcpy(name, reader->text, length);
    name[length] = '\0';
    reader->text += length;
}

static void read_entity(struct reader *reader)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (size_t i = 0; i < COUNT(entities); i++)
        if (strncmp(reader->text, entities[i], strlen(entities[i])) == 0) {
            reader->text += strlen(entities[i]);
            return;
        }
    wrong(reader, "a bare &");
}

// Text up to a character that ends it.
static void read_text(struct reader *reader, char end)
{
    while (*reader->text != end && *reader->text != '\0') {
        unsigned char c = (unsigned char)*reader->text;
        if (c == '&') {
            read_entity(reader);
            continue;
        }
        if ((c < 0x20 && c != '\n') || c == 0x7F || c == '<' || c == '>' || c == '"' || c == '\'')
            wrong(reader, "a character that should have been escaped");
        reader->text++;
    }
}

static void keep(struct reader *reader, char list[IDS][32], size_t *count, const char *from)
{
    int length = (int)(reader->text - from);
    if (length == 0 || length >= 32 || *count == IDS)
        wrong(reader, "an odd id");
    snprintf(list[(*count)++], sizeof list[0], "%.*s", length, from);
}

static void read_attribute(struct reader *reader)
{
    static const char *const known[] = {"aria-hidden",
                                        "aria-label",
                                        "aria-labelledby",
                                        "autocomplete",
                                        "charset",
                                        "class",
                                        "content",
                                        "data-v",
                                        "for",
                                        "height",
                                        "hidden",
                                        "href",
                                        "http-equiv",
                                        "id",
                                        "lang",
                                        "name",
                                        "role",
                                        "scope",
                                        "spellcheck",
                                        "text-anchor",
                                        "type",
                                        "width",
                                        "x",
                                        "x1",
                                        "x2",
                                        "y",
                                        "y1",
                                        "y2"};
    char name[32];
    read_name(reader, name, sizeof name);
    if (!is_one_of(name, known, COUNT(known)))
        wrong(reader, "an attribute that we do not write");
    if (strncmp(reader->text, "=\"", 2) != 0)
        return;
    const char *from = reader->text += 2;
    // A policy is the one place where we write quotes.
    if (strncmp(from, "default-src", 11) == 0)
        reader->text = strchr(from, '"');
    else
        read_text(reader, '"');
    if (strcmp(name, "id") == 0)
        keep(reader, reader->ids, &reader->id_count, from);
    if (strcmp(name, "href") == 0 && *from++ != '#')
        wrong(reader, "a link that leads elsewhere");
    if (strcmp(name, "href") == 0 || strcmp(name, "aria-labelledby") == 0 || strcmp(name, "for") == 0)
        keep(reader, reader->links, &reader->link_count, from);
    if (*reader->text++ != '"')
        wrong(reader, "an attribute without an end");
}

static void read_tag(struct reader *reader)
{
    static const char *const empty[] = {"meta", "wbr", "input"};
    char name[16];
    read_name(reader, name, sizeof name);
    while (*reader->text == ' ') {
        reader->text++;
        read_attribute(reader);
    }
    bool closed = *reader->text == '/';
    reader->text += closed;
    if (*reader->text++ != '>')
        wrong(reader, "a tag without an end");
    if (closed || is_one_of(name, empty, COUNT(empty)))
        return;
    if (reader->depth == DEEP)
        wrong(reader, "too deep");
    strcpy(reader->open[reader->depth++], name);
    if (strcmp(name, "style") == 0 || strcmp(name, "script") == 0)
        reader->text = strstr(reader->text, "</");
}

static void read_end_tag(struct reader *reader)
{
    char name[16];
    read_name(reader, name, sizeof name);
    if (*reader->text++ != '>' || reader->depth == 0 || strcmp(reader->open[--reader->depth], name) != 0)
        wrong(reader, "an end that nothing was begun for");
}

static bool has(char list[IDS][32], size_t from, size_t count, const char *text)
{
    for (size_t i = from; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static void check_page(const char *page, const char *name)
{
    static const char doctype[] = "<!doctype html>\n";
    static struct reader reader;
    reader = (struct reader){.text = page, .name = name};
    if (strncmp(page, doctype, strlen(doctype)) != 0)
        wrong(&reader, "no doctype");
    reader.text += strlen(doctype);
    while (*reader.text != '\0') {
        bool tag = *reader.text == '<', ends = tag && reader.text[1] == '/';
        reader.text += tag + ends;
        if (ends)
            read_end_tag(&reader);
        else if (tag)
            read_tag(&reader);
        else
            read_text(&reader, '<');
    }
    if (reader.depth != 0)
        wrong(&reader, "something was not ended");
    for (size_t i = 0; i < reader.id_count; i++)
        if (has(reader.ids, i + 1, reader.id_count, reader.ids[i]))
            fail_msg("%s: two things are called %s", name, reader.ids[i]);
    for (size_t i = 0; i < reader.link_count; i++)
        if (!has(reader.ids, 0, reader.id_count, reader.links[i]))
            fail_msg("%s: %s leads nowhere", name, reader.links[i]);
}

static void try_page(const json_t *report, const char *name)
{
    struct complaint complaint = {0};
    char *page = html_page(report, &complaint);
    if (page == NULL)
        fail_msg("%s: %s", name, complaint.text);
    check_page(page, name);
    assert_null(strstr(page, "<script"));
    free(page);
}

// Rows of many reports in their frame.
static char *fleet_of(json_t *const *list, size_t count)
{
    struct html_fleet fleet = {0};
    char *page = NULL;
    size_t size;
    FILE *rows = tmpfile(), *out = open_memstream(&page, &size);
    assert_true(rows != NULL && out != NULL);
    for (size_t i = 0; i < count; i++) {
        char *row = html_fleet_row(&fleet, list[i]);
        assert_non_null(row);
        fputs(row, rows);
        free(row);
    }
    char *head = html_fleet_head(&fleet), *foot = html_fleet_foot();
    fputs(head, out);
    rewind(rows);
    for (int c; (c = fgetc(rows)) != EOF;)
        fputc(c, out);
    fputs(foot, out);
    free(head);
    free(foot);
    fclose(rows);
    fclose(out);
    html_fleet_close(&fleet);
    return page;
}

static void try_fleet(json_t *const *list, size_t count, const char *name)
{
    char *page = fleet_of(list, count);
    check_page(page, name);
    free(page);
}

// --- tests ---------------------------------------------------------------------------------------

static void test_golden(void **state)
{
    json_t *list[COUNT(reports)];
    (void)state;
    for (size_t i = 0; i < COUNT(reports); i++) {
        list[i] = read_report(reports[i]);
        try_page(list[i], reports[i]);
    }
    try_fleet(list, COUNT(reports), "fleet");
    for (size_t i = 0; i < COUNT(reports); i++)
        json_decref(list[i]);
}

static void test_least(void **state)
{
    (void)state;
    json_t *report = json_loads("{\"target\": {}, \"endpoints\": []}", 0, NULL);
    try_page(report, "least");
    try_fleet(&report, 1, "least");
    json_decref(report);
    report = json_object();
    try_page(report, "empty");
    try_fleet(&report, 1, "empty");
    json_decref(report);
}

// What a reader must find, and where the words do not stand in the report as they are.
static void test_said(void **state)
{
    static const struct {
        const char *report, *want;
    } rows[] = {
        {"modern", "<h1>bücher.<wbr>example:443</h1>"},
        {"modern", "<p class=\"why\">xn--bcher-kva.example</p>"},
        {"modern", "The same as at 192.0.2.17:443."},
        {"modern", "2026-10-27 to 2027-01-25, <span class=\"good\">63 days left</span>"},
        {"modern", "<td class=\"cell good\">1</td>"},
        {"modern", "3 questions</summary>"},
        {"modern", "<code class=\"octets\">16030300 FF</code>"},
        {"modern", "<dd>3 octets<code class=\"octets\">160303</code></dd>"},
        {"old", "<span aria-hidden=\"true\">◆</span> 3 critical</span>"},
        {"old", "<td class=\"cell bad\">1</td>"},
        {"old", "no encryption, no forward secrecy"},
        {"old", "<dt>nginx</dt><dd><pre><code>ssl_protocols"},
        {"old", "ended 350 days ago"},
        {"old", "<dt>Revocation</dt><dd><span class=\"mark bad\"><span aria-hidden=\"true\">✗</span> revoked</span>"},
        {"hostile", "\\u202E"},
        {"unresolved", "<p>Not scanned: "},
        {"unreachable", "not reached"},
        {"picture", "<dt>dh prime <span class=\"why\">TLS 1.2</span></dt>"},
        {"partial", "<span aria-hidden=\"true\">✗</span> not tolerated</span> 256 octets"},
        {"dns", "DANE-EE SPKI SHA2-256 0001020304050607"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaint complaint = {0};
        json_t *report = read_report(rows[i].report);
        char *page = html_page(report, &complaint);
        assert_non_null(page);
        if (strstr(page, rows[i].want) == NULL)
            fail_msg("%s: %s is not on the page", rows[i].report, rows[i].want);
        free(page);
        json_decref(report);
    }
}

// What a judge adds to a report where it is asked to.
static void test_judged(void **state)
{
    static const char judged[] =
        "{\"grade\": {\"method\": \"a method\", \"letter\": null, \"at_best\": \"B\", \"at_worst\": \"F\", \"reason\": "
        "\"r\","
        "  \"trust\": {\"verdict\": \"yes\", \"letter\": null}, \"endpoints\": [{\"address\": \"192.0.2.99\", "
        "\"letter\": \"C\","
        "  \"scores\": {\"protocol\": {\"at_best\": 92.5, \"at_worst\": 70, \"weight\": 30, \"detail\": \"TLSv1.2\"}},"
        "  \"caps\": [{\"id\": \"rc4\", \"letter\": \"C\", \"state\": \"applies\", \"sentence\": \"RC4 <is> "
        "accepted\"}]}]},"
        " \"thresholds\": [{\"verdict\": \"fail\", \"sentence\": \"30 days are wanted\", \"certificates\": "
        "[{\"subject\": \"CN=x\"}]}],"
        " \"waivers\": [{\"rule\": \"tls_1_0\", \"target\": \"*\", \"state\": \"expired\", \"until\": "
        "\"2026-01-01T00:00:00Z\","
        "  \"owner\": \"o\", \"reason\": \"old printers\"}],"
        " \"changes\": {\"worse\": true, \"was_started\": \"2026-01-01T00:00:00Z\", \"changes\": [{\"aspect\": "
        "\"suites\","
        "  \"id\": \"TLS_X\", \"change\": \"appeared\", \"was\": null, \"is\": \"yes\", \"effect\": \"worse\"}]}}";
    static const char *const want[] = {"<dd class=\"grade\">B at best</dd>",
                                       "70 to 92.5",
                                       "capped to C</span> RC4 &lt;is&gt; accepted",
                                       "fail</span> 30 days are wanted",
                                       "expired</span> <code>tls_1_0</code> for *",
                                       "suites TLS_<wbr>X</th>",
                                       "worse</span> since 2026-01-01"};
    struct complaint complaint = {0};
    json_t *report = read_report("old"), *more = json_loads(judged, 0, NULL);
    (void)state;
    assert_non_null(more);
    json_object_update(report, more);
    char *page = html_page(report, &complaint);
    check_page(page, "judged");
    for (size_t i = 0; i < COUNT(want); i++)
        if (strstr(page, want[i]) == NULL)
            fail_msg("%s is not on the page", want[i]);
    free(page);
    json_decref(more);
    json_decref(report);
}

// Each value of a report in turn becomes one of another type.
static const char *const strangers[] = {
    "-9223372036854775808",
    "\"</script><script>alert(1)</script><!-- ]]> \\\"'&lt;\\u001b[31m\\u202e\\u0085 \\uFFFF\"",
    "{\"grade\": \"<b>\", \"verdict\": [], \"version\": {}, \"chain\": 4, \"evidence\": [5, null]}",
    "[[], {}, null, 7, \"x\", [\"y\"]]",
};

static void try_forged(json_t *root)
{
    static unsigned tried;
    try_page(root, "forged");
    if (++tried % 8 == 0)
        try_fleet(&root, 1, "forged");
}

static void test_forged(void **state)
{
    static const char *const forged[] = {"modern", "picture", "dns", "old"};
    static const struct forger forger = {strangers, COUNT(strangers), ALIKE, try_forged};
    (void)state;
    for (size_t i = 0; i < COUNT(forged); i++) {
        json_t *root = read_report(forged[i]);
        assert_in_range(forge(&forger, root), 200, 100000);
        json_decref(root);
    }
}

// Lists that are longer than any server's, and names that are.
static void test_bounded(void **state)
{
    struct complaint complaint = {0};
    char *name = malloc(16385);
    (void)state;
    assert_non_null(name);
    memset(name, '<', 16384);
    name[16384] = '\0';
    json_t *report = read_report("two-certificates");
    json_t *endpoint = json_array_get(json_object_get(report, "endpoints"), 0);
    json_t *chains = json_object_get(endpoint, "certificates"), *suites = json_object_get(endpoint, "cipher_suites");
    json_t *names =
        json_object_get(json_array_get(json_object_get(json_array_get(chains, 0), "chain"), 0), "dns_names");
    for (size_t i = 0; i < 3000; i++) {
        json_array_append_new(names, json_string(name));
        json_t *suite = json_deep_copy(json_array_get(suites, 0));
        json_object_set_new(suite, "name", json_sprintf("%zu%s", i, name));
        json_array_append_new(suites, suite);
        json_array_append(chains, json_array_get(chains, 1));
    }
    char *page = html_page(report, &complaint);
    if (page != NULL)
        check_page(page, "bounded");
    assert_true((page == NULL) == (complaint.text[0] != '\0'));
    assert_in_range(page == NULL ? 0 : strlen(page), 0, (size_t)17 << 20);
    free(page);
    json_decref(report);
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden), cmocka_unit_test(test_least),  cmocka_unit_test(test_said),
        cmocka_unit_test(test_judged), cmocka_unit_test(test_forged), cmocka_unit_test(test_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
