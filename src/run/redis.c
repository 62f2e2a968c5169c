// SPDX-License-Identifier: Apache-2.0
//
// hiredis writes commands and reads answers, and no more: the connection is our own (redis_connection.c). Answers come
// in the order of the commands, so a list of what is awaited is all that has to be kept. Some errors mean that the
// server cannot do it now: they are treated like a lost connection, which leaves the when to one rule.
#include "run/redis.h"

#include <stdlib.h>
#include <string.h>

const struct redis_value *redis_item(const struct redis_value *list, size_t index)
{
    static const struct redis_value nothing;
    return list == NULL || list->kind != REDIS_LIST || index >= list->count ? &nothing : &list->item[index];
}

#ifdef HAVE_HIREDIS

#include <hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "run/net.h"
#include "run/redis_connection.h"

#define TURNS 64          // of sending and receiving in one step
#define ROOM  (16 * 1024) // octets of one turn

// A command that was sent, or is about to be.
struct awaited {
    void *about;
    struct awaited *next;
};

enum redis_state { DOWN, GREETING, READY };

struct redis {
    struct queue_url url;
    struct redis_calls calls;
    enum redis_state state;
    struct redis_connection *connection;
    redisReader *reader; // NULL: DOWN
    unsigned greetings;  // answers to our own commands that are to come
    uint64_t heard_ms;   // when there was an answer, or nothing was awaited
    uint64_t retry_ms;   // DOWN: until then
    unsigned failures;   // in a row
    bool met, lost;      // it was READY once; and somebody was told that it is not now
    bool refused;        // what it was asked last it could not do; that a greeting is answered says nothing about that
    struct awaited *first, *last;
    struct complaint complaint;
};

// --- losing and making it --------------------------------------------------------------------------

static void take_awaited(struct redis *redis, const struct redis_value *answer)
{
    struct awaited *awaited = redis->first;
    redis->first = awaited->next;
    if (redis->first == NULL)
        redis->last = NULL;
    redis->calls.answered(redis->calls.context, awaited->about, answer);
    free(awaited);
}

static void disconnect(struct redis *redis)
{
    redis_connection_end(redis->connection);
    if (redis->reader != NULL)
        redisReaderFree(redis->reader);
    redis->reader = NULL;
    redis->state = DOWN;
    while (redis->first != NULL)
        take_awaited(redis, NULL);
}

static void lose(struct redis *redis, const char *what, const char *why)
{
    struct complaint sentence = {0};
    complain(&sentence, "%s: %.300s", what, why);
    uint64_t pause = (uint64_t)REDIS_PAUSE_MS << (redis->failures < 6 ? redis->failures : 6);
    redis->retry_ms = net_now() + (pause < REDIS_LONGEST_MS ? pause : REDIS_LONGEST_MS);
    redis->failures++;
    disconnect(redis);
    if (!redis->lost)
        redis->calls.told(redis->calls.context, sentence.text);
    redis->lost = true;
}

static void recover(struct redis *redis)
{
    bool lost = redis->lost;
    redis->failures = 0;
    redis->refused = redis->lost = false;
    if (lost)
        redis->calls.told(redis->calls.context, "the queue is there again");
}

static void fail(struct redis *redis, const char *format, const char *what)
{
    struct complaint sentence = {0};
    complain(&sentence, format, what);
    complain(&redis->complaint, "%s", sentence.text);
    disconnect(redis);
}

// A first connection is worth one try: the URL may be wrong.
static void lose_or_fail(struct redis *redis, const char *why)
{
    char where[400];
    if (redis->met) {
        lose(redis, "the connection to the queue is lost and will be made again", why);
        return;
    }
    snprintf(where, sizeof where, "%s, port %u: %.100s", redis->url.host, (unsigned)redis->url.port, why);
    fail(redis, "there is no connection to the queue on %s", where);
}

static void come_down(struct redis *redis)
{
    bool lasting;
    const char *why = redis_connection_trouble(redis->connection, &lasting);
    if (lasting)
        fail(redis, "%s", why);
    else
        lose_or_fail(redis, why);
}

static void append(struct redis *redis, const struct bytes *words, size_t count)
{
    const char *text[16], **word = count <= 16 ? text : calloc(count, sizeof *word);
    size_t length[16], *size = count <= 16 ? length : calloc(count, sizeof *size);
    if (word == NULL || size == NULL)
        die("out of memory");
    for (size_t i = 0; i < count; i++) {
        word[i] = (const char *)words[i].data;
        size[i] = words[i].size;
    }
    char *command = NULL;
    int written = (int)redisFormatCommandArgv(&command, (int)count, word, size);
    if (written < 0)
        die("out of memory");
    redis_connection_send(redis->connection, (struct bytes){(const uint8_t *)command, (size_t)written});
    redisFreeCommand(command);
    if (word != text) {
        free(word);
        free(size);
    }
}

static void greet(struct redis *redis)
{
    const struct queue_url *url = &redis->url;
    struct bytes words[3] = {bytes_of_text("AUTH"), bytes_of_text(url->user), bytes_of_text(url->password)};
    redis->greetings = 1;
    if (url->password[0] != '\0' && url->user[0] == '\0') {
        words[1] = words[2];
        append(redis, words, 2);
        redis->greetings++;
    } else if (url->password[0] != '\0') {
        append(redis, words, 3);
        redis->greetings++;
    }
    words[0] = bytes_of_text("PING");
    append(redis, words, 1);
}

static void connect_again(struct redis *redis)
{
    redis->reader = redisReaderCreate();
    if (redis->reader == NULL)
        die("out of memory");
    redis->heard_ms = net_now();
    redis->state = GREETING;
    redis_connection_begin(redis->connection);
    if (redis_connection_is_down(redis->connection))
        come_down(redis);
    else
        greet(redis);
}

// --- answers ---------------------------------------------------------------------------------------

static struct redis_value value_of(struct arena *arena, const redisReply *reply)
{
    struct redis_value value = {.kind = REDIS_NOTHING};
    if (reply == NULL)
        return value;
    switch (reply->type) {
    case REDIS_REPLY_INTEGER:
        value.kind = REDIS_NUMBER;
        value.number = reply->integer;
        break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        value.kind = REDIS_TEXT;
        value.text = (struct bytes){(const uint8_t *)reply->str, reply->len};
        break;
    case REDIS_REPLY_ARRAY: {
        struct redis_value *item = arena_array(arena, reply->elements, sizeof *item);
        for (size_t i = 0; i < reply->elements; i++)
            item[i] = value_of(arena, reply->element[i]);
        value.kind = REDIS_LIST;
        value.item = item;
        value.count = reply->elements;
        break;
    }
    default:
        break;
    }
    return value;
}

static bool passes(const char *error)
{
    // From within a script the word stands somewhere in the sentence.
    static const char *const words[] = {"LOADING", "READONLY ",   "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN",
                                        "BUSY ",   "OOM command", "MISCONF",    "NOREPLICAS",  "max number of clients"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(error, words[i]) != NULL)
            return true;
    return false;
}

static bool begins(const char *text, const char *beginning) { return strncmp(text, beginning, strlen(beginning)) == 0; }

static void refuse(struct redis *redis, const char *error)
{
    if (passes(error)) {
        redis->refused = true;
        lose(redis, "the queue's server cannot do its work now and will be asked again", error);
        return;
    }
    if (begins(error, "NOAUTH"))
        fail(redis, "the queue's server wants a password%s", "");
    else if (begins(error, "WRONGPASS") || begins(error, "ERR invalid password") || strstr(error, "AUTH") != NULL)
        fail(redis, "the queue's server does not take the user and the password%s", "");
    else if (begins(error, "MOVED"))
        fail(redis, "the queue's server is one of a cluster, and another one has the queue%s", "");
    else if (strstr(error, "nknown command") != NULL || strstr(error, "nknown Redis command") != NULL)
        fail(redis, "the queue's server is too old: Redis has to be 6.2 or later (%s)", error);
    else
        fail(redis, "the queue's server refuses: %s", error);
}

static void greeted(struct redis *redis)
{
    if (--redis->greetings != 0)
        return;
    redis->state = READY;
    redis->met = true;
    if (!redis->refused)
        recover(redis);
}

static void take_reply(struct redis *redis, const redisReply *reply)
{
    redis->heard_ms = net_now();
    if (reply->type == REDIS_REPLY_ERROR) {
        refuse(redis, reply->str);
    } else if (redis->greetings != 0) {
        greeted(redis);
    } else if (redis->first != NULL) {
        struct arena arena = {0};
        struct redis_value value = value_of(&arena, reply);
        if (redis->refused)
            recover(redis);
        take_awaited(redis, &value);
        arena_release(&arena);
    }
}

// What is no Redis, but answers, cannot be told from one that breaks by a later try.
static void take_octets(struct redis *redis, const char *octets, size_t size)
{
    void *reply = NULL;
    bool good = redisReaderFeed(redis->reader, octets, size) == REDIS_OK;
    while (good && redis->reader != NULL && (good = redisReaderGetReply(redis->reader, &reply) == REDIS_OK)) {
        if (reply == NULL)
            return;
        take_reply(redis, reply);
        freeReplyObject(reply);
    }
    if (redis->reader != NULL)
        fail(redis, "what answers at the queue's address does not speak Redis's protocol (%s)", redis->reader->errstr);
}

// --- stepping --------------------------------------------------------------------------------------

static bool is_awaiting(const struct redis *redis) { return redis->greetings != 0 || redis->first != NULL; }

static void work_connection(struct redis *redis, unsigned wait_ms)
{
    struct redis_connection *connection = redis->connection;
    uint8_t octets[ROOM];
    for (unsigned turn = 0; turn < TURNS && redis->state != DOWN; turn++) {
        redis_connection_step(connection);
        size_t size = redis_connection_receive(connection, octets, sizeof octets);
        if (redis_connection_is_down(connection)) {
            come_down(redis);
        } else if (size != 0) {
            take_octets(redis, (const char *)octets, size);
            wait_ms = 0;
        } else if (wait_ms != 0) {
            redis_connection_wait(connection, wait_ms);
            wait_ms = 0;
        } else {
            break;
        }
    }
    if (redis->state == DOWN)
        return;
    if (!is_awaiting(redis) || !redis_connection_is_open(connection))
        redis->heard_ms = net_now();
    else if (net_now() - redis->heard_ms > REDIS_SILENCE_MS)
        lose_or_fail(redis, "it does not answer");
}

void redis_step(struct redis *redis, unsigned wait_ms)
{
    if (redis->complaint.text[0] != '\0')
        return;
    uint64_t now = net_now();
    if (redis->state != DOWN) {
        work_connection(redis, wait_ms);
    } else if (now >= redis->retry_ms) {
        connect_again(redis);
        if (redis->state != DOWN)
            work_connection(redis, wait_ms);
    } else {
        uint64_t left = redis->retry_ms - now;
        usleep((useconds_t)((left < wait_ms ? left : wait_ms) * 1000));
    }
}

bool redis_send(struct redis *redis, const struct bytes *words, size_t count, void *about)
{
    if (redis->state != READY)
        return false;
    struct awaited *awaited = calloc(1, sizeof *awaited);
    if (awaited == NULL)
        die("out of memory");
    if (!is_awaiting(redis))
        redis->heard_ms = net_now();
    append(redis, words, count);
    awaited->about = about;
    if (redis->last == NULL)
        redis->first = awaited;
    else
        redis->last->next = awaited;
    redis->last = awaited;
    return true;
}

const char *redis_trouble(const struct redis *redis)
{
    return redis->complaint.text[0] == '\0' ? NULL : redis->complaint.text;
}

static bool is_wanted(const struct redis *redis)
{
    return redis->calls.wanted == NULL || redis->calls.wanted(redis->calls.context);
}

struct redis *redis_open(const struct queue_url *url, const struct redis_calls *calls, struct complaint *complaint)
{
    signal(SIGPIPE, SIG_IGN);
    struct redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL)
        die("out of memory");
    redis->url = *url;
    redis->connection = redis_connection_new(&redis->url, complaint);
    if (redis->connection == NULL) {
        redis_close(redis);
        return NULL;
    }
    redis->calls = *calls;
    while (!redis->met && redis->complaint.text[0] == '\0' && is_wanted(redis))
        redis_step(redis, REDIS_PAUSE_MS);
    if (redis->met)
        return redis;
    if (redis->complaint.text[0] != '\0')
        complain(complaint, "%s", redis->complaint.text);
    redis_close(redis);
    return NULL;
}

void redis_close(struct redis *redis)
{
    if (redis == NULL)
        return;
    redis_connection_free(redis->connection);
    if (redis->reader != NULL)
        redisReaderFree(redis->reader);
    for (struct awaited *awaited = redis->first, *next; awaited != NULL; awaited = next) {
        next = awaited->next;
        free(awaited);
    }
    explicit_bzero(redis->url.password, sizeof redis->url.password);
    free(redis);
}

#else

struct redis *redis_open(const struct queue_url *url, const struct redis_calls *calls, struct complaint *complaint)
{
    (void)url, (void)calls;
    complain(complaint, "this build has no queue, for hiredis was not there when it was made");
    return NULL;
}

bool redis_send(struct redis *redis, const struct bytes *words, size_t count, void *about)
{
    (void)redis, (void)words, (void)count, (void)about;
    return false;
}

void redis_step(struct redis *redis, unsigned wait_ms) { (void)redis, (void)wait_ms; }

const char *redis_trouble(const struct redis *redis)
{
    (void)redis;
    return NULL;
}

void redis_close(struct redis *redis) { (void)redis; }

#endif
