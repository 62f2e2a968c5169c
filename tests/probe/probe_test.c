// SPDX-License-Identifier: Apache-2.0
//
// The canonical form of a probe: what is written is read back, whatever the probe; another probe has
// another form; what was cut or bent is refused or is itself a form. The same for what a handshake came to.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "probe/outcome.h"
#include "probe/probe.h"
#include "wire/registry.h"

static uint64_t state_of_draws;

static uint32_t draw(uint32_t below)
{
    state_of_draws = state_of_draws * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state_of_draws >> 33) % below;
}

static struct codes draw_codes(struct arena *arena, uint32_t most)
{
    size_t count = draw(most);
    uint16_t *code = arena_array(arena, count, sizeof *code);
    for (size_t i = 0; i < count; i++)
        code[i] = (uint16_t)draw(0x10000);
    return (struct codes){code, count};
}

static const char *draw_name(void)
{
    static const char *const names[] = {NULL, "a.example", "www.example.com", "h2"};
    return names[draw(4)];
}

static struct probe draw_hello(struct arena *arena)
{
    struct extension *row = arena_array(arena, 2, sizeof *row);
    row[0] = (struct extension){(uint16_t)draw(0x10000), bytes_of_text("body")};
    row[1] = (struct extension){(uint16_t)draw(0x10000), {NULL, 0}};
    return (struct probe){
        .sample = (uint16_t)draw(3),
        .hello = {.version = (uint16_t)draw(0x10000),
                  .record_version = (uint16_t)draw(0x10000),
                  .extensions = draw(1 << 13),
                  .session_id = draw(2) == 1,
                  .suites = draw_codes(arena, 200),
                  .versions = draw_codes(arena, 10),
                  .groups = draw_codes(arena, 30),
                  .schemes = draw_codes(arena, 30),
                  .extra = {row, draw(3)},
                  .pad_to = (uint16_t)draw(32768),
                  .fragment = (uint16_t)draw(0x10000),
                  .server_name = draw_name()},
    };
}

static struct probe draw_handshake(void)
{
    uint16_t lowest = (uint16_t)(TLS10 + draw(4));
    return (struct probe){
        .kind = PROBE_HANDSHAKE,
        .sample = (uint16_t)draw(3),
        .handshake = {.lowest = lowest,
                      .highest = (uint16_t)(lowest + draw((uint32_t)(TLS13 - lowest + 1))),
                      .options = (uint16_t)draw(1 << HANDSHAKE_OPTIONS),
                      .renegotiations = (uint8_t)draw(HANDSHAKE_RENEGOTIATIONS + 1),
                      .session = (uint64_t)draw(2) * UINT64_C(0x123456789ABCDEF0),
                      .server_name = draw_name(),
                      .alpn = draw_name(),
                      .authority = draw_name()},
    };
}

static struct probe draw_fetch(void)
{
    static const char *const urls[] = {"http://a.example", "http://[::1]:8080/x?y#z", "HTTP://a_b.example/%20"};
    enum fetch_method method = (enum fetch_method)draw(FETCH_METHODS);
    bool posts = method == FETCH_POST;
    return (struct probe){
        .kind = PROBE_FETCH,
        .sample = (uint16_t)draw(3),
        .fetch = {.method = method,
                  .url = urls[draw(3)],
                  .body = bytes_of_text(posts ? "octets" : ""),
                  .content_type = posts ? draw_name() : NULL,
                  .accept = draw_name(),
                  .limit = method == FETCH_HEAD ? 0 : 1 + draw(FETCH_LIMIT),
                  .own_address = draw(2) == 1},
    };
}

static struct probe draw_records(void)
{
    static const char *const names[] = {"example", "_443._tcp.www.example.com", "xn--bcher-kva.example"};
    return (struct probe){.kind = PROBE_RECORDS, .records = {names[draw(3)], (uint16_t)(1 + draw(0xFFFF))}};
}

static struct probe draw_probe(struct arena *arena, unsigned turn)
{
    switch (turn % PROBE_KINDS) {
    case PROBE_HELLO:
        return draw_hello(arena);
    case PROBE_HANDSHAKE:
        return draw_handshake();
    case PROBE_FETCH:
        return draw_fetch();
    default:
        return draw_records();
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        struct arena arena = {0};
        struct probe probe = draw_probe(&arena, i), read;
        struct bytes form = probe_encode(&arena, &probe);
        assert_true(probe_decode(&arena, form, &read));
        assert_int_equal(read.kind, probe.kind);
        assert_int_equal(probe_kind_of(form), probe.kind);
        assert_int_equal(probe_session(form), probe.handshake.session);
        assert_true(bytes_equal(probe_encode(&arena, &read), form));
        assert_string_equal(probe_sentence(&arena, &read), probe_sentence(&arena, &probe));
        for (size_t cut = 0; cut < form.size; cut += 1 + cut / 40)
            assert_false(probe_decode(&arena, (struct bytes){form.data, cut}, &read));
        arena_release(&arena);
    }
}

// One octet changed is another probe, or none.
static void test_bent(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        struct arena arena = {0};
        struct probe probe = draw_probe(&arena, i), read;
        struct bytes form = probe_encode(&arena, &probe);
        uint8_t *bent = arena_alloc(&arena, form.size);
        memcpy(bent, form.data, form.size);
        bent[draw((uint32_t)form.size)] ^= (uint8_t)(1 + draw(255));
        struct bytes other = {bent, form.size};
        if (probe_decode(&arena, other, &read))
            assert_true(bytes_equal(probe_encode(&arena, &read), other));
        arena_release(&arena);
    }
}

static const struct {
    const char *name;
    struct fetch fetch;
} refused_fetches[] = {
    {"no URL", {.limit = 1}},
    {"another scheme", {.url = "https://a.example/", .limit = 1}},
    {"no scheme", {.url = "//a.example/", .limit = 1}},
    {"a user", {.url = "http://user@a.example/", .limit = 1}},
    {"a password", {.url = "http://user:80@a.example/", .limit = 1}},
    {"no host", {.url = "http:///x", .limit = 1}},
    {"a host of dots", {.url = "http://../x", .limit = 1}},
    {"a space", {.url = "http://a.example/ HTTP/1.1", .limit = 1}},
    {"a quote", {.url = "http://a.example/\"", .limit = 1}},
    {"an open bracket", {.url = "http://[::1/", .limit = 1}},
    {"a name in brackets", {.url = "http://[a.example]/", .limit = 1}},
    {"port 0", {.url = "http://a.example:0/", .limit = 1}},
    {"a port that is none", {.url = "http://a.example:65536/", .limit = 1}},
    {"a port of words", {.url = "http://a.example:http/", .limit = 1}},
    {"a body without end", {.url = "http://a.example/", .limit = FETCH_LIMIT + 1}},
    {"no body wanted", {.url = "http://a.example/", .limit = 0}},
    {"a body for HEAD", {.method = FETCH_HEAD, .url = "http://a.example/", .limit = 1}},
    {"GET with a body", {.url = "http://a.example/", .limit = 1, .body = {(const uint8_t *)"x", 1}}},
    {"GET with a type", {.url = "http://a.example/", .limit = 1, .content_type = "text/plain"}},
};

static const char *const refused_names[] = {"",          "A.example", "a.example.", "a..example", ".example",
                                            "192.0.2.1", "a b",       "::1",        "*.example",  "1"};

static const struct {
    const char *name;
    struct handshake handshake;
} refused[] = {
    {"SSLv3", {.lowest = SSL3, .highest = TLS12}},
    {"beyond TLS 1.3", {.lowest = TLS12, .highest = 0x0305}},
    {"upside down", {.lowest = TLS13, .highest = TLS12}},
    {"an option that is none", {.lowest = TLS12, .highest = TLS12, .options = 1 << HANDSHAKE_OPTIONS}},
    {"renegotiations without end", {.lowest = TLS12, .highest = TLS12, .renegotiations = 11}},
    {"a name with control characters", {.lowest = TLS12, .highest = TLS12, .server_name = "a\nb"}},
    {"a protocol that is not ASCII", {.lowest = TLS12, .highest = TLS12, .alpn = "\xC3\xA9"}},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct arena arena = {0};
        struct probe probe = {.kind = PROBE_HANDSHAKE, .handshake = refused[i].handshake}, read;
        print_message("%s\n", refused[i].name);
        assert_false(probe_decode(&arena, probe_encode(&arena, &probe), &read));
        arena_release(&arena);
    }
    for (size_t i = 0; i < sizeof refused_fetches / sizeof *refused_fetches; i++) {
        struct arena arena = {0};
        struct probe probe = {.kind = PROBE_FETCH, .fetch = refused_fetches[i].fetch}, read;
        print_message("%s\n", refused_fetches[i].name);
        assert_false(probe_decode(&arena, probe_encode(&arena, &probe), &read));
        arena_release(&arena);
    }
    for (size_t i = 0; i < sizeof refused_names / sizeof *refused_names; i++) {
        struct arena arena = {0};
        struct probe probe = {.kind = PROBE_RECORDS, .records = {refused_names[i], RECORD_CAA}}, read;
        print_message("%s\n", refused_names[i]);
        assert_false(probe_decode(&arena, probe_encode(&arena, &probe), &read));
        arena_release(&arena);
    }
}

static struct handshake_result draw_result(struct arena *arena)
{
    struct handshake_result result = {
        .hello = true,
        .completed = draw(2) == 1,
        .version = (uint16_t)draw(0x10000),
        .suite = (uint16_t)draw(0x10000),
        .group = (uint16_t)draw(0x10000),
        .resumed = draw(2) == 1,
        .extended_master_secret = draw(2) == 1,
        .secure_renegotiation = draw(2) == 1,
        .resumable = draw(2) == 1,
        .certificate_requested = draw(2) == 1,
        .certificate_sent = draw(2) == 1,
        .session_id_size = (uint8_t)draw(33),
        .early_data = (enum early_data)draw(3),
        .renegotiations = (uint8_t)draw(11),
        .end = (enum handshake_end)draw(HANDSHAKE_ENDS),
        .alerted = draw(2) == 1,
        .alert = (uint8_t)draw(256),
        .alpn = arena_copy(arena, bytes_of_text(draw(2) ? "" : "\xff\n")),
        .error = draw(2) ? "bad record mac" : NULL,
        .scheme = (uint16_t)draw(0x10000),
        .http_answer = (enum http_answer)draw(HTTP_ANSWERS),
        .http = arena_copy(arena, bytes_of_text(draw(2) ? "" : "HTTP/1.1 200 OK\n\n")),
        .certificate_count = draw(3),
        .staple = arena_copy(arena, bytes_of_text(draw(2) ? "" : "staple")),
        .ticket_count = (uint16_t)draw(TICKETS_LIMIT + 1),
    };
    struct bytes *certificates = arena_array(arena, result.certificate_count, sizeof *certificates);
    for (size_t i = 0; i < result.certificate_count; i++)
        certificates[i] = bytes_of_text(i == 0 ? "leaf" : "");
    result.certificates = certificates;
    for (size_t i = 0; i < result.ticket_count && i < TICKETS_KEPT; i++) {
        struct ticket *ticket = &result.ticket[i];
        *ticket = (struct ticket){draw(1 << 30), draw(1 << 30), draw(1 << 30), {0}, (uint8_t)draw(TICKET_NAME + 1)};
        for (size_t j = 0; j < ticket->name_size; j++)
            ticket->name[j] = (uint8_t)draw(256);
    }
    return result;
}

static struct bytes encode_result(struct arena *arena, const struct handshake_result *result)
{
    struct builder out = builder_in(arena);
    handshake_result_encode(&out, result);
    assert_false(out.bad);
    return builder_bytes(&out);
}

static void test_results(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        struct arena arena = {0};
        struct handshake_result result = draw_result(&arena), read;
        struct bytes form = encode_result(&arena, &result);
        assert_true(handshake_result_decode(&arena, form, &read));
        assert_true(bytes_equal(encode_result(&arena, &read), form));
        assert_string_equal(handshake_result_sentence(&arena, &read), handshake_result_sentence(&arena, &result));
        for (size_t cut = 0; cut < form.size; cut++)
            assert_false(handshake_result_decode(&arena, (struct bytes){form.data, cut}, &read));
        uint8_t *bent = arena_alloc(&arena, form.size);
        memcpy(bent, form.data, form.size);
        bent[draw((uint32_t)form.size)] ^= (uint8_t)(1 + draw(255));
        struct bytes other = {bent, form.size};
        if (handshake_result_decode(&arena, other, &read))
            assert_true(bytes_equal(encode_result(&arena, &read), other));
        arena_release(&arena);
    }
}

// Sessions are in memory alone.
static void test_no_session_in_a_result(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct handshake_result with = {.session = bytes_of_text("master secret")}, without = {0};
    assert_true(bytes_equal(encode_result(&arena, &with), encode_result(&arena, &without)));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_bent),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_no_session_in_a_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
