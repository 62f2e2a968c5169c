// SPDX-License-Identifier: Apache-2.0
//
// Whether a certificate is revoked, on an HTML page, and behind a fold what each source says.
#include <string.h>

#include "report/html_parts.h"

static void status(struct html *html, const json_t *row)
{
    const char *word = html_known(html, row, "status");
    bool good = strcmp(word, "good") == 0, revoked = strcmp(word, "revoked") == 0;
    bool idle = strcmp(word, "not_tested") == 0 || strcmp(word, "not_applicable") == 0;
    html_mark(html,
              good      ? "good"
              : revoked ? "bad"
              : idle    ? "dim"
                        : "poor",
              good      ? "✓"
              : revoked ? "✗"
              : idle    ? "○"
                        : "?",
              html_words(html, word));
    if (!good)
        html_put(html, " <span class=\"why\">%s</span>", view_text(&html->view, row, "sentence"));
}

static void source(struct html *html, const json_t *row)
{
    const char *url = view_text(&html->view, row, "url"), *until = view_text(&html->view, row, "next_update");
    const char *signer = view_text(&html->view, row, "signer");
    html_put(html, "<li>%s ", html_known(html, row, "source"));
    html_name(html, url);
    html_put(html, " ");
    status(html, row);
    html_put(html, until == NULL ? "%s" : " <span class=\"why\">until %s</span>", until);
    html_put(html, signer == NULL ? "%s" : " <span class=\"why\">by %s</span>", signer);
    bool anything = view_is(json_object_get(row, "unissued"), "verdict", "yes");
    html_put(html, "%s</li>\n", anything ? " who calls good what nobody has issued" : NULL);
}

void html_revocation(struct html *html, const json_t *chain, size_t index)
{
    const json_t *found = json_array_get(json_object_get(json_object_get(chain, "revocation"), "certificates"), index);
    const json_t *sources = json_object_get(found, "sources");
    if (view_text(&html->view, found, "status") == NULL)
        return;
    html_put(html, "<dt>Revocation</dt><dd>");
    status(html, found);
    if (view_count(sources) != 0)
        html_put(html, "<details><summary>%s</summary>\n<ul class=\"places\">\n",
                 view_counted(&html->view, (int64_t)view_count(sources), "source"));
    for (size_t i = 0; i < view_count(sources); i++)
        source(html, json_array_get(sources, i));
    html_put(html, view_count(sources) == 0 ? "</dd>\n" : "</ul></details></dd>\n");
}

void html_must_staple(struct html *html, const json_t *chain)
{
    const json_t *fact = json_object_get(json_object_get(chain, "revocation"), "must_staple_kept");
    if (!view_is(fact, "verdict", "not_applicable"))
        html_fact(html, "Must-staple is kept", fact, TINT_GOOD, TINT_BAD, NULL);
}
