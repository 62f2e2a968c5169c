// SPDX-License-Identifier: Apache-2.0
//
// HTML: the page of one host, or where there are several reports the page of many. Which it is shows when
// the second report comes, so the first one's page is held until then. Rows of many wait in a temporary
// file for the sums that stand before them.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/html_fleet.h"
#include "report/rendering.h"

struct html_state {
    char *page;             // of the first report; NULL once there are more
    struct complaint wrong; // with that page, which matters only where it is the only one
    struct html_fleet fleet;
    FILE *rows;
};

static void begin_html(struct rendering *rendering)
{
    struct html_state *state = rendering->state;
    state->rows = tmpfile();
    if (state->rows == NULL)
        complain(&rendering->complaint, "cannot make a temporary file for HTML: %s", strerror(errno));
}

static void add_html(struct rendering *rendering, struct report *report)
{
    struct html_state *state = rendering->state;
    char *row = html_fleet_row(&state->fleet, report->tree);
    if (state->rows != NULL && row != NULL && fputs(row, state->rows) == EOF)
        complain(&rendering->complaint, "cannot write a temporary file for HTML: %s", strerror(errno));
    if (rendering->reports == 0)
        state->page = html_page(report->tree, &state->wrong);
    else
        free(state->page);
    if (rendering->reports != 0)
        state->page = NULL;
    free(row);
}

static void put(struct rendering *rendering, char *text)
{
    if (text != NULL)
        rendering_put(rendering, text);
    free(text);
}

static void put_rows(struct rendering *rendering, FILE *rows)
{
    char octets[1 << 14];
    size_t size;
    rewind(rows);
    while ((size = fread(octets, 1, sizeof octets, rows)) != 0)
        rendering_put_octets(rendering, octets, size);
    if (ferror(rows))
        complain(&rendering->complaint, "cannot read a temporary file for HTML: %s", strerror(errno));
}

static void end_html(struct rendering *rendering)
{
    struct html_state *state = rendering->state;
    if (rendering->reports > 1 && state->rows != NULL) {
        put(rendering, html_fleet_head(&state->fleet));
        put_rows(rendering, state->rows);
        put(rendering, html_fleet_foot());
    }
    if (rendering->reports == 1 && state->page == NULL)
        complain(&rendering->complaint, "%s", state->wrong.text);
    put(rendering, state->page);
    if (state->rows != NULL)
        fclose(state->rows);
    html_fleet_close(&state->fleet);
}

const struct format_view format_html = {sizeof(struct html_state), begin_html, add_html, end_html};
