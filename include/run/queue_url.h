// SPDX-License-Identifier: Apache-2.0
//
// Which queue, on which server, by whom: redis://[USER[:PASSWORD]@]HOST[:PORT]/NAME[?SETTING=VALUE&...]. Nothing of the
// text is repeated in a complaint, for it may hold a password.
#ifndef RUN_QUEUE_URL_H
#define RUN_QUEUE_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define QUEUE_NAME   64   // octets of a queue's name
#define QUEUE_SECRET 1024 // of a password, with its NUL
#define QUEUE_FILE   1024 // of a file's name, with its NUL

struct queue_url {
    bool tls; // rediss://
    char host[256];
    uint16_t port;
    char user[256], password[QUEUE_SECRET]; // "": none
    char name[QUEUE_NAME + 1];              // letters, digits, '.', '_', '-'
    char ca[QUEUE_FILE], cert[QUEUE_FILE], key[QUEUE_FILE];
    unsigned lease_ms; // after so long without a sign of life a worker's targets are another's (60 s)
    unsigned jobs;     // most targets that wait (100000)
    unsigned results;  // reports that wait to be collected after which workers pause (10000)
};

bool queue_url_parse(const char *text, struct queue_url *url, struct complaint *complaint);

// The password from where it stands: "env:NAME", or "file:PATH" (its first line).
bool queue_url_password(const char *where, struct queue_url *url, struct complaint *complaint);

#endif
