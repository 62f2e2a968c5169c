// SPDX-License-Identifier: Apache-2.0
//
// The scripts. They are sent as they are, for the server knows a script by its text, and a server that was started
// again has lost what it was told. The first line is for servers before 7, where a script is repeated by replicas.
#include "run/queue.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/text.h"
#include "run/seen.h"

#define BEGIN "redis.replicate_commands() "

// How long somebody who adds is believed to be at it.
#define WRITER_SECONDS "60"

// "jobs, results, ids, writers", and what every answer begins with.
#define STATE                                                                                                          \
    "local function state(number) "                                                                                    \
    "  local now = redis.call('TIME') "                                                                                \
    "  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now[1]) "                                                       \
    "  return {redis.call('XLEN', KEYS[1]), redis.call('XLEN', KEYS[2]), redis.call('ZCARD', KEYS[4]), number} "       \
    "end "

// ARGV: who adds, seconds, then id and target of each.
static const char add_script[] =
    BEGIN STATE "local now = redis.call('TIME') "
                "redis.call('ZADD', KEYS[4], now[1] + ARGV[2], ARGV[1]) "
                "local new = 0 "
                "for i = 3, #ARGV, 2 do "
                "  if redis.call('SADD', KEYS[3], ARGV[i]) == 1 then "
                "    redis.call('XADD', KEYS[1], '*', 'id', ARGV[i], 'target', ARGV[i + 1]) "
                "    new = new + 1 "
                "  end "
                "end "
                "return state(new)";

static const char end_script[] = BEGIN STATE "redis.call('ZREM', KEYS[4], ARGV[1]) return state(0)";

// ARGV: stream, group, who takes, count, lease, where to look on ('': nowhere), results from which on nothing is given.
// Answers: the state with the cursor, then the entries as {name, fields, deliveries}.
static const char take_script[] = BEGIN STATE
    "local stream, group, me = KEYS[tonumber(ARGV[1])], ARGV[2], ARGV[3] "
    "local count, cursor, most = tonumber(ARGV[4]), ARGV[6], tonumber(ARGV[7]) "
    "local out, entries = state(cursor), {} "
    "if count > 0 and redis.call('XLEN', stream) > 0 and (most == 0 or out[2] < most) then "
    "  redis.pcall('XGROUP', 'CREATE', stream, group, '0') "
    "  if cursor ~= '' then "
    "    local left = redis.call('XAUTOCLAIM', stream, group, me, ARGV[5], cursor, 'COUNT', count) "
    "    out[4] = left[1] "
    "    for _, entry in ipairs(left[2]) do "
    "      if entry then "
    "        local known = redis.call('XPENDING', stream, group, entry[1], entry[1], 1) "
    "        entries[#entries + 1] = {entry[1], entry[2], known[1][4]} "
    "      end "
    "    end "
    "  end "
    "  if #entries < count then "
    "    local new = redis.call('XREADGROUP', 'GROUP', group, me, 'COUNT', count - #entries, 'STREAMS', stream, '>') "
    "    for _, entry in ipairs(new and new[1][2] or {}) do "
    "      entries[#entries + 1] = {entry[1], entry[2], 1} "
    "    end "
    "  end "
    "end "
    "out[5] = entries "
    "return out";

// ARGV: entry, id, target, kind, text. A result enters only as its job leaves: whoever comes second changes nothing.
static const char finish_script[] =
    BEGIN STATE "if redis.call('XACK', KEYS[1], 'workers', ARGV[1]) == 0 then return state(0) end "
                "redis.call('XDEL', KEYS[1], ARGV[1]) "
                "redis.call('XADD', KEYS[2], '*', 'id', ARGV[2], 'target', ARGV[3], ARGV[4], ARGV[5]) "
                "return state(1)";

// ARGV: entry and id of each. From now on a target may be enqueued again.
static const char collected_script[] = BEGIN STATE "local gone = 0 "
                                                   "for i = 1, #ARGV, 2 do "
                                                   "  if redis.call('XACK', KEYS[2], 'collectors', ARGV[i]) == 1 then "
                                                   "    redis.call('XDEL', KEYS[2], ARGV[i]) "
                                                   "    redis.call('SREM', KEYS[3], ARGV[i + 1]) "
                                                   "    gone = gone + 1 "
                                                   "  end "
                                                   "end "
                                                   "return state(gone)";

// ARGV: stream, group, who, how long it shall look idle, then the entries.
static const char claim_script[] = BEGIN STATE
    "for i = 5, #ARGV do "
    "  redis.call('XCLAIM', KEYS[tonumber(ARGV[1])], ARGV[2], ARGV[3], 0, ARGV[i], 'IDLE', ARGV[4], 'JUSTID') "
    "end "
    "return state(0)";

// ARGV: stream, group, who, milliseconds. One that still has something stays known, so that others can take it over; of
// those that have nothing, and were silent for so long, nothing is known any more. Who lives is known again as it asks.
static const char leave_script[] =
    BEGIN STATE "local stream = KEYS[tonumber(ARGV[1])] "
                "local has = redis.pcall('XPENDING', stream, ARGV[2], '-', '+', 1, ARGV[3]) "
                "if has.err then return state(0) end "
                "for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', stream, ARGV[2])) do "
                "  local known = {} "
                "  for i = 1, #fields, 2 do known[fields[i]] = fields[i + 1] end "
                "  if known.pending == 0 and (known.name == ARGV[3] or known.idle > tonumber(ARGV[4])) then "
                "    redis.call('XGROUP', 'DELCONSUMER', stream, ARGV[2], known.name) "
                "  end "
                "end "
                "return state(0)";

static const char *const groups[] = {[QUEUE_JOBS] = "workers", [QUEUE_RESULTS] = "collectors"};
static const char *const numbers[] = {[QUEUE_JOBS] = "1", [QUEUE_RESULTS] = "2"};

// --- sending ---------------------------------------------------------------------------------------

// A script with its keys, and then its arguments.
struct command {
    struct arena memory;
    struct bytes *word;
    size_t count, room;
};

static void add(struct command *command, const char *word)
{
    always(command->count < command->room);
    command->word[command->count++] = bytes_of_text(word);
}

static struct command begin(const struct queue *queue, const char *script, size_t arguments)
{
    static const char *const keys[] = {"jobs", "results", "ids", "writers"};
    struct command command = {.room = 7 + arguments};
    command.word = arena_array(&command.memory, command.room, sizeof *command.word);
    add(&command, "EVAL");
    add(&command, script);
    add(&command, "4");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add(&command, arena_text(&command.memory, "shakedown:{%s}:%s", queue->url.name, keys[i]));
    return command;
}

static void add_number(struct command *command, uint64_t number)
{
    add(command, arena_text(&command->memory, "%llu", (unsigned long long)number));
}

static bool send(struct queue *queue, struct command *command, void *about)
{
    bool sent = redis_send(queue->redis, command->word, command->count, about);
    arena_release(&command->memory);
    return sent;
}

bool queue_add(struct queue *queue, const char *const *ids, const char *const *targets, size_t count, void *about)
{
    struct command command = begin(queue, add_script, 2 + 2 * count);
    add(&command, queue->me);
    add(&command, WRITER_SECONDS);
    for (size_t i = 0; i < count; i++) {
        add(&command, ids[i]);
        add(&command, targets[i]);
    }
    return send(queue, &command, about);
}

bool queue_end_adding(struct queue *queue, void *about)
{
    struct command command = begin(queue, end_script, 1);
    add(&command, queue->me);
    return send(queue, &command, about);
}

bool queue_take(struct queue *queue, enum queue_stream stream, unsigned count, bool abandoned, void *about)
{
    struct command command = begin(queue, take_script, 7);
    add(&command, numbers[stream]);
    add(&command, groups[stream]);
    add(&command, queue->me);
    add_number(&command, count);
    add_number(&command, queue->url.lease_ms);
    add(&command, abandoned ? queue->cursor : "");
    add_number(&command, stream == QUEUE_JOBS ? queue->url.results : 0);
    return send(queue, &command, about);
}

bool queue_finish(struct queue *queue, const char *entry, const char *id, const char *target, enum queue_kind kind,
                  const char *text, void *about)
{
    struct command command = begin(queue, finish_script, 5);
    add(&command, entry);
    add(&command, id);
    add(&command, target);
    add(&command, kind == QUEUE_REPORT ? "report" : "rejected");
    add(&command, text);
    return send(queue, &command, about);
}

bool queue_collected(struct queue *queue, const char *const *entries, const char *const *ids, size_t count, void *about)
{
    struct command command = begin(queue, collected_script, 2 * count);
    for (size_t i = 0; i < count; i++) {
        add(&command, entries[i]);
        add(&command, ids[i]);
    }
    return send(queue, &command, about);
}

static bool claim(struct queue *queue, enum queue_stream stream, uint64_t idle_ms, const char *const *entries,
                  size_t count, void *about)
{
    struct command command = begin(queue, claim_script, 4 + count);
    add(&command, numbers[stream]);
    add(&command, groups[stream]);
    add(&command, queue->me);
    add_number(&command, idle_ms);
    for (size_t i = 0; i < count; i++)
        add(&command, entries[i]);
    return send(queue, &command, about);
}

bool queue_renew(struct queue *queue, enum queue_stream stream, const char *const *entries, size_t count, void *about)
{
    return claim(queue, stream, 0, entries, count, about);
}

// To be left alone for longer than any lease is to be anybody's.
bool queue_give_back(struct queue *queue, const char *const *entries, size_t count, void *about)
{
    return claim(queue, QUEUE_JOBS, UINT64_C(86400000), entries, count, about);
}

bool queue_leave(struct queue *queue, enum queue_stream stream, void *about)
{
    struct command command = begin(queue, leave_script, 4);
    add(&command, numbers[stream]);
    add(&command, groups[stream]);
    add(&command, queue->me);
    add_number(&command, UINT64_C(3) * queue->url.lease_ms);
    return send(queue, &command, about);
}

// --- answers ---------------------------------------------------------------------------------------

struct queue_state queue_state_of(const struct redis_value *answer)
{
    return (struct queue_state){
        .jobs = (uint64_t)redis_item(answer, 0)->number,
        .results = (uint64_t)redis_item(answer, 1)->number,
        .writers = (uint64_t)redis_item(answer, 2)->number,
    };
}

int64_t queue_answer_number(const struct redis_value *answer) { return redis_item(answer, 3)->number; }

size_t queue_entry_count(const struct redis_value *answer) { return redis_item(answer, 4)->count; }

static struct bytes field(const struct redis_value *fields, const char *name)
{
    for (size_t i = 0; i + 1 < fields->count; i += 2)
        if (bytes_equal(redis_item(fields, i)->text, bytes_of_text(name)))
            return redis_item(fields, i + 1)->text;
    return (struct bytes){NULL, 0};
}

struct queue_entry queue_entry_at(const struct redis_value *answer, size_t index)
{
    const struct redis_value *entry = redis_item(redis_item(answer, 4), index), *fields = redis_item(entry, 1);
    struct queue_entry out = {
        .entry = redis_item(entry, 0)->text,
        .id = field(fields, "id"),
        .target = field(fields, "target"),
        .deliveries = (unsigned)redis_item(entry, 2)->number,
        .kind = QUEUE_REPORT,
        .text = field(fields, "report"),
    };
    if (out.text.size != 0)
        return out;
    out.kind = QUEUE_REJECTED;
    out.text = field(fields, "rejected");
    return out;
}

// At its end a search begins anew.
void queue_keep_cursor(struct queue *queue, const struct redis_value *answer)
{
    struct bytes cursor = redis_item(answer, 3)->text;
    if (cursor.size != 0 && cursor.size < sizeof queue->cursor)
        snprintf(queue->cursor, sizeof queue->cursor, "%.*s", (int)cursor.size, (const char *)cursor.data);
}

// --- targets ---------------------------------------------------------------------------------------

void queue_id(const struct target *target, char id[QUEUE_ID + 1])
{
    struct seen_digest digest = seen_digest_of(target);
    for (size_t i = 0; i < QUEUE_ID / 2; i++)
        snprintf(id + 2 * i, 3, "%02x", digest.octet[i]);
}

bool queue_target_is_plain(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)text.data[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && (c == '\0' || strchr(".:-_[]", c) == NULL))
            return false;
    }
    return text.size != 0 && text.size <= QUEUE_PLAIN;
}

const char *queue_target(struct arena *arena, const struct target *target)
{
    if (queue_target_is_plain(bytes_of_text(target->input)))
        return target->input;
    const char *form = strchr(target->host, ':') != NULL ? "[%s]:%u" : "%s:%u";
    return arena_text(arena, form, target->host, (unsigned)target->port);
}

// ---------------------------------------------------------------------------------------------------

bool queue_open(struct queue *queue, const char *url, const char *password, const struct redis_calls *calls,
                struct complaint *complaint)
{
    char host[32] = "";
    unsigned chance = 0;
    *queue = (struct queue){.cursor = "0-0"};
    if (!queue_url_parse(url, &queue->url, complaint) ||
        (password != NULL && !queue_url_password(password, &queue->url, complaint)))
        return false;
    gethostname(host, sizeof host - 1);
    if (getrandom(&chance, sizeof chance, 0) != sizeof chance)
        return complain(complaint, "the system gives no random numbers");
    snprintf(queue->me, sizeof queue->me, "%s-%ld-%08x", host, (long)getpid(), chance);
    queue->redis = redis_open(&queue->url, calls, complaint);
    return queue->redis != NULL;
}

void queue_close(struct queue *queue)
{
    redis_close(queue->redis);
    queue->redis = NULL;
    explicit_bzero(queue->url.password, sizeof queue->url.password);
}
