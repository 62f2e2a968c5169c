// SPDX-License-Identifier: Apache-2.0
//
// A simulated scan with the real checks is written down and read back: the second writing must be
// the first, octet for octet, and the checks must find the same. Then every way to spoil a file.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/fixture.h"
#include "../support/simulator.h"
#include "base/arena.h"
#include "base/text.h"
#include "run/transcript.h"

// --- a server of TLS 1.2 with static RSA ---------------------------------------------------------

static const uint16_t server_suites[] = {0x009D, 0x009C, 0x002F};

static uint16_t choose(struct cursor suites)
{
    struct cursor left;
    for (size_t i = 0; i < sizeof server_suites / sizeof *server_suites; i++)
        for (left = suites; left.left != 0;)
            if (cursor_u16(&left) == server_suites[i])
                return server_suites[i];
    return 0;
}

static uint16_t suite_for(struct bytes hello)
{
    struct cursor record = cursor_of(hello);
    if (cursor_u8(&record) != 22)
        return 0;
    cursor_take(&record, 4 + 4);
    uint16_t version = cursor_u16(&record);
    cursor_take(&record, 32);
    cursor_block8(&record);
    return version < 0x0303 ? 0 : choose(cursor_block16(&record));
}

static void add_hello(struct builder *out, uint16_t suite)
{
    builder_u8(out, 2);
    size_t body = builder_open(out, 3);
    builder_u16(out, 0x0303);
    for (uint8_t i = 0; i < 32; i++)
        builder_u8(out, i);
    builder_u8(out, 0);
    builder_u16(out, suite);
    builder_u8(out, 0);
    builder_close(out, body, 3);
}

static void add_certificate(struct builder *out)
{
    builder_u8(out, 11);
    size_t body = builder_open(out, 3), list = builder_open(out, 3), one = builder_open(out, 3);
    builder_add(out, fixture_certificate(out->arena, "rsa"));
    builder_close(out, one, 3);
    builder_close(out, list, 3);
    builder_close(out, body, 3);
}

static struct bytes serve(void *context, struct bytes hello)
{
    struct arena *arena = context;
    static const uint8_t refusal[] = {21, 3, 3, 0, 2, 2, 40};
    uint16_t suite = suite_for(hello);
    if (suite == 0)
        return (struct bytes){refusal, sizeof refusal};
    struct builder out = builder_in(arena);
    builder_u8(&out, 22);
    builder_u16(&out, 0x0303);
    size_t record = builder_open(&out, 2);
    add_hello(&out, suite);
    add_certificate(&out);
    builder_u8(&out, 14);
    builder_u24(&out, 0);
    builder_close(&out, record, 2);
    return builder_bytes(&out);
}

// --- writing -------------------------------------------------------------------------------------

#define CHECKS 7 // all three

static struct target targets[] = {
    {"https://a.example/", "a.example", "a.example", 443, true, false, "a.example", 0, NULL},
    {"b\u00fccher.example", "xn--bcher-kva.example", "b\u00fccher.example", 8443, true, false, "xn--bcher-kva.example",
     TLS12, "h2,http/1.1"},
    {"[2001:db8::9]:1", "2001:db8::9", "2001:db8::9", 1, true, true, NULL, 0, "h2"},
    {"nothing.example", "nothing.example", "nothing.example", 443, false, false, "", TLS13, NULL},
};

struct found {
    size_t versions, suites, probes;
    bool finished;
};

struct session {
    FILE *file;
    size_t next, count;
    struct found found[8];
};

static const struct transcript_run run = {
    .seed = {1, 2, 3, 255},
    .now = -5,
    .selected = CHECKS,
    .started = 1795442709,
    .duration_ms = 17,
    .ca_file = "/a b/c\n.pem",
    .ca_path = NULL,
};

static void note(struct session *session, const struct finished *finished)
{
    for (size_t i = 0; i < finished->endpoint_count; i++) {
        const struct host *host = &finished->endpoints[i]->host;
        assert_true(session->count < 8);
        session->found[session->count++] =
            (struct found){host->facts.version_count, host->facts.suite_count, host->ledger.count, host_finished(host)};
    }
}

static void write_down(void *context, const struct finished *finished)
{
    struct session *session = context;
    assert_true(transcript_write(session->file, &run, finished));
    note(session, finished);
}

static bool next_target(void *context, struct target **target)
{
    struct session *session = context;
    if (session->next == sizeof targets / sizeof *targets)
        return false;
    *target = &targets[session->next++];
    return true;
}

static char *record(struct session *session)
{
    char *text;
    size_t size;
    struct arena arena = {0};
    struct simulated_host hosts[] = {
        {.name = "a.example",
         .address = "192.0.2.1",
         .manners = "m",
         .model = serve,
         .context = &arena,
         .latency_ms = 9},
        {.name = "a.example", .address = "192.0.2.2", .manners = "csxcm", .model = serve, .context = &arena},
        {.name = "xn--bcher-kva.example", .address = "192.0.2.3", .manners = "r", .latency_ms = 3},
        {.address = "2001:db8::9", .manners = "s"},
    };
    struct simulator simulator = {.hosts = hosts, .host_count = 4};
    struct scan_settings settings = {.selected = CHECKS,
                                     .now = run.now,
                                     .keep_bytes = true,
                                     .connections = 6,
                                     .parallel = 1,
                                     .tries = 2,
                                     .connect_ms = 5000,
                                     .silence_ms = 5000,
                                     .deadline_ms = 15000,
                                     .use_ipv4 = true,
                                     .use_ipv6 = true};
    memcpy(settings.seed, run.seed, sizeof settings.seed);
    session->file = open_memstream(&text, &size);
    struct scan *scan =
        scan_new(&settings, (struct target_source){next_target, session}, (struct finish_sink){write_down, session});
    simulator_run(&simulator, scan);
    scan_free(scan);
    simulator_release(&simulator);
    arena_release(&arena);
    fclose(session->file);
    return text;
}

// --- reading -------------------------------------------------------------------------------------

static const struct trust_store *no_store(void *context, const char *ca_file, const char *ca_path)
{
    (void)context;
    assert_string_equal(ca_file, run.ca_file);
    assert_null(ca_path);
    return NULL;
}

static void write_again(void *context, const struct transcript_run *again, const struct finished *finished)
{
    struct session *session = context;
    assert_true(transcript_write(session->file, again, finished));
    note(session, finished);
}

static bool read_text(struct session *session, const char *text, size_t size, struct complaint *complaint)
{
    struct transcript_reader reader = {.open_store = no_store, .replay = write_again, .context = session};
    FILE *file = size == 0 ? fopen("/dev/null", "r") : fmemopen((void *)(uintptr_t)text, size, "r");
    bool good = transcript_read(file, "file", &reader, complaint);
    fclose(file);
    return good;
}

static void test_same(void **state)
{
    (void)state;
    struct session first = {0}, second = {0};
    char *text = record(&first), *again;
    size_t size;
    second.file = open_memstream(&again, &size);
    struct complaint complaint = {0};
    bool good = read_text(&second, text, strlen(text), &complaint);
    fclose(second.file);
    assert_string_equal(complaint.text, "");
    assert_true(good);
    assert_string_equal(again, text);
    assert_int_equal(first.count, 4);
    assert_memory_equal(first.found, second.found, sizeof first.found);
    assert_int_equal(first.found[0].suites, 3);
    for (size_t i = 0; i < 4; i++)
        assert_true(first.found[i].finished && first.found[i].probes > 1);
    free(again);
    free(text);
}

// The flights that come out of a replay are those that went in.
static const struct outcome *first_reply(const struct host *host)
{
    for (const struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next)
        if (answer->outcome->kind == OUTCOME_REPLIED)
            return answer->outcome;
    return NULL;
}

static void check_reply(void *context, const struct transcript_run *again, const struct finished *finished)
{
    (void)again;
    bool *seen = context;
    if (finished->endpoint_count != 2)
        return;
    const struct outcome *reply = first_reply(&finished->endpoints[0]->host);
    struct arena arena = {0};
    assert_non_null(reply);
    assert_true(reply->flight->complete && !reply->cut);
    assert_int_equal(reply->flight->suite, 0x009D);
    assert_int_equal(reply->flight->shown->certificate_count, 1);
    assert_true(bytes_equal(reply->flight->shown->certificates[0], fixture_certificate(&arena, "rsa")));
    assert_int_equal(reply->tries, 1);
    assert_int_equal(reply->connect_ms, 9);
    assert_int_equal(reply->answer_ms, 9);
    assert_true(reply->raw->sent.size > 100 && reply->raw->received.size > 500);
    arena_release(&arena);
    *seen = true;
}

static void test_flights(void **state)
{
    (void)state;
    struct session session = {0};
    struct complaint complaint = {0};
    bool seen = false;
    char *text = record(&session);
    struct transcript_reader reader = {.open_store = no_store, .replay = check_reply, .context = &seen};
    FILE *file = fmemopen(text, strlen(text), "r");
    assert_true(transcript_read(file, "file", &reader, &complaint));
    assert_true(seen);
    fclose(file);
    free(text);
}

// --- what is missing or spoiled ------------------------------------------------------------------

static char *replace(const char *text, const char *from, const char *to)
{
    const char *place = strstr(text, from);
    assert_non_null(place);
    size_t size = strlen(text) + strlen(to) + 1;
    char *out = malloc(size);
    snprintf(out, size, "%.*s%s%s", (int)(place - text), text, to, place + strlen(from));
    return out;
}

static const struct spoiled {
    const char *from, *to, *want; // the end of the complaint
} spoiled[] = {
    {"shakedown-transcript 1\n", "shakedown-transcript 2\n",
     "file:1: a version of the format that this program does not know"},
    {"shakedown-transcript 1\n", "shakedown-transcript\n",
     "file:1: a version of the format that this program does not know"},
    {"shakedown-transcript 1\n", "{}\n", "file:1: not a transcript of shakedown"},
    {"shakedown-transcript 1\n", "\n", "file:1: not a transcript of shakedown"},
    {"seed 01", "seed 0", "file:2: malformed line"},
    {"seed 01", "seed ", "file:2: malformed line"},
    {"seed 01", "seed  01", "file:2: malformed line"},
    {"now -5\n", "", "file:3: expected 'now'"},
    {"now -5\n", "now --5\n", "file:3: malformed line"},
    {"now -5\n", "now 9223372036854775808\n", "file:3: malformed line"},
    {"duration 17", "duration 17 ", "file:5: malformed line"},
    {"duration 17", "duration 0x17", "file:5: malformed line"},
    {"checks versions", "checks visions", "file:6: malformed line"},
    {"checks versions", "checks ,versions", "file:6: malformed line"},
    {" 443 name", " 0 name", "file:8: malformed line"},
    {" 443 name", " 65536 name", "file:8: malformed line"},
    {" 443 name", " 443 nick", "file:8: malformed line"},
    {"YS5leGFtcGxl", "AGFi", "file:8: malformed line"},     // a NUL
    {"YS5leGFtcGxl", "YRtbMm0=", "file:8: malformed line"}, // an escape sequence
    {"trouble -", "trouble !", "file:9: malformed line"},
    {"ended whole", "ended badly", "file:10: malformed line"},
    {"endpoint 192.0.2.1", "endpoint 192.0.2.1/24", "file:11: malformed line"},
    {"endpoint 192.0.2.1", "endpoint 1111:2222:3333:4444:5555:6666:7777:8888:9999:0", "file:11: malformed line"},
    {"endpoint 192.0.2.1", "probing 192.0.2.1",
     "file:11: expected 'endpoint', 'probe', 'handshake', 'fetch', 'records' or 'end'"},
    {"endpoint 192.0.2.1 ", "endpoint 192.0.2.1", "file:11: malformed line"},
    {"probe ", "probe 00", "file:12: malformed line"},
    {" replied 1 ", " reply 1 ", ": malformed line"},
    {" replied 1 ", " replied 256 ", ": malformed line"},
};

static void test_spoiled(void **state)
{
    (void)state;
    struct session first = {0};
    char *text = record(&first);
    for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++) {
        print_message("%s -> %s\n", spoiled[i].from, spoiled[i].to);
        char *other = replace(text, spoiled[i].from, spoiled[i].to);
        struct session second = {.file = fopen("/dev/null", "w")};
        struct complaint complaint = {0};
        assert_false(read_text(&second, other, strlen(other), &complaint));
        size_t length = strlen(complaint.text), want = strlen(spoiled[i].want);
        assert_true(length >= want);
        assert_string_equal(complaint.text + length - want, spoiled[i].want);
        fclose(second.file);
        free(other);
    }
    free(text);
}

static void test_same_probe_twice(void **state)
{
    (void)state;
    struct session first = {0}, second = {.file = fopen("/dev/null", "w")};
    char *text = record(&first);
    char *probe = strstr(text, "\nprobe ") + 1;
    char *line = strndup(probe, strcspn(probe, "\n") + 1);
    size_t size = strlen(line) * 2 + 1;
    char *twice = malloc(size);
    snprintf(twice, size, "%s%s", line, line);
    char *other = replace(text, line, twice);
    struct complaint complaint = {0};
    assert_false(read_text(&second, other, strlen(other), &complaint));
    assert_string_equal(complaint.text, "file:13: malformed line");
    fclose(second.file);
    free(other);
    free(twice);
    free(line);
    free(text);
}

// A file that stops anywhere is told apart from a whole one; a whole target before that still counts.
static void test_cut(void **state)
{
    (void)state;
    struct session first = {0};
    char *text = record(&first);
    size_t size = strlen(text), step = size / 400 + 1;
    for (size_t cut = 0; cut < size; cut += step) {
        struct session second = {.file = fopen("/dev/null", "w")};
        struct complaint complaint = {0};
        size_t ends = 0;
        for (const char *c = text; (c = strstr(c, "\nend\n")) != NULL && (size_t)(c + 5 - text) <= cut; c++)
            ends++;
        bool whole = cut == 0 || (ends > 0 && memcmp(text + cut - 5, "\nend\n", 5) == 0);
        assert_int_equal(read_text(&second, text, cut, &complaint), whole);
        assert_int_equal(complaint.text[0] == '\0', whole);
        assert_true(second.count >= ends || ends > 2);
        fclose(second.file);
    }
    free(text);
}

static void check_missing(void *context, const struct transcript_run *again, const struct finished *finished)
{
    (void)again;
    unsigned *missing = context;
    for (size_t i = 0; i < finished->endpoint_count; i++) {
        const struct host *host = &finished->endpoints[i]->host;
        assert_true(host_finished(host));
        for (const struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next)
            if (answer->outcome->kind == OUTCOME_SKIPPED &&
                strcmp(answer->outcome->detail, "not in the transcript") == 0)
                *missing += 1;
    }
}

static void test_missing_probe(void **state)
{
    (void)state;
    struct session first = {0};
    char *text = record(&first);
    char *probe = strstr(text, "\nprobe ") + 1;
    size_t length = strcspn(probe, "\n") + 1;
    memmove(probe, probe + length, strlen(probe + length) + 1);
    unsigned missing = 0;
    struct transcript_reader reader = {.open_store = no_store, .replay = check_missing, .context = &missing};
    struct complaint complaint = {0};
    FILE *file = fmemopen(text, strlen(text), "r");
    assert_true(transcript_read(file, "file", &reader, &complaint));
    assert_true(missing >= 1);
    fclose(file);
    free(text);
}

// The first probe with another form.
static char *with_form(const char *text, const struct probe *probe)
{
    struct arena arena = {0};
    const char *form = strstr(text, "\nprobe ") + strlen("\nprobe ");
    char *old = arena_string(&arena, (struct bytes){(const uint8_t *)form, strcspn(form, " ")});
    char *other = replace(text, old, text_hex(&arena, probe_encode(&arena, probe)));
    arena_release(&arena);
    return other;
}

static const uint16_t unknown_group[] = {0x0001}, many_versions[200] = {0x0304}, many_codes[5000] = {1};
static char long_name[300];

// Canonical forms of which no hello can be made are turned down, not met with an internal error.
static const struct hello unbuildable[] = {
    {.version = 0x0303, .extensions = HELLO_KEY_SHARE, .key_shares = {unknown_group, 1}},
    {.version = 0x0303, .extensions = HELLO_SUPPORTED_VERSIONS, .versions = {many_versions, 200}},
    {.version = 0x0303, .extensions = HELLO_SUPPORTED_GROUPS, .groups = {many_codes, 5000}},
    {.version = 0x0303, .extensions = HELLO_SIGNATURE_ALGORITHMS, .schemes = {many_codes, 5000}},
    {.version = 0x0303, .suites = {many_codes, 5000}},
    {.version = 0x0303, .extensions = HELLO_SERVER_NAME, .server_name = long_name},
};

static void test_unbuildable(void **state)
{
    (void)state;
    struct session first = {0};
    char *text = record(&first);
    memset(long_name, 'a', sizeof long_name - 1);
    for (size_t i = 0; i < sizeof unbuildable / sizeof *unbuildable; i++) {
        char *other = with_form(text, &(struct probe){.hello = unbuildable[i]});
        struct session second = {.file = fopen("/dev/null", "w")};
        struct complaint complaint = {0};
        assert_false(read_text(&second, other, strlen(other), &complaint));
        assert_string_equal(complaint.text, "file:12: malformed line");
        fclose(second.file);
        free(other);
    }
    free(text);
}

// --- complete handshakes -------------------------------------------------------------------------

// A transcript whose first endpoint begins with such a line, made by `format` from a form and a result.
static char *with_handshake(const char *text, const char *format, const struct handshake_result *result)
{
    struct arena arena = {0};
    struct probe probe = {
        .kind = PROBE_HANDSHAKE,
        .handshake = {.lowest = 0x0303, .highest = 0x0303, .session = 77, .server_name = "a.example"}};
    struct builder encoded = builder_in(&arena);
    handshake_result_encode(&encoded, result);
    char line[4096], *other;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(line, sizeof line, format, text_hex(&arena, probe_encode(&arena, &probe)),
             text_base64(&arena, builder_bytes(&encoded)));
#pragma GCC diagnostic pop
    other = replace(text, "\nprobe ", arena_text(&arena, "\n%s\nprobe ", line));
    arena_release(&arena);
    return other;
}

static const struct handshake_result told = {
    .hello = true,
    .completed = true,
    .version = 0x0303,
    .suite = 0xC02F,
    .resumed = true,
    .resumable = true,
    .ticket_count = 1,
    .ticket = {{.lifetime = 300, .length = 16, .name_size = 4, .name = "abcd"}},
    .session = {(const uint8_t *)"secret", 6},
};

static const struct {
    const char *format; // of the line
    bool want;
} handshakes[] = {
    {"handshake %s replied 1 2 3 - AAAA BBBB %s", true},
    {"handshake %.0s replied 1 2 3 - AAAA BBBB %s", false},
    {"handshake %s replied 1 2 3 - AAAA BBBB%.0s", false},
    {"handshake %s replied 1 2 3 - AAAA BBBB -%.0s", false},
    {"handshake %s replied 1 2 3 - AAAA BBBB AAAA%.0s", false},
    {"handshake %s replied 1 2 3 - AAAA BBBB %.12s", false},
    {"handshake %s replied 1 2 3 - AAAA BBBB %s more", false},
    {"handshake %s silent 1 2 3 - AAAA BBBB %s", false},
    {"handshake %s silent 1 2 3 - AAAA - -%.0s", false},
    {"handshake %s refused 1 2 0 - - - -%.0s", true},
    {"handshake %s refused 1 2 0 - - - %s", false},
    {"handshake %s skipped 0 0 0 bm8= - - -%.0s", true},
    {"probe %s replied 1 2 3 - AAAA BBBB%.0s", false},
    {"probe %s replied 1 2 3 - AAAA BBBB %s", false},
};

static void test_handshakes(void **state)
{
    (void)state;
    struct session first = {0};
    char *text = record(&first);
    for (size_t i = 0; i < sizeof handshakes / sizeof *handshakes; i++) {
        print_message("%s\n", handshakes[i].format);
        char *other = with_handshake(text, handshakes[i].format, &told), *again;
        size_t size;
        struct session second = {.file = open_memstream(&again, &size)};
        struct complaint complaint = {0};
        bool good = read_text(&second, other, strlen(other), &complaint);
        fclose(second.file);
        assert_int_equal(good, handshakes[i].want);
        if (good)
            assert_string_equal(again, other);
        else
            assert_string_equal(complaint.text, "file:12: malformed line");
        free(again);
        free(other);
    }
    free(text);
}

// --- documents and records -----------------------------------------------------------------------

static char *with_errand(const char *text, const char *format, const char *received)
{
    struct arena arena = {0};
    struct probe fetch = {.kind = PROBE_FETCH, .fetch = {.url = "http://crl.example/a.crl", .limit = 20}};
    struct probe records = {.kind = PROBE_RECORDS, .records = {"a.example", RECORD_CAA}};
    const struct bytes rdata = bytes_of_text("rdata");
    struct records_result result = {.dnssec = DNSSEC_BOGUS,
                                    .have_data = true,
                                    .rdata = &rdata,
                                    .count = 1,
                                    .ttl = 60,
                                    .canonical_name = "b.example",
                                    .why = "no \\u200B signature"};
    struct builder encoded = builder_in(&arena);
    records_result_encode(&encoded, &result);
    bool fetches = strncmp(format, "fetch", 5) == 0;
    struct bytes octets = fetches ? bytes_of_text(received) : builder_bytes(&encoded);
    char line[4096], *other;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(line, sizeof line, format, text_hex(&arena, probe_encode(&arena, fetches ? &fetch : &records)),
             octets.size == 0 ? "-" : text_base64(&arena, octets));
#pragma GCC diagnostic pop
    other = replace(text, "\nprobe ", arena_text(&arena, "\n%s\nprobe ", line));
    arena_release(&arena);
    return other;
}

#define WHOLE  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
#define STREAM "HTTP/1.1 200 OK\r\n\r\nab"
#define SHORT  "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"
#define LONG   "HTTP/1.1 200 OK\r\n\r\n123456789 123456789 123456789"

static const struct {
    const char *format, *received; // of the line
    bool want;
    const char *want_error; // of a fetch
} errands[] = {
    {"fetch %s replied 1 2 3 - AAAA %s whole", WHOLE, true, NULL},
    {"fetch %s replied 1 2 3 - AAAA %s whole", STREAM, true, NULL},
    {"fetch %s replied 1 2 3 - AAAA %s cut", STREAM, true, "broken_off"},
    {"fetch %s replied 1 2 3 - AAAA %s open", STREAM, true, "broken_off"},
    {"fetch %s replied 1 2 3 - AAAA %s cut", SHORT, true, "broken_off"},
    {"fetch %s replied 1 2 3 - AAAA %s open", LONG, true, "too_long"},
    {"fetch %s garbled 1 2 3 - AAAA %s open", "220 mail", true, "not_http"},
    {"fetch %s closed 1 2 3 - AAAA %s open", "", true, "broken_off"},
    {"fetch %s silent 1 2 0 - AAAA %s open", "", true, "broken_off"},
    {"fetch %s refused 1 0 0 - - %s -", "", true, NULL},
    {"fetch %s not_allowed 0 0 0 - - %s -", "", true, NULL},
    {"fetch %s private_address 0 0 0 bm8= - %s -", "", true, NULL},
    {"fetch %s replied 1 2 3 - AAAA %s -", WHOLE, false, NULL},
    {"fetch %s replied 1 2 3 - AAAA %s", WHOLE, false, NULL},
    {"fetch %s replied 1 2 3 - AAAA %s whole more", WHOLE, false, NULL},
    {"fetch %s replied 1 2 3 - AAAA %s what", WHOLE, false, NULL},
    {"fetch %s refused 1 0 0 - - %s cut", "", false, NULL},
    {"fetch 00 replied 1 2 3%.0s - AAAA %s whole", WHOLE, false, NULL},
    {"records %s replied 1 0 3 - - - %s", "", true, NULL},
    {"records %s no_resolver 0 0 0 bm8= - - -%.0s", "", true, NULL},
    {"records %s replied 1 0 3 - - - -%.0s", "", false, NULL},
    {"records %s closed 1 0 3 - - - %s", "", false, NULL},
    {"records %s replied 1 0 3 - - - AAAA%.0s", "", false, NULL},
    {"records %s replied 1 0 3 - - - %.16s", "", false, NULL},
    {"fetch %.2s replied 1 0 3 - - - %s", "", false, NULL},
};

static void check_errand(void *context, const struct transcript_run *again, const struct finished *finished)
{
    (void)again;
    const char **error = context;
    for (size_t i = 0; i < finished->endpoint_count; i++) {
        const struct answer *answer = finished->endpoints[i]->host.ledger.first;
        if (answer != NULL && answer->outcome->fetch != NULL)
            *error = answer->outcome->fetch->error;
    }
}

static void test_errands(void **state)
{
    (void)state;
    struct session first = {0};
    char *text = record(&first);
    for (size_t i = 0; i < sizeof errands / sizeof *errands; i++) {
        print_message("%s\n", errands[i].format);
        char *other = with_errand(text, errands[i].format, errands[i].received), *again;
        size_t size;
        struct session second = {.file = open_memstream(&again, &size)};
        struct complaint complaint = {0};
        bool good = read_text(&second, other, strlen(other), &complaint);
        fclose(second.file);
        assert_int_equal(good, errands[i].want);
        assert_string_equal(good ? again : complaint.text, good ? other : "file:12: malformed line");
        const char *error = NULL;
        struct transcript_reader reader = {.open_store = no_store, .replay = check_errand, .context = &error};
        FILE *file = fmemopen(other, strlen(other), "r");
        if (transcript_read(file, "file", &reader, &complaint) && errands[i].want_error != NULL)
            assert_string_equal(error, errands[i].want_error);
        else
            assert_null(error);
        fclose(file);
        free(again);
        free(other);
    }
    free(text);
}

// Lines that are there only where there was something to tell.
static void test_optional(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool want;
    } rows[] = {
        {"identity 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF", true},
        {"identity 00112233445566778899AABBCCDDEEFF", false},
        {"identity -", false},
        {"identity", false},
        {"identity 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF 1", false},
        {"logs L3RtcC9sb2dzLmNzdg==", true},
        {"logs L3RtcC9sb2dzLmNzdg==\nidentity 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF", true},
        {"logs -", false},
        {"logs", false},
        {"logs L3RtcC9sb2dzLmNzdg== L3RtcC9sb2dzLmNzdg==", false},
        {"resolver MTkyLjAuMi41Mw==", true},
        {"resolver =", true},
        {"logs L3RtcC9sb2dzLmNzdg==\nresolver MTkyLjAuMi41Mw==", true},
        {"resolver -", false},
        {"resolver", false},
        {"resolver MTkyLjAuMi41Mw== MTkyLjAuMi41Mw==", false},
        {"identities 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF", false},
    };
    struct session first = {0};
    char *text = record(&first);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        char *other = replace(text, "\ntarget ", arena_text(&arena, "\n%s\ntarget ", rows[i].line)), *again;
        size_t size;
        struct session second = {.file = open_memstream(&again, &size)};
        struct complaint complaint = {0};
        assert_int_equal(read_text(&second, other, strlen(other), &complaint), rows[i].want);
        fclose(second.file);
        if (rows[i].want)
            assert_string_equal(again, other);
        else
            assert_memory_equal(complaint.text, "file:8: ", 8);
        free(again);
        free(other);
        arena_release(&arena);
    }
    free(text);
}

// What the check connect offers stands behind a target, where it is not the usual.
static void test_offer(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        bool want;
    } rows[] = {
        {" 771 aDI=", true}, {" 772 -", true}, {" 0 aDI=", true},  {" 771", false},     {" 770 -", false},
        {" x -", false},     {" - -", false},  {" 771 h2", false}, {" 771 - 1", false},
    };
    struct session first = {0};
    char *text = record(&first);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        char *other = replace(text, "\ntrouble ", arena_text(&arena, "%s\ntrouble ", rows[i].rest)), *again;
        size_t size;
        struct session second = {.file = open_memstream(&again, &size)};
        struct complaint complaint = {0};
        print_message("%s\n", rows[i].rest);
        assert_int_equal(read_text(&second, other, strlen(other), &complaint), rows[i].want);
        fclose(second.file);
        if (rows[i].want)
            assert_string_equal(again, other);
        else
            assert_memory_equal(complaint.text, "file:8: ", 8);
        free(again);
        free(other);
        arena_release(&arena);
    }
    free(text);
}

// What was sent stands as it was told, whatever this program would send today.
static void test_sent_as_told(void **state)
{
    (void)state;
    struct session first = {0}, second = {0};
    char *text = record(&first), *again;
    size_t size;
    char *sent = strstr(strstr(text, " alert 1 "), " - ") + strlen(" - ");
    memcpy(sent, "AAAA", 4);
    struct complaint complaint = {0};
    second.file = open_memstream(&again, &size);
    assert_true(read_text(&second, text, strlen(text), &complaint));
    fclose(second.file);
    assert_string_equal(again, text);
    free(again);
    free(text);
}

static void test_long_line(void **state)
{
    (void)state;
    char *text = malloc(TRANSCRIPT_LINE + 2);
    memset(text, 'a', TRANSCRIPT_LINE + 2);
    struct session session = {0};
    struct complaint complaint = {0};
    assert_false(read_text(&session, text, TRANSCRIPT_LINE + 2, &complaint));
    assert_string_equal(complaint.text, "file:1: the line is too long");
    complaint = (struct complaint){0};
    text[TRANSCRIPT_LINE - 1] = '\n'; // as long as allowed, and then of no meaning
    assert_false(read_text(&session, text, TRANSCRIPT_LINE, &complaint));
    assert_string_equal(complaint.text, "file:1: not a transcript of shakedown");
    free(text);
}

static void test_full_disk(void **state)
{
    (void)state;
    struct target target = targets[0];
    struct finished finished = {.target = &target};
    FILE *full = fopen("/dev/full", "w");
    setvbuf(full, NULL, _IONBF, 0);
    assert_false(transcript_write(full, &run, &finished));
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),        cmocka_unit_test(test_flights),
        cmocka_unit_test(test_spoiled),     cmocka_unit_test(test_same_probe_twice),
        cmocka_unit_test(test_cut),         cmocka_unit_test(test_missing_probe),
        cmocka_unit_test(test_unbuildable), cmocka_unit_test(test_sent_as_told),
        cmocka_unit_test(test_handshakes),  cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_full_disk),   cmocka_unit_test(test_errands),
        cmocka_unit_test(test_optional),    cmocka_unit_test(test_offer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
