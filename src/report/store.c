// SPDX-License-Identifier: Apache-2.0
//
// The only file that knows SQLite. Three tables: targets, the states that they were found in (each once, by the hash
// of its text), and scans, which say when a target was in which state. Rows are only ever added, so that a reader
// who looks no further than the row that was the last when it came sees one moment, without holding up writers.
#include "report/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/store_name.h"

#define APPLICATION 0x53686b64 // "Shkd", where SQLite files say whose they are
#define VERSION     1
#define PATIENCE_MS 5000 // for others who have it locked
#define TEXT_MOST   (72 << 20)

enum query {
#define QUERY(id, sql) id,
#include "store.def"
    QUERIES
};

static const char *const queries[] = {
#define QUERY(id, sql) sql,
#include "store.def"
};

static const char tables[] =
#define TABLE(sql) sql ";"
#include "store.def"
    ;

struct store {
    sqlite3 *file;
    char *name;
    sqlite3_stmt *statement[QUERIES];
    int64_t last; // scan that is looked at
    char *host;   // of the targets that are wanted; NULL: all
    unsigned port;
};

// --- what goes wrong -----------------------------------------------------------------------------

static bool is_busy(const struct store *store)
{
    int code = sqlite3_errcode(store->file) & 0xff;
    return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

static bool fail(const struct store *store, struct complaint *complaint)
{
    int system = sqlite3_system_errno(store->file);
    switch (sqlite3_errcode(store->file) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return complain(complaint, "the store '%.200s' is locked by another process", store->name);
    case SQLITE_NOTADB:
        return complain(complaint, "'%.200s' is no store: it is no SQLite file", store->name);
    case SQLITE_CORRUPT:
        return complain(complaint, "the store '%.200s' is damaged: %s", store->name, sqlite3_errmsg(store->file));
    case SQLITE_NOMEM:
        die("out of memory");
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        if (system != 0)
            return complain(complaint, "cannot use the store '%.200s': %s", store->name, strerror(system));
        break;
    default:
        break;
    }
    return complain(complaint, "cannot use the store '%.200s': %s", store->name, sqlite3_errmsg(store->file));
}

static bool run(struct store *store, const char *sql, struct complaint *complaint)
{
    return sqlite3_exec(store->file, sql, NULL, NULL, NULL) == SQLITE_OK || fail(store, complaint);
}

static bool number_of(struct store *store, const char *sql, int64_t *out, struct complaint *complaint)
{
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(store->file, sql, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;
    if (good)
        *out = sqlite3_column_int64(statement, 0);
    else
        fail(store, complaint);
    sqlite3_finalize(statement);
    return good;
}

// --- opening -------------------------------------------------------------------------------------

static struct store *open_file(const char *name, bool writing, struct complaint *complaint)
{
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_READWRITE | (writing ? SQLITE_OPEN_CREATE : 0);
    if (!store_name_usable(name, writing, complaint))
        return NULL;
    struct store *store = calloc(1, sizeof *store);
    char *uri = store_uri(name, writing);
    if (store == NULL || (store->name = strdup(name)) == NULL)
        die("out of memory");
    int code = sqlite3_open_v2(uri, &store->file, flags, NULL);
    free(uri);
    if (store->file == NULL)
        die("out of memory");
    if (code == SQLITE_OK) {
        // Whoever made the file may have put more than rows into it.
        sqlite3_db_config(store->file, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(store->file, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
        sqlite3_db_config(store->file, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
        sqlite3_db_config(store->file, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_limit(store->file, SQLITE_LIMIT_LENGTH, TEXT_MOST);
        sqlite3_busy_timeout(store->file, PATIENCE_MS);
        return store;
    }
    fail(store, complaint);
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < QUERIES; i++)
        sqlite3_finalize(store->statement[i]);
    sqlite3_close(store->file);
    free(store->host);
    free(store->name);
    free(store);
}

// An empty file is nobody's yet: *fresh.
static bool is_ours(struct store *store, bool *fresh, struct complaint *complaint)
{
    int64_t application, version, things;
    if (!number_of(store, "pragma application_id", &application, complaint) ||
        !number_of(store, "pragma user_version", &version, complaint) ||
        !number_of(store, "select count(*) from sqlite_master", &things, complaint))
        return false;
    *fresh = application == 0 && version == 0 && things == 0;
    if (!*fresh && application != APPLICATION)
        return complain(complaint, "'%.200s' is no store: it is another program's SQLite file", store->name);
    if (!*fresh && version != VERSION)
        return complain(complaint, "the store '%.200s' is of version %lld, and only version %d is understood",
                        store->name, (long long)version, VERSION);
    return true;
}

// Others may be about to do the same, and this is where SQLite does not wait by itself.
static bool use_log(struct store *store, struct complaint *complaint)
{
    unsigned waited = 0;
    while (sqlite3_exec(store->file, "pragma journal_mode = wal", NULL, NULL, NULL) != SQLITE_OK) {
        if (!is_busy(store) || waited >= PATIENCE_MS)
            return fail(store, complaint);
        usleep(20000);
        waited += 20;
    }
    return run(store, "pragma synchronous = normal", complaint);
}

static bool make_tables(struct store *store, struct complaint *complaint)
{
    char sql[sizeof tables + 128];
    bool fresh = true;
    if (!run(store, "begin immediate", complaint))
        return false;
    snprintf(sql, sizeof sql, "%spragma application_id = %d; pragma user_version = %d; commit", tables, APPLICATION,
             VERSION);
    if (is_ours(store, &fresh, complaint) && (fresh ? run(store, sql, complaint) : run(store, "commit", complaint)))
        return true;
    sqlite3_exec(store->file, "rollback", NULL, NULL, NULL);
    return false;
}

struct store *store_create(const char *name, struct complaint *complaint)
{
    bool fresh = false;
    struct store *store = open_file(name, true, complaint);
    if (store == NULL)
        return NULL;
    if (sqlite3_db_readonly(store->file, "main") == 1)
        complain(complaint, "cannot write the store '%.200s': it is read-only", name);
    else if (is_ours(store, &fresh, complaint) && use_log(store, complaint) &&
             (!fresh || make_tables(store, complaint)) && run(store, "begin immediate; rollback", complaint))
        return store;
    store_close(store);
    return NULL;
}

struct store *store_open(const char *name, struct complaint *complaint)
{
    bool fresh = false;
    struct store *store = open_file(name, false, complaint);
    if (store == NULL)
        return NULL;
    if (is_ours(store, &fresh, complaint) && fresh)
        complain(complaint, "the store '%.200s' is empty", name);
    if (complaint->text[0] == '\0' &&
        number_of(store, "select coalesce(max(id), 0) from scan", &store->last, complaint))
        return store;
    store_close(store);
    return NULL;
}

void store_harden(struct store *store) { sqlite3_exec(store->file, "pragma synchronous = full", NULL, NULL, NULL); }

// --- queries -------------------------------------------------------------------------------------

// Ready to be given its values; NULL: it cannot be, as where the tables are other ones.
static sqlite3_stmt *query(struct store *store, enum query which, struct complaint *complaint)
{
    sqlite3_stmt **statement = &store->statement[which];
    if (*statement != NULL) {
        sqlite3_reset(*statement);
        return *statement;
    }
    if (sqlite3_prepare_v3(store->file, queries[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
        fail(store, complaint);
    return *statement;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    if (text == NULL)
        sqlite3_bind_null(statement, index);
    else
        sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

static void bind_octets(sqlite3_stmt *statement, int index, struct bytes text)
{
    sqlite3_bind_text64(statement, index, (const char *)text.data, text.size, SQLITE_STATIC, SQLITE_UTF8);
}

static void bind_target(sqlite3_stmt *statement, const struct store_target *target)
{
    bind_text(statement, 1, target->host);
    sqlite3_bind_int64(statement, 2, target->port);
    bind_text(statement, 3, target->transport);
    bind_text(statement, 4, target->starttls);
    bind_text(statement, 5, target->server_name);
}

// False: at its end, or with a complaint. Either way the next call begins anew.
static bool step(struct store *store, sqlite3_stmt *statement, struct complaint *complaint)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        fail(store, complaint);
    sqlite3_reset(statement);
    return false;
}

// --- writing -------------------------------------------------------------------------------------

static sqlite3_stmt *add_target(struct store *store, const struct store_target *target, struct complaint *complaint)
{
    sqlite3_stmt *statement = query(store, ADD_TARGET, complaint);
    if (statement != NULL)
        bind_target(statement, target);
    return statement;
}

static sqlite3_stmt *add_state(struct store *store, const struct store_scan *scan, struct complaint *complaint)
{
    const struct store_line *line = &scan->line;
    const char *texts[] = {line->status, line->grade, line->at_best, line->at_worst, line->policy, line->verdict};
    sqlite3_stmt *statement = query(store, ADD_STATE, complaint);
    if (statement == NULL)
        return NULL;
    sqlite3_bind_blob(statement, 1, scan->hash, sizeof scan->hash, SQLITE_STATIC);
    bind_octets(statement, 2, scan->state);
    for (int i = 0; i < 6; i++)
        bind_text(statement, 3 + i, texts[i]);
    for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++)
        sqlite3_bind_int64(statement, 9 + i - SEVERITY_INFO, line->findings[i]);
    bind_text(statement, 14, line->ids);
    bind_text(statement, 15, line->certificates);
    if (line->ends == INT64_MAX)
        sqlite3_bind_null(statement, 16);
    else
        sqlite3_bind_int64(statement, 16, line->ends);
    return statement;
}

static sqlite3_stmt *add_scan(struct store *store, const struct store_target *target, const struct store_scan *scan,
                              struct complaint *complaint)
{
    sqlite3_stmt *statement = query(store, ADD_SCAN, complaint);
    if (statement == NULL)
        return NULL;
    bind_target(statement, target);
    sqlite3_bind_int64(statement, 6, scan->at);
    sqlite3_bind_blob(statement, 7, scan->hash, sizeof scan->hash, SQLITE_STATIC);
    bind_octets(statement, 8, scan->kept);
    return statement;
}

static bool done(struct store *store, sqlite3_stmt *statement, struct complaint *complaint)
{
    if (statement == NULL)
        return false;
    bool good = sqlite3_step(statement) == SQLITE_DONE || fail(store, complaint);
    sqlite3_reset(statement);
    return good;
}

bool store_add(struct store *store, const struct store_target *target, const struct store_scan *scan,
               unsigned patience_ms, struct complaint *complaint)
{
    sqlite3_busy_timeout(store->file, (int)patience_ms);
    if (sqlite3_exec(store->file, "begin immediate", NULL, NULL, NULL) != SQLITE_OK)
        return is_busy(store) ? false : fail(store, complaint);
    sqlite3_busy_timeout(store->file, PATIENCE_MS);
    if (done(store, add_target(store, target, complaint), complaint) &&
        done(store, add_state(store, scan, complaint), complaint) &&
        done(store, add_scan(store, target, scan, complaint), complaint) && run(store, "commit", complaint))
        return true;
    sqlite3_exec(store->file, "rollback", NULL, NULL, NULL);
    return false;
}

// --- reading -------------------------------------------------------------------------------------

static const char *text_at(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

static struct bytes octets_at(sqlite3_stmt *statement, int column)
{
    const void *data = sqlite3_column_text(statement, column);
    return (struct bytes){data, data == NULL ? 0 : (size_t)sqlite3_column_bytes(statement, column)};
}

static void read_hash(sqlite3_stmt *statement, int column, uint8_t out[32])
{
    const void *data = sqlite3_column_blob(statement, column);
    memset(out, 0, 32);
    if (data != NULL && sqlite3_column_bytes(statement, column) == 32)
        memcpy(out, data, 32);
}

void store_narrow(struct store *store, const char *host, unsigned port)
{
    free(store->host);
    store->host = strdup(host);
    if (store->host == NULL)
        die("out of memory");
    store->port = port;
}

// A statement that is being stepped through, or one that begins.
static sqlite3_stmt *resume(struct store *store, enum query which, bool *begins, struct complaint *complaint)
{
    sqlite3_stmt *statement = store->statement[which];
    *begins = statement == NULL || !sqlite3_stmt_busy(statement);
    return *begins ? query(store, which, complaint) : statement;
}

bool store_next_target(struct store *store, struct store_target *out, struct complaint *complaint)
{
    bool begins;
    sqlite3_stmt *statement = resume(store, TARGETS, &begins, complaint);
    if (statement == NULL)
        return false;
    if (begins) {
        bind_text(statement, 1, store->host);
        sqlite3_bind_int64(statement, 2, store->port);
        sqlite3_bind_int64(statement, 3, store->last);
    }
    if (!step(store, statement, complaint))
        return false;
    *out = (struct store_target){
        .id = sqlite3_column_int64(statement, 0),
        .host = text_at(statement, 1),
        .port = sqlite3_column_int64(statement, 2),
        .transport = text_at(statement, 3),
        .starttls = text_at(statement, 4),
        .server_name = text_at(statement, 5),
    };
    return true;
}

static struct store_line line_at(sqlite3_stmt *statement, int column)
{
    struct store_line line = {
        .status = text_at(statement, column),
        .grade = text_at(statement, column + 1),
        .at_best = text_at(statement, column + 2),
        .at_worst = text_at(statement, column + 3),
        .policy = text_at(statement, column + 4),
        .verdict = text_at(statement, column + 5),
        .ids = text_at(statement, column + 11),
        .certificates = text_at(statement, column + 12),
        .ends = INT64_MAX,
    };
    for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++)
        line.findings[i] = sqlite3_column_int64(statement, column + 6 + i - SEVERITY_INFO);
    if (sqlite3_column_type(statement, column + 13) == SQLITE_INTEGER)
        line.ends = sqlite3_column_int64(statement, column + 13);
    return line;
}

bool store_next_scan(struct store *store, int64_t target, struct store_scan *out, struct complaint *complaint)
{
    bool begins;
    sqlite3_stmt *statement = resume(store, SCANS, &begins, complaint);
    if (statement == NULL)
        return false;
    if (begins) {
        sqlite3_bind_int64(statement, 1, target);
        sqlite3_bind_int64(statement, 2, store->last);
    }
    if (!step(store, statement, complaint))
        return false;
    *out = (struct store_scan){.at = sqlite3_column_int64(statement, 0), .line = line_at(statement, 2)};
    read_hash(statement, 1, out->hash);
    return true;
}

bool store_find(struct store *store, struct store_target *target, struct complaint *complaint)
{
    sqlite3_stmt *statement = query(store, FIND, complaint);
    if (statement == NULL)
        return false;
    bind_target(statement, target);
    if (!step(store, statement, complaint))
        return false;
    target->id = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return true;
}

static bool read_report(struct store *store, sqlite3_stmt *statement, int64_t target, struct store_scan *out,
                        struct complaint *complaint)
{
    sqlite3_bind_int64(statement, 1, target);
    sqlite3_bind_int64(statement, 2, store->last);
    if (!step(store, statement, complaint))
        return false;
    *out = (struct store_scan){
        .at = sqlite3_column_int64(statement, 0),
        .state = octets_at(statement, 2),
        .kept = octets_at(statement, 3),
    };
    read_hash(statement, 1, out->hash);
    return true;
}

bool store_last(struct store *store, int64_t target, int64_t until, struct store_scan *out, struct complaint *complaint)
{
    sqlite3_stmt *statement = query(store, LAST, complaint);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 3, until);
    return read_report(store, statement, target, out, complaint);
}

bool store_before(struct store *store, int64_t target, unsigned back, struct store_scan *out,
                  struct complaint *complaint)
{
    sqlite3_stmt *statement = query(store, BEFORE, complaint);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 3, back);
    return read_report(store, statement, target, out, complaint);
}
