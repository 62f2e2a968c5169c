// SPDX-License-Identifier: Apache-2.0
//
// As the clients of Redis write such URLs, with the queue's name where they have a number of a database. User, password
// and settings may have their octets in percent signs (RFC 3986 section 2.1).
#include "run/queue_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDIS_PORT 6379

// A part of the text.
struct part {
    const char *start;
    size_t size;
};

// Up to the first of the octets in `ends`, or to the end; the text goes on behind it.
static struct part take(const char **text, const char *ends)
{
    struct part part = {*text, strcspn(*text, ends)};
    *text += part.size;
    return part;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// False: it does not fit, a percent sign is wrong, or stands for a NUL.
static bool decode(struct part part, char *out, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < part.size; i++) {
        char c = part.start[i];
        if (c == '%') {
            int high = part.size - i > 2 ? hex_value(part.start[i + 1]) : -1;
            int low = part.size - i > 2 ? hex_value(part.start[i + 2]) : -1;
            c = high < 0 || low < 0 ? '\0' : (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || used + 1 >= room)
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    return true;
}

static bool read_number(struct part part, unsigned least, unsigned most, unsigned *number)
{
    unsigned long value = 0;
    for (size_t i = 0; i < part.size; i++) {
        if (part.start[i] < '0' || part.start[i] > '9' || value > most)
            return false;
        value = value * 10 + (unsigned long)(part.start[i] - '0');
    }
    *number = (unsigned)value;
    return part.size != 0 && value >= least && value <= most;
}

// --- the parts -------------------------------------------------------------------------------------

static bool read_user(struct part part, struct queue_url *url, struct complaint *complaint)
{
    const char *colon = memchr(part.start, ':', part.size);
    struct part user = {part.start, colon == NULL ? part.size : (size_t)(colon - part.start)};
    struct part password = {part.start + user.size + 1, colon == NULL ? 0 : part.size - user.size - 1};
    return (decode(user, url->user, sizeof url->user) && decode(password, url->password, sizeof url->password)) ||
           complain(complaint, "the user or the password in the queue's URL is malformed or too long");
}

// HOST, HOST:PORT, [IPV6] or [IPV6]:PORT
static bool read_host(struct part part, struct queue_url *url, struct complaint *complaint)
{
    const char *end = part.start + part.size, *next = part.start;
    bool bracketed = part.size != 0 && *next == '[';
    const char *close = bracketed ? memchr(next, ']', part.size) : memchr(next, ':', part.size);
    if (close == NULL)
        close = end;
    size_t size = (size_t)(close - next) - bracketed;
    bool good = size != 0 && size < sizeof url->host && !(bracketed && close == end);
    if (!good)
        return complain(complaint, "the queue's URL names no host: redis://HOST/NAME");
    snprintf(url->host, sizeof url->host, "%.*s", (int)size, next + bracketed);
    next = close + bracketed;
    unsigned port = REDIS_PORT;
    if (next != end)
        good = *next == ':' && read_number((struct part){next + 1, (size_t)(end - next) - 1}, 1, UINT16_MAX, &port);
    url->port = (uint16_t)port;
    return good || complain(complaint, "the port in the queue's URL is a number from 1 to 65535");
}

static bool read_name(struct part part, struct queue_url *url, struct complaint *complaint)
{
    snprintf(url->name, sizeof url->name, "%.*s", part.size > QUEUE_NAME ? 0 : (int)part.size, part.start);
    size_t good = strspn(url->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return (good != 0 && good == part.size) ||
           complain(complaint,
                    "the queue's URL ends in its name: /NAME, of at most %d letters, digits, '.', '_' and '-'",
                    QUEUE_NAME);
}

static bool is_word(struct part part, const char *word)
{
    return part.size == strlen(word) && memcmp(part.start, word, part.size) == 0;
}

static bool read_count(struct part name, struct part value, struct queue_url *url, struct complaint *complaint)
{
    unsigned seconds = 0;
    if (is_word(name, "jobs"))
        return read_number(value, 1, 100000000, &url->jobs) ||
               complain(complaint, "'jobs' in the queue's URL is a number from 1 to 100000000");
    if (is_word(name, "results"))
        return read_number(value, 1, 100000000, &url->results) ||
               complain(complaint, "'results' in the queue's URL is a number from 1 to 100000000");
    if (!is_word(name, "lease"))
        return complain(complaint, "the settings in a queue's URL are lease, jobs, results, ca, cert and key");
    bool good = read_number(value, 1, 86400, &seconds);
    url->lease_ms = seconds * 1000;
    return good || complain(complaint, "'lease' in the queue's URL is a number of seconds from 1 to 86400");
}

static bool read_setting(struct part name, struct part value, struct queue_url *url, struct complaint *complaint)
{
    char *file = is_word(name, "ca")     ? url->ca
                 : is_word(name, "cert") ? url->cert
                 : is_word(name, "key")  ? url->key
                                         : NULL;
    if (file == NULL)
        return read_count(name, value, url, complaint);
    if (!url->tls)
        return complain(complaint, "ca, cert and key in a queue's URL go with rediss://");
    return (value.size != 0 && decode(value, file, QUEUE_FILE)) ||
           complain(complaint, "a file in the queue's URL is malformed or too long");
}

static bool read_settings(const char *text, struct queue_url *url, struct complaint *complaint)
{
    while (*text != '\0') {
        text++; // '?' or '&'
        struct part name = take(&text, "=&"), value = {text, 0};
        if (*text == '=') {
            text++;
            value = take(&text, "&");
        }
        if (!read_setting(name, value, url, complaint))
            return false;
    }
    return (url->cert[0] == '\0') == (url->key[0] == '\0') ||
           complain(complaint, "cert and key in a queue's URL go together");
}

bool queue_url_parse(const char *text, struct queue_url *url, struct complaint *complaint)
{
    static const char plain[] = "redis://", secure[] = "rediss://";
    *url = (struct queue_url){.lease_ms = 60000, .jobs = 100000, .results = 10000};
    url->tls = strncmp(text, secure, sizeof secure - 1) == 0;
    if (!url->tls && strncmp(text, plain, sizeof plain - 1) != 0)
        return complain(complaint, "a queue is named by a URL: redis://HOST[:PORT]/NAME, or rediss:// with TLS");
    text += url->tls ? sizeof secure - 1 : sizeof plain - 1;
    // A password may hold what would end it, and so the last '@' counts.
    const char *at = NULL, *found = text;
    for (size_t end = strcspn(text, "?"); (found = memchr(found, '@', end - (size_t)(found - text))) != NULL; found++)
        at = found;
    if (at != NULL && !read_user((struct part){text, (size_t)(at - text)}, url, complaint))
        return false;
    text = at == NULL ? text : at + 1;
    if (!read_host(take(&text, "/?"), url, complaint))
        return false;
    text += *text == '/';
    return read_name(take(&text, "?"), url, complaint) && read_settings(text, url, complaint);
}

// --- the password elsewhere ------------------------------------------------------------------------

static bool keep_password(const char *text, struct queue_url *url, struct complaint *complaint)
{
    size_t size = strcspn(text, "\r\n");
    if (size == 0 || size >= sizeof url->password)
        return complain(complaint, "the queue's password is empty, or longer than %d octets", QUEUE_SECRET - 1);
    memcpy(url->password, text, size);
    url->password[size] = '\0';
    return true;
}

// What was given is not repeated where it may be the password itself.
bool queue_url_password(const char *where, struct queue_url *url, struct complaint *complaint)
{
    char line[QUEUE_SECRET + 2];
    if (url->password[0] != '\0')
        return complain(complaint, "the queue's password stands in its URL already");
    if (strncmp(where, "env:", 4) == 0 && where[4] != '\0') {
        const char *text = getenv(where + 4);
        return text != NULL
                   ? keep_password(text, url, complaint)
                   : complain(complaint, "the environment has no variable '%s' to take the password from", where + 4);
    }
    if (strncmp(where, "file:", 5) != 0 || where[5] == '\0')
        return complain(complaint, "the queue's password is given as env:NAME or file:PATH, never itself");
    FILE *file = fopen(where + 5, "re");
    if (file == NULL)
        return complain(complaint, "cannot read '%s': %m", where + 5);
    setvbuf(file, NULL, _IONBF, 0); // stdio's own buffer would keep a copy
    bool read = fgets(line, sizeof line, file) != NULL && keep_password(line, url, complaint);
    fclose(file);
    explicit_bzero(line, sizeof line);
    return read || complain(complaint, "'%s' holds no password in its first line", where + 5);
}
