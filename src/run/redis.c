// SPDX-License-Identifier: Apache-2.0
//
// hiredis without its adapters: its buffers are filled and emptied here, when somebody steps. Answers come in the order
// of the commands, so a list of what is awaited is all that has to be kept. Some errors mean that the server cannot do
// it now: they are treated like a lost connection, which leaves the when to one rule.
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
#ifdef HAVE_HIREDIS_SSL
#include <hiredis_ssl.h>
#endif
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "run/net.h"
#include "run/redis_tls.h"

#define TURNS 64 // of sending and receiving in one step

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
    redisContext *context;  // NULL: DOWN
    unsigned greetings;     // answers to our own commands that are to come
    uint64_t heard_ms;      // when there was an answer, or nothing was awaited
    uint64_t retry_ms;      // DOWN: until then
    unsigned failures;      // in a row
    struct ssl_ctx_st *tls; // NULL: plain
    struct ssl_st *ssl;     // of the connection, which has it
    bool met, lost;         // it was READY once; and somebody was told that it is not now
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
    if (redis->context != NULL)
        redisFree(redis->context);
    redis->context = NULL;
    redis->ssl = NULL;
    redis->state = DOWN;
    while (redis->first != NULL)
        take_awaited(redis, NULL);
}

static void lose(struct redis *redis, const char *why)
{
    struct complaint sentence = {0};
    complain(&sentence, "the connection to the queue is lost and will be made again: %.300s", why);
    uint64_t pause = (uint64_t)REDIS_PAUSE_MS << (redis->failures < 6 ? redis->failures : 6);
    redis->retry_ms = net_now() + (pause < REDIS_LONGEST_MS ? pause : REDIS_LONGEST_MS);
    redis->failures++;
    disconnect(redis);
    if (redis->met && !redis->lost)
        redis->calls.told(redis->calls.context, sentence.text);
    redis->lost = true;
}

static void fail(struct redis *redis, const char *format, const char *what)
{
    struct complaint sentence = {0};
    complain(&sentence, format, what);
    complain(&redis->complaint, "%s", sentence.text);
    disconnect(redis);
}

// A first connection is worth one try: the URL may be wrong. A certificate is not taken the next time either.
static void lose_or_fail(struct redis *redis, const char *why)
{
    char where[400];
    const char *distrust = redis->ssl == NULL ? NULL : redis_tls_trouble(redis->ssl);
    if (distrust != NULL) {
        fail(redis, "the queue's server is not trusted: %s", distrust);
        return;
    }
    if (redis->met) {
        lose(redis, why);
        return;
    }
    snprintf(where, sizeof where, "%s, port %u: %.100s", redis->url.host, (unsigned)redis->url.port, why);
    fail(redis, "there is no connection to the queue on %s", where);
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
    if (redisAppendCommandArgv(redis->context, (int)count, word, size) != REDIS_OK)
        die("out of memory");
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

#ifdef HAVE_HIREDIS_SSL
static bool can_secure(void) { return true; }

// The handshake itself is made by the first reads and writes.
static bool secure(struct redis *redis)
{
    struct ssl_st *ssl = redis_tls_new(redis->tls, &redis->url);
    redis->ssl = ssl;
    if (redisInitiateSSL(redis->context, ssl) == REDIS_OK)
        return true;
    lose_or_fail(redis, redis->context->errstr);
    redis_tls_free(ssl);
    return false;
}
#else
static bool can_secure(void) { return false; }

static bool secure(struct redis *redis)
{
    (void)redis;
    return false;
}
#endif

static void connect_again(struct redis *redis)
{
    redis->context = redisConnectNonBlock(redis->url.host, redis->url.port);
    if (redis->context == NULL)
        die("out of memory");
    redis->heard_ms = net_now();
    redis->state = GREETING;
    if (redis->context->err != 0)
        lose_or_fail(redis, redis->context->errstr);
    else if (redis->tls == NULL || secure(redis))
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
    if (passes(error))
        lose(redis, error);
    else if (begins(error, "NOAUTH"))
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
    redis->failures = 0;
    if (redis->met && redis->lost)
        redis->calls.told(redis->calls.context, "the connection to the queue is there again");
    redis->met = true;
    redis->lost = false;
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
        take_awaited(redis, &value);
        arena_release(&arena);
    }
}

// What is no Redis, but answers, cannot be told from one that breaks by a later try.
static void complain_reading(struct redis *redis)
{
    if (redis->context->err == REDIS_ERR_PROTOCOL)
        fail(redis, "what answers at the queue's address does not speak Redis's protocol (%s)", redis->context->errstr);
    else
        lose_or_fail(redis, redis->context->errstr);
}

static void receive(struct redis *redis)
{
    if (redisBufferRead(redis->context) != REDIS_OK) {
        complain_reading(redis);
        return;
    }
    void *reply = NULL;
    while (redis->context != NULL) {
        if (redisGetReplyFromReader(redis->context, &reply) != REDIS_OK) {
            complain_reading(redis);
            return;
        }
        if (reply == NULL)
            return;
        take_reply(redis, reply);
        freeReplyObject(reply);
    }
}

// --- stepping --------------------------------------------------------------------------------------

static bool is_awaiting(const struct redis *redis) { return redis->greetings != 0 || redis->first != NULL; }

static bool poll_once(struct redis *redis, bool unsent, unsigned wait_ms)
{
    struct pollfd ready = {.fd = redis->context->fd, .events = (short)(POLLIN | (unsent ? POLLOUT : 0))};
    int count = poll(&ready, 1, (int)wait_ms);
    if (count > 0 && (ready.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
        receive(redis);
    return count > 0;
}

static void work_connection(struct redis *redis, unsigned wait_ms)
{
    int sent = 1;
    for (unsigned turn = 0; turn < TURNS && redis->context != NULL; turn++) {
        if (redisBufferWrite(redis->context, &sent) != REDIS_OK) {
            lose_or_fail(redis, redis->context->errstr);
            return;
        }
        if (!poll_once(redis, !sent, wait_ms))
            break;
        wait_ms = 0;
    }
    if (redis->context == NULL)
        return;
    if (!is_awaiting(redis))
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
        if (redis->context != NULL)
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

struct redis *redis_open(const struct queue_url *url, const struct redis_calls *calls, struct complaint *complaint)
{
    if (url->tls && !can_secure()) {
        complain(complaint, "this build has no TLS to a queue, which takes hiredis 1.0 with hiredis_ssl: use redis:// "
                            "through a tunnel");
        return NULL;
    }
    struct ssl_ctx_st *tls = url->tls ? redis_tls_open(url, complaint) : NULL;
    if (url->tls && tls == NULL)
        return NULL;
    signal(SIGPIPE, SIG_IGN);
    struct redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL)
        die("out of memory");
    redis->url = *url;
    redis->tls = tls;
    redis->calls = *calls;
    while (!redis->met && redis->complaint.text[0] == '\0')
        redis_step(redis, REDIS_PAUSE_MS);
    if (redis->met)
        return redis;
    complain(complaint, "%s", redis->complaint.text);
    redis_close(redis);
    return NULL;
}

void redis_close(struct redis *redis)
{
    if (redis == NULL)
        return;
    if (redis->context != NULL)
        redisFree(redis->context);
    redis_tls_close(redis->tls);
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
