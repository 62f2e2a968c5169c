// SPDX-License-Identifier: Apache-2.0
//
// Two ways to a table of logs: the one that was made at build time, and CSV that is read line by line. A log is looked
// for a few times for each chain, so a walk will do.
#include "wire/ct_logs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/keys.h"

#define LINE    8192 // octets of a line
#define COLUMNS 15

struct ct_logs {
    const char *name;
    const struct ct_log *row;
    size_t count;
    struct arena memory;  // of a file
    struct ct_logs *next; // of a pool
};

// --- built in --------------------------------------------------------------------------------------

static const struct ct_log built_in_rows[] = {
#define LOG(id, name, operator, tiled, test, chrome, chrome_since, chrome_as_of, apple, apple_since, apple_as_of,      \
            from, until, key)                                                                                          \
    {id,                                                                                                               \
     name,                                                                                                             \
     operator,                                                                                                         \
     tiled,                                                                                                            \
     test,                                                                                                             \
     {{CT_##chrome, chrome_since, chrome_as_of}, {CT_##apple, apple_since, apple_as_of}},                              \
     from,                                                                                                             \
     until,                                                                                                            \
     key},
#include "ct_logs.def"
#undef LOG
};

static const struct ct_logs built_in = {
    .name = "built-in",
    .row = built_in_rows,
    .count = sizeof built_in_rows / sizeof *built_in_rows,
};

const struct ct_logs *ct_logs_built_in(void) { return &built_in; }

// --- words -----------------------------------------------------------------------------------------

static const char *const state_names[] = {
    [CT_ABSENT] = NULL,         [CT_PENDING] = "pending", [CT_QUALIFIED] = "qualified", [CT_USABLE] = "usable",
    [CT_READONLY] = "readonly", [CT_RETIRED] = "retired", [CT_REJECTED] = "rejected",
};
#define STATES (sizeof state_names / sizeof *state_names)

const char *ct_state_name(enum ct_state state)
{
    always((size_t)state < STATES);
    return state_names[state];
}

const char *ct_program_name(enum ct_program program) { return program == CT_CHROME ? "chrome" : "apple"; }

// --- a file ----------------------------------------------------------------------------------------

struct reading {
    FILE *file;
    struct ct_logs *logs;
    struct ct_log *row;
    size_t room;
    unsigned long line;
    struct complaint *complaint;
};

static const char header[] = "log_id,name,operator,api,use,chrome,chrome_since,chrome_as_of,apple,apple_since,apple_as_"
                             "of,from,until,key,sources";

enum column {
    LOG_ID,
    NAME,
    OPERATOR,
    API,
    USE,
    STATE, // of each program: state, since, as_of
    FROM = STATE + 3 * CT_PROGRAMS,
    UNTIL,
    KEY,
};

static bool fail(struct reading *reading, const char *what)
{
    return complain(reading->complaint, "%s:%lu: %s", reading->logs->name, reading->line, what);
}

// One field, with the quotes of CSV taken off in its place, and *next behind its comma or NULL. NULL: its quotes are
// wrong.
static char *take_field(char **next)
{
    char *field = *next, *to = field, *from = field;
    bool quoted = *from == '"', closed = !quoted;
    from += quoted ? 1 : 0;
    for (; *from != '\0' && (!closed || *from != ','); from++) {
        if (closed ? quoted || *from == '"' : false)
            return NULL; // behind the closing quote, or a quote within a plain field
        if (*from == '"' && from[1] == '"')
            *to++ = *from++;
        else if (*from == '"')
            closed = true;
        else
            *to++ = *from;
    }
    if (!closed)
        return NULL;
    *next = *from == ',' ? from + 1 : NULL;
    *to = '\0';
    return field;
}

static const char *keep(struct reading *reading, const char *text)
{
    return text_escape(&reading->logs->memory, bytes_of_text(text));
}

static bool read_state(const char *text, enum ct_state *state)
{
    *state = CT_ABSENT;
    for (size_t i = 0; i < STATES && *text != '\0'; i++)
        if (state_names[i] != NULL && strcmp(state_names[i], text) == 0)
            *state = (enum ct_state)i;
    return *text == '\0' || *state != CT_ABSENT;
}

static bool read_moment(const char *text, int64_t otherwise, int64_t *seconds)
{
    *seconds = otherwise;
    return *text == '\0' || text_to_time(text, seconds);
}

// A day, written as a day: it is compared as text.
static bool is_day(const char *text)
{
    static const char form[] = "dddd-dd-dd";
    int64_t seconds;
    char moment[] = "0000-00-00T00:00:00Z";
    if (strlen(text) != sizeof form - 1)
        return false;
    memcpy(moment, text, sizeof form - 1);
    return text_to_time(moment, &seconds);
}

static bool read_standing(struct reading *reading, char *const field[3], struct ct_standing *standing)
{
    if (!read_state(field[0], &standing->state))
        return fail(reading, "a state is none of pending, qualified, usable, readonly, retired and rejected");
    if (!read_moment(field[1], INT64_MIN, &standing->since))
        return fail(reading, "the time of a state is not of the form 2026-01-31T00:00:00Z");
    if (standing->state == CT_ABSENT ? *field[2] != '\0' : !is_day(field[2]))
        return fail(reading, "a state, and nothing else, has the day of its list, as 2026-01-31");
    standing->as_of = keep(reading, field[2]);
    return true;
}

// The id must be the key's, or what it vouches for would be another log's.
static bool good_key(struct reading *reading, const char *id, const char *key)
{
    struct arena_mark before = arena_mark(&reading->logs->memory);
    struct bytes octets = {NULL, 0};
    uint8_t digest[32];
    bool good = text_from_base64(&reading->logs->memory, key, &octets) && octets.size != 0;
    if (good)
        digest_sha256(octets, digest);
    good = good && strcmp(text_base64(&reading->logs->memory, (struct bytes){digest, 32}), id) == 0;
    arena_rewind(&reading->logs->memory, before);
    return good;
}

static bool read_row(struct reading *reading, char *const field[COLUMNS], struct ct_log *log)
{
    log->tiled = strcmp(field[API], "static-ct-api") == 0;
    log->test = strcmp(field[USE], "test") == 0;
    if (!log->tiled && strcmp(field[API], "rfc6962") != 0)
        return fail(reading, "the API of a log is rfc6962 or static-ct-api");
    if (!log->test && *field[USE] != '\0')
        return fail(reading, "the use of a log is empty, or test");
    for (size_t i = 0; i < CT_PROGRAMS; i++)
        if (!read_standing(reading, field + STATE + 3 * i, &log->standing[i]))
            return false;
    if (!read_moment(field[FROM], INT64_MIN, &log->from) || !read_moment(field[UNTIL], INT64_MAX, &log->until))
        return fail(reading, "a time is not of the form 2026-01-31T00:00:00Z");
    if (*field[NAME] == '\0' || *field[OPERATOR] == '\0')
        return fail(reading, "a log has no name or no operator");
    if (!good_key(reading, field[LOG_ID], field[KEY]))
        return fail(reading, "the id of a log is not the SHA-256 of its key, both in base64");
    log->id = keep(reading, field[LOG_ID]);
    log->name = keep(reading, field[NAME]);
    log->operator= keep(reading, field[OPERATOR]);
    log->key = arena_text(&reading->logs->memory, "%s", field[KEY]);
    return true;
}

static bool add(struct reading *reading, const struct ct_log *log)
{
    struct ct_logs *logs = reading->logs;
    for (size_t i = 0; i < logs->count; i++)
        if (strcmp(logs->row[i].id, log->id) == 0)
            return fail(reading, "the log stands there twice");
    if (logs->count == CT_LOGS_LIMIT)
        return fail(reading, "the list is too long: 10000 logs are as many as fit");
    if (logs->count == reading->room) {
        reading->room = reading->room == 0 ? 256 : 2 * reading->room;
        struct ct_log *rows = arena_array(&logs->memory, reading->room, sizeof *rows);
        if (logs->count != 0)
            memcpy(rows, reading->row, logs->count * sizeof *rows);
        logs->row = reading->row = rows;
    }
    reading->row[logs->count++] = *log;
    return true;
}

static bool take_line(struct reading *reading, char *line)
{
    char *field[COLUMNS], *next = line;
    struct ct_log log = {0};
    if (reading->line == 1)
        return strcmp(line, header) == 0 ||
               fail(reading, "expected the columns of data/ct-logs.csv: log_id, name, operator, ...");
    for (size_t i = 0; i < COLUMNS; i++)
        if ((field[i] = next == NULL ? NULL : take_field(&next)) == NULL)
            return fail(reading, "expected 15 fields");
    if (next != NULL)
        return fail(reading, "expected 15 fields");
    return read_row(reading, field, &log) && add(reading, &log);
}

static bool read_lines(struct reading *reading)
{
    char line[LINE];
    while (fgets(line, sizeof line, reading->file) != NULL) {
        size_t size = strlen(line);
        reading->line++;
        bool whole = size != 0 && (line[size - 1] == '\n' || feof(reading->file));
        if (!whole)
            return fail(reading, "the line is too long, or holds a NUL");
        while (size != 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
            line[--size] = '\0';
        if (!take_line(reading, line))
            return false;
    }
    if (ferror(reading->file))
        return complain(reading->complaint, "cannot read '%s': %m", reading->logs->name);
    return reading->logs->count != 0 || complain(reading->complaint, "'%s' holds no log", reading->logs->name);
}

static FILE *open_file(const char *path, struct complaint *complaint)
{
    struct stat status;
    FILE *file = fopen(path, "re");
    if (file != NULL && fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
        fclose(file);
        errno = EISDIR;
        file = NULL;
    }
    if (file == NULL)
        complain(complaint, "cannot read '%s': %m", path);
    return file;
}

struct ct_logs *ct_logs_open(const char *path, struct complaint *complaint)
{
    FILE *file = open_file(path, complaint);
    if (file == NULL)
        return NULL;
    struct ct_logs *logs = calloc(1, sizeof *logs);
    if (logs == NULL)
        die("out of memory");
    logs->name = arena_text(&logs->memory, "%s", path);
    struct reading reading = {.file = file, .logs = logs, .complaint = complaint};
    bool good = read_lines(&reading);
    fclose(file);
    if (good)
        return logs;
    ct_logs_close(logs);
    return NULL;
}

void ct_logs_close(struct ct_logs *logs)
{
    if (logs == NULL)
        return;
    arena_release(&logs->memory);
    free(logs);
}

const struct ct_logs *ct_pool_open(struct ct_pool *pool, const char *path, struct complaint *complaint)
{
    if (path == NULL)
        return NULL;
    for (struct ct_logs *logs = pool->first; logs != NULL; logs = logs->next)
        if (strcmp(logs->name, path) == 0)
            return logs;
    struct ct_logs *logs = ct_logs_open(path, complaint);
    if (logs == NULL)
        return NULL;
    logs->next = pool->first;
    pool->first = logs;
    return logs;
}

void ct_pool_close(struct ct_pool *pool)
{
    for (struct ct_logs *logs = pool->first, *next; logs != NULL; logs = next) {
        next = logs->next;
        ct_logs_close(logs);
    }
    pool->first = NULL;
}

// --- asking ----------------------------------------------------------------------------------------

const char *ct_logs_name(const struct ct_logs *logs) { return logs->name; }
size_t ct_logs_size(const struct ct_logs *logs) { return logs->count; }

const struct ct_log *ct_logs_find(const struct ct_logs *logs, const uint8_t id[32])
{
    struct arena scratch = {0};
    const struct ct_log *found = NULL;
    const char *text = text_base64(&scratch, (struct bytes){id, 32});
    for (size_t i = 0; i < logs->count && found == NULL; i++)
        if (strcmp(logs->row[i].id, text) == 0)
            found = &logs->row[i];
    arena_release(&scratch);
    return found;
}

const char *ct_logs_date(const struct ct_logs *logs, enum ct_program program)
{
    const char *newest = "";
    for (size_t i = 0; i < logs->count; i++)
        if (strcmp(logs->row[i].standing[program].as_of, newest) > 0)
            newest = logs->row[i].standing[program].as_of;
    return *newest == '\0' ? NULL : newest;
}
