// SPDX-License-Identifier: Apache-2.0
//
// Logs of Certificate Transparency (RFC 6962), and how they stand in the lists of Chrome and Apple on a day. A table of
// data/ct-logs.csv is built in; a file of the same form can take its place, so that the lists can be renewed without a
// new program.
#ifndef WIRE_CT_LOGS_H
#define WIRE_CT_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#define CT_LOGS_LIMIT 10000 // logs of one file

enum ct_program { CT_CHROME, CT_APPLE };
#define CT_PROGRAMS 2

// Of a log in a list. Those of the middle three are taken from; SCTs of a retired log count where they are older than
// that.
enum ct_state { CT_ABSENT, CT_PENDING, CT_QUALIFIED, CT_USABLE, CT_READONLY, CT_RETIRED, CT_REJECTED };

struct ct_standing {
    enum ct_state state;
    int64_t since;     // seconds since 1970; INT64_MIN: not known
    const char *as_of; // day of the list, "2026-08-21"; "" for a log that is not in it
};

struct ct_log {
    const char *id; // base64 of the SHA-256 of its key
    const char *name, *operator;
    bool tiled; // has the static API (static-ct-api) instead of RFC 6962's
    bool test;  // no list is meant to have it
    struct ct_standing standing[CT_PROGRAMS];
    int64_t from, until; // takes certificates that end in [from, until)
    const char *key;     // SubjectPublicKeyInfo, base64
};

struct ct_logs;

const char *ct_program_name(enum ct_program program); // "chrome", "apple"
const char *ct_state_name(enum ct_state state);       // "usable"; NULL: absent

const struct ct_logs *ct_logs_built_in(void);

// NULL and a complaint that names file and line: it cannot be read, or a line is not what data/README.md says.
struct ct_logs *ct_logs_open(const char *path, struct complaint *complaint);
void ct_logs_close(struct ct_logs *logs);

// Files that were opened before are not read again. NULL without a complaint: path is NULL.
struct ct_pool {
    struct ct_logs *first;
};
const struct ct_logs *ct_pool_open(struct ct_pool *pool, const char *path, struct complaint *complaint);
void ct_pool_close(struct ct_pool *pool);

const char *ct_logs_name(const struct ct_logs *logs); // the path, or "built-in"
size_t ct_logs_size(const struct ct_logs *logs);

// NULL: it has no such log.
const struct ct_log *ct_logs_find(const struct ct_logs *logs, const uint8_t id[32]);

// The day that a program's list stands for, the newest of its logs; NULL: the table has no log of that list.
const char *ct_logs_date(const struct ct_logs *logs, enum ct_program program);

#endif
