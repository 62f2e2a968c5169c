// SPDX-License-Identifier: Apache-2.0
//
// Lines for a terminal: words folded at a width, and tables cut to it. What goes in must be fit to
// print (base/text.h); nothing that comes out is wider than the page, whatever goes in.
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define PAGE_LIMIT   ((size_t)32 << 20) // octets; what would go beyond is dropped and `full` set
#define PAGE_COLUMNS 9                  // most columns of a table
#define PAGE_LABEL   12                 // columns of a label

enum tint { TINT_PLAIN, TINT_BOLD, TINT_DIM, TINT_GOOD, TINT_POOR, TINT_BAD };

struct page {
    unsigned width; // columns; 0: not limited
    bool color;
    bool cut; // a line that is too long is cut, not folded
    bool full;
    char *text; // malloc'd, NUL-terminated once something was written
    size_t size;
    // private to page.c from here on
    size_t capacity;
    unsigned column; // of the line being written
    unsigned hang;   // where folded lines begin
    bool started;    // the line has a word
    bool ended;      // the line was cut
    enum tint tint;  // that is switched on
};

// Columns that a text takes on a terminal.
unsigned page_columns(const char *text);

// A line is begun at `indent` (folded lines begin at `hang`), filled with words that one space
// parts, and ended. Text is parted into words at its spaces.
void page_begin(struct page *page, unsigned indent, unsigned hang);
void page_words(struct page *page, enum tint tint, const char *text);
void page_end(struct page *page);

// Begins a line with a label at `indent` and words to come beside it.
void page_label(struct page *page, unsigned indent, const char *label);
void page_tinted_label(struct page *page, unsigned indent, enum tint tint, const char *label);

// A whole line.
void page_line(struct page *page, unsigned indent, enum tint tint, const char *text);
void page_blank(struct page *page);

struct cell {
    const char *text; // NULL: empty
    enum tint tint;
};

struct column {
    const char *title;
    bool right;    // aligned at its right edge
    unsigned drop; // where the page is narrow column 1 goes first, then 2, ...; 0: stays
};

struct row {
    struct cell cell[PAGE_COLUMNS];
    const char *note; // a line under the row, or NULL
};

// Columns that are empty in every row are left out.
void page_table(struct page *page, unsigned indent, const struct column *columns, size_t column_count,
                const struct row *rows, size_t row_count);

#endif
