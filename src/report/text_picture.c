// SPDX-License-Identifier: Apache-2.0
//
// The terminal view of groups, signature schemes and features. It is short where all is plain: names
// in the order of the server's choices, and one line for what a server has not got. What is not
// known stands with its reason. All that is shown in full where it is asked for.
#include <inttypes.h>
#include <string.h>

#include "report/view.h"

// --- groups and signature schemes ----------------------------------------------------------------

static const char *const list_versions[] = {"TLSv1.3", "TLSv1.2"};

// One of the report's two lists of code points.
struct list {
    const char *title, *rows, *enumeration, *preference;
};

// A row and its place in the order of one version.
struct place {
    const json_t *row;
    int64_t order; // 0: not known
};

static bool before(const struct place *a, const struct place *b)
{
    return a->order != 0 && (b->order == 0 || a->order < b->order);
}

// The rows of one version in its order; those without one keep theirs and stand behind. The list has
// few rows, and may be forged to have no more than VIEW_ROWS.
static struct place *places(struct view *view, const json_t *list, const char *version, size_t *count)
{
    struct place *sorted = arena_array(&view->memory, view_count(list), sizeof *sorted);
    *count = 0;
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (!view_has(row, "versions", version))
            continue;
        struct place place = {row, view_number(json_object_get(row, "order"), version)};
        size_t at = (*count)++;
        for (; at != 0 && before(&place, &sorted[at - 1]); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = place;
    }
    return sorted;
}

// A hint, as for suites.
static enum tint point_tint(const json_t *row)
{
    const json_t *bits = json_object_get(row, "strength_bits");
    if (view_truth(row, "post_quantum"))
        return TINT_GOOD;
    if (json_is_integer(bits) && json_integer_value(bits) < 112)
        return TINT_BAD;
    return view_is(row, "hash", "MD5") || view_is(row, "hash", "SHA1") ? TINT_POOR : TINT_PLAIN;
}

static const char *point_name(struct view *view, const json_t *row)
{
    const char *name = view_text(view, row, "name");
    return name == NULL ? "?" : name;
}

static void names(struct view *view, const struct place *sorted, size_t count)
{
    page_begin(&view->page, 4, 4);
    for (size_t i = 0; i < count; i++)
        page_words(&view->page, point_tint(sorted[i].row),
                   arena_text(&view->memory, "%s%s", point_name(view, sorted[i].row), i + 1 < count ? "," : ""));
    page_end(&view->page);
}

static const char *number_or_null(struct view *view, int64_t number)
{
    return number == 0 ? NULL : arena_text(&view->memory, "%" PRId64, number);
}

// What does not belong to the list at hand is empty in every row, and so left out.
static void table(struct view *view, const struct place *sorted, size_t count)
{
    static const struct column columns[] = {
        {.title = "#", .right = true},     {.title = "Name"},
        {.title = "Code", .drop = 1},      {.title = "Kind"},
        {.title = "Bits", .right = true},  {.title = "PQ"},
        {.title = "Signature", .drop = 3}, {.title = "Hash", .drop = 2},
    };
    struct row *rows = arena_array(&view->memory, count, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const json_t *point = sorted[i].row;
        rows[i] = (struct row){.cell = {{number_or_null(view, sorted[i].order), TINT_DIM},
                                        {point_name(view, point), point_tint(point)},
                                        {view_text(view, point, "code"), TINT_DIM},
                                        {view_text(view, point, "kind"), TINT_PLAIN},
                                        {number_or_null(view, view_number(point, "strength_bits")), TINT_PLAIN},
                                        {view_truth(point, "post_quantum") ? "yes" : NULL, TINT_GOOD},
                                        {view_text(view, point, "signature"), TINT_PLAIN},
                                        {view_text(view, point, "hash"), TINT_PLAIN}},
                               .note = view_evidence(view, point)};
    }
    page_table(&view->page, 4, columns, sizeof columns / sizeof columns[0], rows, count);
}

static const char *no_points(const json_t *enumeration)
{
    if (view_is(enumeration, "verdict", "not_applicable"))
        return "not applicable";
    return view_is(enumeration, "verdict", "not_tested") ? "not tested" : "none was found";
}

static void points_of_version(struct view *view, const json_t *endpoint, const struct list *list, const char *version)
{
    const json_t *enumeration = view_about(endpoint, list->enumeration, version);
    const json_t *preference = view_about(endpoint, list->preference, version);
    const char *note = view_note(view, preference), *whole = view_note(view, enumeration);
    size_t count;
    const struct place *sorted = places(view, json_object_get(endpoint, list->rows), version, &count);
    if (count == 0 && enumeration == NULL)
        return;
    page_begin(&view->page, 2, 4);
    page_words(&view->page, TINT_BOLD, version);
    page_words(&view->page, TINT_PLAIN, count == 0 ? no_points(enumeration) : view_order(preference));
    if (view_is(enumeration, "verdict", "unknown"))
        page_words(&view->page, TINT_POOR, count == 0 ? "(there may be some)" : "(there may be more)");
    page_end(&view->page);
    if (whole != NULL)
        page_line(&view->page, 4, TINT_DIM, whole);
    if (note != NULL)
        page_line(&view->page, 4, TINT_DIM, note);
    if (count != 0)
        (view->options->verbose ? table : names)(view, sorted, count);
}

void view_groups(struct view *view, const json_t *endpoint)
{
    static const struct list lists[] = {
        {"Groups", "groups", "group_enumeration", "group_preference"},
        {"Signature schemes", "signature_schemes", "signature_scheme_enumeration", "signature_scheme_preference"}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (view_count(json_object_get(endpoint, lists[i].rows)) == 0 &&
            view_count(json_object_get(endpoint, lists[i].enumeration)) == 0)
            continue;
        view_title(view, lists[i].title);
        for (size_t v = 0; v < sizeof list_versions / sizeof list_versions[0]; v++)
            points_of_version(view, endpoint, &lists[i], list_versions[v]);
    }
}

// --- features ------------------------------------------------------------------------------------

enum layout {
    LAYOUT_ROWS,     // each yes and no has a line
    LAYOUT_GATHERED, // a plain yes stands with the others, and so does a no
    LAYOUT_TRIALS,   // what was passed is only counted
};

struct section {
    const char *key, *title;
    enum layout layout;
    enum tint yes, no;
    bool verbatim; // its ids are protocols' names, not words
};

static const struct section sections[] = {
    {"post_quantum", "Post-quantum", LAYOUT_ROWS, TINT_GOOD, TINT_PLAIN, false},
    {"key_exchange", "Key exchange", LAYOUT_ROWS, TINT_PLAIN, TINT_PLAIN, false},
    {"extensions", "Extensions", LAYOUT_GATHERED, TINT_PLAIN, TINT_PLAIN, false},
    {"alpn", "ALPN", LAYOUT_GATHERED, TINT_PLAIN, TINT_PLAIN, true},
    {"sessions", "Sessions", LAYOUT_ROWS, TINT_PLAIN, TINT_PLAIN, false},
    {"renegotiation", "Renegotiation", LAYOUT_ROWS, TINT_PLAIN, TINT_PLAIN, false},
    {"downgrade", "Downgrade", LAYOUT_ROWS, TINT_PLAIN, TINT_PLAIN, false},
    {"intolerance", "Intolerance", LAYOUT_TRIALS, TINT_POOR, TINT_PLAIN, false},
    {"behaviours", "Behaviours", LAYOUT_ROWS, TINT_PLAIN, TINT_PLAIN, false},
    {"client_authentication", "Client authentication", LAYOUT_ROWS, TINT_PLAIN, TINT_PLAIN, false},
};

// "extended master secret (TLSv1.2)"; versions: NULL for what is of none.
static const char *feature_name(struct view *view, const struct section *section, const json_t *row,
                                const char *versions)
{
    const char *id = view_text(view, row, "id");
    char *name = arena_text(&view->memory, "%s", id == NULL ? "?" : id);
    for (char *c = name; *c != '\0' && !section->verbatim; c++)
        *c = *c == '_' ? ' ' : *c;
    return versions == NULL ? name : arena_text(&view->memory, "%s (%s)", name, versions);
}

// "modp2048 (RFC 3526), 2048 bits"; NULL when there is neither.
static const char *detail(struct view *view, const json_t *row)
{
    const char *value = view_text(view, row, "value"), *unit = view_text(view, row, "unit");
    if (!json_is_integer(json_object_get(row, "number")))
        return value;
    return arena_text(&view->memory, "%s%s%" PRId64 "%s%s", value == NULL ? "" : value, value == NULL ? "" : ", ",
                      view_number(row, "number"), unit == NULL ? "" : " ", unit == NULL ? "" : unit);
}

static bool is_plain(const json_t *row, const char *verdict)
{
    return view_is(row, "verdict", verdict) && json_string_value(json_object_get(row, "value")) == NULL &&
           !json_is_integer(json_object_get(row, "number"));
}

// Rows that share a line: of one verdict, or unknown like one of them.
struct gathering {
    const char *verdict;
    const json_t *like; // or NULL
};

static bool same_member(const json_t *a, const json_t *b, const char *name)
{
    const json_t *x = json_object_get(a, name), *y = json_object_get(b, name);
    return x == y || json_equal(x, y);
}

// For one reason, with the same seen. A trial that is unknown has seen nothing, and a number all the same.
static bool is_alike(const struct section *section, const json_t *a, const json_t *b)
{
    bool same_seen = same_member(a, b, "value") && same_member(a, b, "number") && same_member(a, b, "unit");
    return same_member(a, b, "verdict") && same_member(a, b, "sentence") &&
           (section->layout == LAYOUT_TRIALS || same_seen);
}

// Whether a row has no line of its own.
static bool is_gathered(const struct section *section, const json_t *row, struct gathering what)
{
    const char *verdict = what.verdict;
    if (what.like != NULL)
        return is_alike(section, row, what.like);
    if (strcmp(verdict, "not_applicable") == 0 || strcmp(verdict, "not_tested") == 0)
        return view_is(row, "verdict", verdict);
    if (section->layout == LAYOUT_TRIALS)
        return strcmp(verdict, "no") == 0 && view_is(row, "verdict", verdict);
    return section->layout == LAYOUT_GATHERED && is_plain(row, verdict);
}

// Of a trial "yes" alone would be read the wrong way round.
static const char *verdict_word(const struct section *section, const char *verdict)
{
    if (verdict == NULL)
        return "?";
    if (section->layout != LAYOUT_TRIALS)
        return verdict;
    return strcmp(verdict, "yes") == 0 ? "not tolerated" : strcmp(verdict, "no") == 0 ? "tolerated" : verdict;
}

static void feature(struct view *view, const struct section *section, const json_t *row)
{
    const char *verdict = view_text(view, row, "verdict"), *reason = view_text(view, row, "reason");
    const char *sentence = view_text(view, row, "sentence"), *more = detail(view, row);
    const char *name = feature_name(view, section, row, view_text(view, row, "version"));
    const char *evidence = view_evidence(view, row);
    bool plain = section->layout != LAYOUT_TRIALS && view_is(row, "verdict", "yes");
    bool explained = sentence != NULL && (view->options->verbose || !plain);
    page_begin(&view->page, 2, 4);
    page_words(&view->page, TINT_PLAIN, arena_text(&view->memory, "%s:", name));
    page_words(&view->page, view_tint(verdict, section->yes, section->no),
               arena_text(&view->memory, "%s%s", verdict_word(section, verdict),
                          more != NULL ? ","
                          : explained  ? ";"
                                       : ""));
    if (more != NULL)
        page_words(&view->page, TINT_PLAIN, arena_text(&view->memory, "%s%s", more, explained ? ";" : ""));
    if (explained)
        page_words(&view->page, TINT_PLAIN, sentence);
    if (view->options->verbose && reason != NULL)
        page_words(&view->page, TINT_DIM, arena_text(&view->memory, "(%s)", reason));
    page_end(&view->page);
    if (evidence != NULL)
        page_line(&view->page, 4, TINT_DIM, evidence);
}

static size_t count_gathered(const struct section *section, const json_t *list, struct gathering what)
{
    size_t count = 0;
    for (size_t i = 0; i < view_count(list); i++)
        count += is_gathered(section, json_array_get(list, i), what);
    return count;
}

static bool same_id(const json_t *a, const json_t *b)
{
    const char *id = json_string_value(json_object_get(a, "id"));
    return id != NULL && view_is(b, "id", id);
}

// The end of the rows from `at` on that are about one thing in several versions.
static size_t same_until(const struct section *section, const json_t *list, struct gathering what, size_t at)
{
    const json_t *first = json_array_get(list, at);
    while (++at < view_count(list))
        if (!is_gathered(section, json_array_get(list, at), what) || !same_id(first, json_array_get(list, at)))
            break;
    return at;
}

// "TLSv1.2, TLSv1.3"; NULL when none of the rows is of a version.
static const char *versions_of(struct view *view, const json_t *list, size_t from, size_t to)
{
    struct builder builder = builder_in(&view->memory);
    for (size_t i = from; i < to; i++) {
        const char *version = view_text(view, json_array_get(list, i), "version");
        if (version == NULL)
            continue;
        view_append(&builder, builder_bytes(&builder).size == 0 ? "" : ", ");
        view_append(&builder, version);
    }
    return builder_bytes(&builder).size == 0 ? NULL : arena_string(&view->memory, builder_bytes(&builder));
}

// Behind the names of rows that are unknown alike.
static void explain(struct view *view, const struct section *section, const json_t *row)
{
    const char *more = section->layout == LAYOUT_TRIALS ? NULL : detail(view, row);
    if (more != NULL)
        page_words(&view->page, TINT_PLAIN, arena_text(&view->memory, "%s;", more));
    page_words(&view->page, TINT_PLAIN, view_text(view, row, "sentence"));
}

// "no: a, b (TLSv1.2, TLSv1.3), c"
static void gathered(struct view *view, const struct section *section, const json_t *list, struct gathering what,
                     const char *word, enum tint tint)
{
    size_t left = count_gathered(section, list, what), end;
    if (left == 0)
        return;
    page_begin(&view->page, 2, 4);
    page_words(&view->page, what.like == NULL ? TINT_DIM : tint, word);
    for (size_t i = 0; i < view_count(list); i = end) {
        const json_t *row = json_array_get(list, i);
        end = i + 1;
        if (!is_gathered(section, row, what))
            continue;
        end = same_until(section, list, what, i);
        left -= end - i;
        // Protocols are all asked in one version.
        const char *versions = section->verbatim ? NULL : versions_of(view, list, i, end);
        const char *name = feature_name(view, section, row, versions);
        const char *mark = left != 0 ? "," : what.like != NULL ? ";" : "";
        page_words(&view->page, what.like == NULL ? tint : TINT_PLAIN, arena_text(&view->memory, "%s%s", name, mark));
    }
    if (what.like != NULL)
        explain(view, section, what.like);
    page_end(&view->page);
}

static void passed(struct view *view, const struct section *section, const json_t *list)
{
    size_t count = count_gathered(section, list, (struct gathering){"no", NULL});
    if (count == 0)
        return;
    bool all = count == view_count(list);
    page_line(&view->page, 2, TINT_PLAIN,
              arena_text(&view->memory, all ? "tolerates all %s" : "tolerates %s",
                         view_counted(view, (int64_t)count, all ? "trial" : "other trial")));
}

static bool has_line(const struct section *section, const json_t *row)
{
    static const char *const verdicts[] = {"yes", "no", "not_applicable", "not_tested"};
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        if (is_gathered(section, row, (struct gathering){verdicts[i], NULL}))
            return false;
    return true;
}

// A row that is unknown like others stands with the first of them.
static bool shares_reason(struct view *view, const struct section *section, const json_t *list, size_t at)
{
    const json_t *row = json_array_get(list, at);
    const struct gathering what = {"unknown", row};
    if (!view_is(row, "verdict", what.verdict) || !json_is_string(json_object_get(row, "sentence")) ||
        count_gathered(section, list, what) < 2)
        return false;
    for (size_t i = 0; i < at; i++)
        if (is_gathered(section, json_array_get(list, i), what))
            return true;
    gathered(view, section, list, what, "unknown:", view_tint("unknown", section->yes, section->no));
    return true;
}

static void features(struct view *view, const struct section *section, const json_t *list)
{
    const bool every = view->options->verbose;
    view_title(view, section->title);
    if (!every && section->layout == LAYOUT_GATHERED)
        gathered(view, section, list, (struct gathering){"yes", NULL}, "yes:", section->yes);
    for (size_t i = 0; i < view_count(list); i++)
        if (every || (has_line(section, json_array_get(list, i)) && !shares_reason(view, section, list, i)))
            feature(view, section, json_array_get(list, i));
    if (every)
        return;
    if (section->layout == LAYOUT_TRIALS)
        passed(view, section, list);
    else
        gathered(view, section, list, (struct gathering){"no", NULL}, "no:", TINT_DIM);
    gathered(view, section, list, (struct gathering){"not_applicable", NULL}, "not applicable:", TINT_DIM);
    gathered(view, section, list, (struct gathering){"not_tested", NULL}, "not tested:", TINT_DIM);
}

void view_features(struct view *view, const json_t *endpoint)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        const json_t *list = json_object_get(endpoint, sections[i].key);
        if (view_count(list) != 0)
            features(view, &sections[i], list);
    }
}

// --- what it cost --------------------------------------------------------------------------------

void view_checks(struct view *view, const json_t *endpoint)
{
    const json_t *list = json_object_get(endpoint, "checks");
    if (!view->options->verbose || view_count(list) == 0)
        return;
    view_title(view, "Connections of each check");
    page_begin(&view->page, 2, 4);
    for (size_t i = 0; i < view_count(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *id = view_text(view, row, "id");
        page_words(&view->page, TINT_PLAIN,
                   arena_text(&view->memory, "%s %" PRId64 "%s", id == NULL ? "?" : id, view_number(row, "connections"),
                              i + 1 < view_count(list) ? "," : ""));
    }
    page_end(&view->page);
}
