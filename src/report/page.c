// SPDX-License-Identifier: Apache-2.0
//
// Everything here counts columns, not octets: a name may hold letters of more than one octet and
// of two columns. A character that the C library does not know is counted as two, so that a line
// is rather too short than too long.
#include "report/page.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/fail.h"

#define GAP          2   // columns between those of a table
#define LEAST_COLUMN 3   // columns that a table's column keeps
#define LEAST_TEXT   20  // columns that folded text should have; less, and it begins further left
#define WIDEST_CELL  200 // columns that a cell can ask for
#define ELLIPSIS     "\xE2\x80\xA6"

static const char *const codes[] = {
    [TINT_PLAIN] = "",        [TINT_BOLD] = "\033[1m",  [TINT_DIM] = "\033[2m",
    [TINT_GOOD] = "\033[32m", [TINT_POOR] = "\033[33m", [TINT_BAD] = "\033[31m",
};

// --- characters ----------------------------------------------------------------------------------

// Octets of the character at text; what is no UTF-8 counts as one U+FFFD for each octet.
static size_t decode(const char *text, uint32_t *code)
{
    const unsigned char first = (unsigned char)text[0];
    size_t size = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 0;
    uint32_t value = size <= 1 ? first : first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)text[i] & 0xC0) != 0x80)
            size = 0;
        else
            value = value << 6 | ((unsigned char)text[i] & 0x3F);
    }
    *code = size == 0 ? 0xFFFD : value;
    return size == 0 ? 1 : size;
}

static unsigned columns_of(uint32_t code)
{
    if (code < 0x7F)
        return 1;
    int width = wcwidth((wchar_t)code);
    return width < 0 ? 2 : (unsigned)width;
}

// Octets of the longest beginning of text that takes no more than `columns`; *used: what it takes.
static size_t fit(const char *text, size_t size, unsigned columns, unsigned *used)
{
    size_t taken = 0;
    *used = 0;
    while (taken < size) {
        uint32_t code;
        size_t octets = decode(text + taken, &code);
        unsigned wide = columns_of(code);
        if (wide > columns - *used)
            break;
        *used += wide;
        taken += octets;
    }
    return taken;
}

static unsigned columns_in(const char *text, size_t size)
{
    unsigned used;
    fit(text, size, UINT32_MAX, &used);
    return used;
}

unsigned page_columns(const char *text) { return columns_in(text, strlen(text)); }

// --- octets out ----------------------------------------------------------------------------------

static void put(struct page *page, const char *text, size_t size)
{
    if (page->full || size > PAGE_LIMIT - page->size) {
        page->full = true;
        return;
    }
    if (page->size + size + 1 > page->capacity) {
        page->capacity = (page->size + size + 1) * 2;
        page->text = realloc(page->text, page->capacity);
        if (page->text == NULL)
            die("out of memory");
    }
    if (size != 0)
        memcpy(page->text + page->size, text, size);
    page->size += size;
    page->text[page->size] = '\0';
}

static void spaces(struct page *page, unsigned count)
{
    for (; count != 0 && !page->full; count--) {
        put(page, " ", 1);
        page->column++;
    }
}

static void tint_on(struct page *page, enum tint tint)
{
    if (!page->color || page->tint == tint)
        return;
    if (page->tint != TINT_PLAIN)
        put(page, "\033[0m", 4);
    put(page, codes[tint], strlen(codes[tint]));
    page->tint = tint;
}

static void newline(struct page *page)
{
    tint_on(page, TINT_PLAIN);
    put(page, "\n", 1);
    page->column = 0;
    page->started = false;
}

// --- lines of words ------------------------------------------------------------------------------

static unsigned left(const struct page *page)
{
    if (page->width == 0)
        return UINT32_MAX;
    return page->column < page->width ? page->width - page->column : 0;
}

void page_begin(struct page *page, unsigned indent, unsigned hang)
{
    unsigned most = page->width == 0 ? UINT32_MAX : page->width / 2;
    page->column = 0;
    page->started = page->ended = false;
    page->hang = hang < most ? hang : most;
    spaces(page, indent < most ? indent : most);
}

static void fold(struct page *page)
{
    newline(page);
    spaces(page, page->hang);
}

static void piece(struct page *page, enum tint tint, const char *text, size_t size, unsigned columns)
{
    tint_on(page, tint);
    put(page, text, size);
    page->column += columns;
    page->started = true;
}

static void space_before(struct page *page, enum tint tint)
{
    tint_on(page, page->tint == tint ? tint : TINT_PLAIN);
    spaces(page, 1);
}

// As much of a word as there is room for, and the mark that more was there.
static void cut_word(struct page *page, enum tint tint, const char *text, size_t size)
{
    unsigned used;
    page->ended = true;
    if (page->started && left(page) > 2)
        space_before(page, tint);
    else if (page->started)
        size = 0;
    if (left(page) == 0)
        return;
    size_t taken = fit(text, size, left(page) - 1, &used);
    piece(page, tint, text, taken, used);
    piece(page, tint, ELLIPSIS, strlen(ELLIPSIS), 1);
}

// A word that is longer than a line goes on in the next; a character wider than a line is left out.
static void break_word(struct page *page, enum tint tint, const char *text, size_t size)
{
    while (size != 0) {
        unsigned used;
        size_t taken = fit(text, size, left(page), &used);
        if (taken == 0 && page->column <= page->hang)
            return;
        piece(page, tint, text, taken, used);
        text += taken;
        size -= taken;
        if (size != 0)
            fold(page);
    }
}

// A line that may be cut keeps a column for the mark.
static void word(struct page *page, enum tint tint, const char *text, size_t size)
{
    unsigned needed = columns_in(text, size);
    unsigned around = (unsigned)page->started + (unsigned)page->cut;
    bool fits = needed <= left(page) && around <= left(page) - needed;
    if (page->ended || needed == 0)
        return;
    if (!fits && page->cut) {
        cut_word(page, tint, text, size);
        return;
    }
    if (!fits && page->started)
        fold(page);
    else if (page->started)
        space_before(page, tint);
    if (needed <= left(page))
        piece(page, tint, text, size, needed);
    else
        break_word(page, tint, text, size);
}

void page_words(struct page *page, enum tint tint, const char *text)
{
    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        if (size != 0)
            word(page, tint, text, size);
        text += size;
        text += strspn(text, " ");
    }
}

void page_end(struct page *page) { newline(page); }

void page_label(struct page *page, unsigned indent, const char *label)
{
    page_tinted_label(page, indent, TINT_DIM, label);
}

void page_tinted_label(struct page *page, unsigned indent, enum tint tint, const char *label)
{
    unsigned hang = indent + PAGE_LABEL;
    if (page->width != 0 && page->width < hang + LEAST_TEXT)
        hang = indent + 2;
    page_begin(page, indent, hang);
    page_words(page, tint, label);
    tint_on(page, TINT_PLAIN);
    if (page->column + 1 < page->hang) {
        spaces(page, page->hang - page->column);
        page->started = false;
    }
}

void page_line(struct page *page, unsigned indent, enum tint tint, const char *text)
{
    page_begin(page, indent, indent + 2);
    page_words(page, tint, text);
    page_end(page);
}

void page_blank(struct page *page) { newline(page); }

// --- tables --------------------------------------------------------------------------------------

struct layout {
    const struct column *column;
    size_t count;
    unsigned wide[PAGE_COLUMNS]; // 0: left out
};

static unsigned cell_columns(const struct cell *cell)
{
    unsigned wide = cell->text == NULL ? 0 : page_columns(cell->text);
    return wide < WIDEST_CELL ? wide : WIDEST_CELL;
}

static void measure(struct layout *layout, const struct row *rows, size_t row_count)
{
    for (size_t c = 0; c < layout->count; c++) {
        unsigned widest = 0;
        for (size_t r = 0; r < row_count; r++) {
            unsigned wide = cell_columns(&rows[r].cell[c]);
            widest = wide > widest ? wide : widest;
        }
        unsigned title = page_columns(layout->column[c].title);
        layout->wide[c] = widest == 0 ? 0 : widest > title ? widest : title;
    }
}

static unsigned total(const struct layout *layout, unsigned indent)
{
    unsigned sum = indent;
    bool first = true;
    for (size_t c = 0; c < layout->count; c++) {
        if (layout->wide[c] == 0)
            continue;
        sum += layout->wide[c] + (first ? 0 : GAP);
        first = false;
    }
    return sum;
}

// The column that goes next, or NULL when all that may go are gone.
static unsigned *next_to_drop(struct layout *layout)
{
    size_t best = layout->count;
    for (size_t c = 0; c < layout->count; c++) {
        unsigned drop = layout->column[c].drop;
        if (layout->wide[c] != 0 && drop != 0 && (best == layout->count || drop < layout->column[best].drop))
            best = c;
    }
    return best == layout->count ? NULL : &layout->wide[best];
}

static unsigned *widest(struct layout *layout)
{
    size_t best = 0;
    for (size_t c = 1; c < layout->count; c++)
        if (layout->wide[c] > layout->wide[best])
            best = c;
    return &layout->wide[best];
}

// Columns go, then the widest gives way, until the table fits. On a page too narrow even for that
// the lines are cut at the edge.
static void narrow(struct layout *layout, unsigned indent, unsigned width)
{
    unsigned *column;
    while (total(layout, indent) > width && (column = next_to_drop(layout)) != NULL)
        *column = 0;
    while (total(layout, indent) > width && *(column = widest(layout)) > LEAST_COLUMN)
        (*column)--;
}

static void table_cell(struct page *page, const struct cell *cell, unsigned wide, bool right)
{
    const char *text = cell->text == NULL ? "" : cell->text;
    size_t size = strlen(text);
    unsigned needed = columns_in(text, size), used = 0;
    wide = wide < left(page) ? wide : left(page);
    if (right && needed < wide)
        spaces(page, wide - needed);
    if (needed <= wide) {
        piece(page, cell->tint, text, size, needed);
    } else if (wide != 0) {
        size = fit(text, size, wide - 1, &used);
        piece(page, cell->tint, text, size, used);
        piece(page, cell->tint, ELLIPSIS, strlen(ELLIPSIS), 1);
    }
    tint_on(page, TINT_PLAIN);
}

// Spaces are written before a cell that has text, so that no line ends in them.
static void table_row(struct page *page, const struct layout *layout, unsigned indent, const struct cell *cells)
{
    unsigned edge = indent;
    page_begin(page, 0, 0);
    for (size_t c = 0; c < layout->count; c++) {
        if (layout->wide[c] == 0)
            continue;
        if (cells[c].text != NULL && cells[c].text[0] != '\0') {
            unsigned gap = edge > page->column ? edge - page->column : 0;
            spaces(page, gap < left(page) ? gap : left(page));
            table_cell(page, &cells[c], layout->wide[c], layout->column[c].right);
        }
        edge += layout->wide[c] + GAP;
    }
    page_end(page);
}

void page_table(struct page *page, unsigned indent, const struct column *columns, size_t column_count,
                const struct row *rows, size_t row_count)
{
    struct layout layout = {.column = columns, .count = column_count};
    struct cell titles[PAGE_COLUMNS] = {0};
    always(column_count <= PAGE_COLUMNS);
    measure(&layout, rows, row_count);
    if (page->width != 0)
        narrow(&layout, indent, page->width);
    for (size_t c = 0; c < column_count; c++)
        titles[c] = (struct cell){columns[c].title, TINT_DIM};
    table_row(page, &layout, indent, titles);
    for (size_t r = 0; r < row_count; r++) {
        table_row(page, &layout, indent, rows[r].cell);
        if (rows[r].note != NULL)
            page_line(page, indent + 2, TINT_DIM, rows[r].note);
    }
}
