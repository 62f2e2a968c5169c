// SPDX-License-Identifier: Apache-2.0
//
// First flights recorded from real servers (fixtures/flights/), each fed whole, octet by octet and
// cut at every octet; and flights made by hand for what real servers seldom do. Run as
// `flight_test hello NAME` it prints the hello of that name in hex, which is what the recordings
// were made with.
#include "wire/flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "base/text.h"
#include "hellos.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define CUTS_LIMIT   6000

// --- helpers --------------------------------------------------------------------------------------

static void begin(struct flight_reader *reader, struct arena *arena, const struct hello *hello)
{
    flight_begin(reader, arena, hello, &test_entropy, hello_build(arena, hello, &test_entropy));
}

static const char *extensions_text(struct arena *arena, struct extensions extensions)
{
    const char *text = "";
    for (size_t i = 0; i < extensions.count; i++)
        text = arena_text(arena, "%s %04X=%s", text, extensions.row[i].type, text_hex(arena, extensions.row[i].body));
    return text;
}

// Everything there is in a flight, as lines: two are the same when this is.
static const char *flight_text(struct arena *arena, const struct flight_reader *reader)
{
    const struct flight *f = &reader->flight;
    const char *text = arena_text(
        arena,
        "hello %d retry %d complete %d record %04X legacy %04X version %04X suite %04X compression %u\n"
        "random %s %s\nextensions%s\nencrypted%s\ngroup %04X dh %s %s %s %u scheme %04X\n"
        "certificates %d %zu staple %s request %d %s\nssl2 %zu %d %u\nalert %u %u %d %u %u faults %04X banner %s\n",
        f->hello, f->retry, f->complete, f->record_version, f->legacy_version, f->version, f->suite, f->compression,
        text_hex(arena, (struct bytes){f->random_begin, sizeof f->random_begin}),
        text_hex(arena, (struct bytes){f->random_end, sizeof f->random_end}),
        extensions_text(arena, f->shown->extensions), extensions_text(arena, f->shown->encrypted_extensions), f->group,
        text_hex(arena, f->shown->dh_prime), text_hex(arena, f->shown->dh_generator), text_hex(arena, f->key_share),
        f->shown->dh_bits, f->scheme, f->shown->certificate_message, f->shown->certificate_count,
        text_hex(arena, f->shown->staple), f->shown->certificate_request,
        text_hex(arena, f->shown->certificate_request_body), f->shown->kind_count, f->ssl2_error, f->ssl2_error_code,
        f->warnings, f->warning, f->alert, f->alert_level, f->alert_description, f->faults,
        text_hex(arena, reader->banner));
    for (size_t i = 0; i < f->shown->certificate_count; i++)
        text = arena_text(arena, "%s%s\n", text, text_hex(arena, f->shown->certificates[i]));
    for (size_t i = 0; i < f->shown->kind_count; i++)
        text = arena_text(arena, "%s%06X ", text, (unsigned)f->shown->kinds[i]);
    return text;
}

static void feed_by_octet(struct flight_reader *reader, struct bytes received)
{
    for (size_t i = 0; i < received.size; i++)
        flight_feed(reader, (struct bytes){received.data + i, 1});
}

// What a prefix claims, the whole must claim as well.
static void check_prefix(const char *name, size_t cut, const struct flight_reader *part, const struct flight *whole)
{
    const struct flight *flight = &part->flight;
    if (flight->hello && !whole->hello)
        fail_msg("%s cut at %zu claims a hello", name, cut);
    assert_true(!flight->hello || (whole->hello && flight->version == whole->version && flight->suite == whole->suite));
    assert_true(flight->group == 0 || flight->group == whole->group);
    assert_true(flight->scheme == 0 || flight->scheme == whole->scheme);
    assert_true(flight->shown->dh_bits == 0 || flight->shown->dh_bits == whole->shown->dh_bits);
    assert_true(flight->shown->certificate_count == 0 ||
                flight->shown->certificate_count == whole->shown->certificate_count);
    assert_true(!flight->shown->certificate_message || whole->shown->certificate_message);
    assert_true(flight->shown->staple.size == 0 || bytes_equal(flight->shown->staple, whole->shown->staple));
    assert_true(!flight->shown->certificate_request || whole->shown->certificate_request);
    assert_int_equal(flight->faults & ~whole->faults, 0);
    assert_true(!flight->alert || whole->alert);
    assert_true(!flight->complete || part->state == FLIGHT_ENDED);
    for (size_t i = 0; i < flight->shown->certificate_count; i++)
        assert_true(bytes_equal(flight->shown->certificates[i], whole->shown->certificates[i]));
}

static void check_cuts(const char *name, const struct hello *hello, struct bytes received)
{
    struct arena arena = {0};
    struct flight_reader whole;
    begin(&whole, &arena, hello);
    flight_feed(&whole, received);
    const char *want = flight_text(&arena, &whole);

    struct flight_reader slow;
    begin(&slow, &arena, hello);
    feed_by_octet(&slow, received);
    assert_string_equal(flight_text(&arena, &slow), want);
    assert_int_equal(slow.state, whole.state);

    for (size_t cut = 0; cut <= received.size && cut < CUTS_LIMIT; cut++) {
        struct arena scratch = {0};
        struct flight_reader part;
        begin(&part, &scratch, hello);
        enum flight_state state = flight_feed(&part, (struct bytes){received.data, cut});
        check_prefix(name, cut, &part, &whole.flight);
        flight_feed(&part, (struct bytes){received.data + cut, received.size - cut});
        if (state == FLIGHT_READING) {
            assert_int_equal(part.state, whole.state);
            assert_true(part.flight.faults == whole.flight.faults && part.flight.complete == whole.flight.complete);
        }
        arena_release(&scratch);
    }
    arena_release(&arena);
}

// --- recordings -----------------------------------------------------------------------------------

struct recording {
    char hello[64];
    struct bytes sent, received;
};

static void read_recording(struct arena *arena, const char *name, struct recording *out)
{
    FILE *file = fopen(arena_text(arena, "fixtures/flights/%s.txt", name), "r");
    assert_non_null(file);
    static char sent[8192], received[65536];
    assert_int_equal(fscanf(file, "hello %63s sent %8191s received %65535s", out->hello, sent, received), 3);
    fclose(file);
    assert_true(text_from_hex(arena, sent, &out->sent));
    assert_true(text_from_hex(arena, received, &out->received));
}

static const struct {
    const char *name;
    uint16_t want_version, want_suite, want_group, want_scheme, want_dh_bits;
    size_t want_certificates;
    bool want_staple, want_request, want_retry;
    int want_alert; // 0: none
} recordings[] = {
    {"tls12_rsa", TLS12, 0x009C, 0, 0, 0, 2, false, false, false, 0},
    {"tls12_ecdhe_ecdsa", TLS12, 0xC02B, 0x0017, 0x0403, 0, 2, true, false, false, 0},
    {"tls12_dhe_rsa", TLS12, 0x009E, 0, 0x0804, 2048, 2, false, true, false, 0},
    {"tls12_psk", TLS12, 0x008C, 0, 0, 0, 0, false, false, false, 0},
    {"tls12_dhe_psk", TLS12, 0x0090, 0, 0, 2048, 0, false, false, false, 0},
    {"tls12_ecdhe_psk", TLS12, 0xC035, 0x001D, 0, 0, 0, false, false, false, 0},
    {"tls12_dh_anon", TLS12, 0x006C, 0, 0, 1024, 0, false, false, false, 0},
    {"tls12_ecdh_anon", TLS12, 0xC018, 0x001D, 0, 0, 0, false, false, false, 0},
    {"tls12_no_extensions", TLS12, 0x009D, 0, 0, 0, 2, false, false, false, 0},
    {"tls10_dhe_rsa", TLS10, 0x0039, 0, 0, 2048, 2, false, false, false, 0},
    {"tls13_x25519", TLS13, 0x1301, 0x001D, 0x0804, 0, 2, true, true, false, 0},
    {"tls13_p256_sha384", TLS13, 0x1302, 0x0017, 0x0403, 0, 2, false, false, false, 0},
    {"tls13_p384_chacha20", TLS13, 0x1303, 0x0018, 0x0403, 0, 2, false, false, false, 0},
    {"tls13_p521_ccm", TLS13, 0x1304, 0x0019, 0x0403, 0, 2, false, false, false, 0},
    {"tls13_x448_ccm8", TLS13, 0x1305, 0x001E, 0x0403, 0, 2, false, false, false, 0},
    {"tls13_ffdhe2048", TLS13, 0x1301, 0x0100, 0x0403, 0, 2, false, false, false, 0},
    {"tls13_fragments", TLS13, 0x1301, 0x001D, 0x0804, 0, 2, false, false, false, 0},
    {"tls13_retry", TLS13, 0x1301, 0x0017, 0, 0, 0, false, false, true, 0},
    {"gnutls_tls12", TLS12, 0xC030, 0x001D, 0x0804, 0, 2, false, true, false, 0},
    {"gnutls_tls13", TLS13, 0x1301, 0x001D, 0x0804, 0, 2, false, true, false, 0},
    {"handshake_failure", 0, 0, 0, 0, 0, 0, false, false, false, 40},
    {"protocol_version", 0, 0, 0, 0, 0, 0, false, false, false, 70},
    {"ssl2_to_tls", 0, 0, 0, 0, 0, 0, false, false, false, 70},
    {"ssl2", SSL2, 0, 0, 0, 0, 1, false, false, false, 0},
    {"ssl3", SSL3, 0x0035, 0, 0, 0, 1, false, false, false, 0},
};

static void test_recordings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(recordings); i++) {
        struct arena arena = {0};
        struct recording recording;
        print_message("%s\n", recordings[i].name);
        read_recording(&arena, recordings[i].name, &recording);
        const struct hello *hello = hello_named(recording.hello);
        assert_true(bytes_equal(hello_build(&arena, hello, &test_entropy), recording.sent));
        struct flight_reader reader;
        begin(&reader, &arena, hello);
        assert_int_equal(flight_feed(&reader, recording.received), FLIGHT_ENDED);
        const struct flight *flight = &reader.flight;
        assert_int_equal(flight->faults, 0);
        assert_int_equal(flight->hello, recordings[i].want_alert == 0);
        assert_int_equal(flight->complete, recordings[i].want_alert == 0);
        assert_int_equal(flight->version, recordings[i].want_version);
        assert_int_equal(flight->suite, recordings[i].want_suite);
        assert_int_equal(flight->group, recordings[i].want_group);
        assert_int_equal(flight->scheme, recordings[i].want_scheme);
        assert_int_equal(flight->shown->dh_bits, recordings[i].want_dh_bits);
        assert_int_equal(flight->shown->certificate_count, recordings[i].want_certificates);
        assert_int_equal(flight->shown->staple.size != 0, recordings[i].want_staple);
        assert_int_equal(flight->shown->certificate_request, recordings[i].want_request);
        assert_int_equal(flight->retry, recordings[i].want_retry);
        assert_int_equal(flight->shown->kind_count, flight->version == SSL2 ? 7 : 0);
        assert_int_equal(flight->alert ? flight->alert_description : 0, recordings[i].want_alert);
        arena_release(&arena);
    }
}

static void test_recordings_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(recordings); i++) {
        struct arena arena = {0};
        struct recording recording;
        read_recording(&arena, recordings[i].name, &recording);
        check_cuts(recordings[i].name, hello_named(recording.hello), recording.received);
        arena_release(&arena);
    }
}

// --- flights by hand ------------------------------------------------------------------------------

static void add_record(struct builder *out, uint8_t type, struct bytes fragment)
{
    builder_u8(out, type);
    builder_u16(out, 0x0303);
    size_t block = builder_open(out, 2);
    if (fragment.size != 0)
        builder_add(out, fragment);
    builder_close(out, block, 2);
}

static void add_text(struct builder *out, const char *hex)
{
    struct bytes bytes;
    assert_true(text_from_hex(out->arena, hex, &bytes));
    if (bytes.size != 0)
        builder_add(out, bytes);
}

static struct bytes hex(struct arena *arena, const char *text)
{
    struct builder out = builder_in(arena);
    add_text(&out, text);
    return builder_bytes(&out);
}

#define RANDOM "5252525252525252525252525252525252525252525252525252525252525252"
#define RETRY  "CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C"
#define SHARE  "00330024001D00209999999999999999999999999999999999999999999999999999999999999909"

struct server_hello {
    const char *random; // NULL: RANDOM
    uint16_t version, suite;
    bool echo; // of our session id
    uint8_t compression;
    const char *extensions; // NULL: no block
    const char *tail;
};

static struct bytes message_bytes(struct arena *arena, uint8_t type, struct bytes body)
{
    struct builder out = builder_in(arena);
    builder_u8(&out, type);
    size_t block = builder_open(&out, 3);
    if (body.size != 0)
        builder_add(&out, body);
    builder_close(&out, block, 3);
    return builder_bytes(&out);
}

static struct bytes server_hello_bytes(struct arena *arena, const struct server_hello *spec, const struct hello *hello)
{
    struct builder body = builder_in(arena);
    builder_u16(&body, spec->version);
    add_text(&body, spec->random == NULL ? RANDOM : spec->random);
    bool early = spec->version == 0x7F12; // a draft whose ServerHello has neither session id nor compression
    if (!early)
        builder_u8(&body, spec->echo ? 32 : 0);
    if (spec->echo)
        builder_add(&body, (struct bytes){hello_build(arena, hello, &test_entropy).data + 44, 32});
    builder_u16(&body, spec->suite);
    if (!early)
        builder_u8(&body, spec->compression);
    if (spec->extensions != NULL) {
        size_t block = builder_open(&body, 2);
        add_text(&body, spec->extensions);
        builder_close(&body, block, 2);
    }
    if (spec->tail != NULL)
        add_text(&body, spec->tail);
    return message_bytes(arena, 2, builder_bytes(&body));
}

static void begin_tls12(struct flight_reader *reader, struct arena *arena)
{
    struct server_hello spec = {NULL, TLS12, 0x002F, false, 0, NULL, NULL};
    struct builder out = builder_in(arena);
    begin(reader, arena, hello_named("tls12"));
    add_record(&out, 22, server_hello_bytes(arena, &spec, hello_named("tls12")));
    assert_int_equal(flight_feed(reader, builder_bytes(&out)), FLIGHT_READING);
}

#define HAS_SHARE   FAULT_RETRY_FOR_SHARE
#define NO_VERSION  FAULT_VERSION_NOT_OFFERED
#define NO_SUITE    FAULT_SUITE_NOT_OFFERED
#define SELECTED_13 "002B00020304"

static const struct {
    const char *name, *hello;
    struct server_hello server_hello;
    unsigned want_faults;
    enum flight_state want_state;
    bool want_hello;
    uint16_t want_version;
} server_hellos[] = {
    {"plain", "tls12", {NULL, TLS12, 0x002F, 0, 0, NULL, NULL}, 0, FLIGHT_READING, true, TLS12},
    {"no extensions in SSLv3", "ssl3", {NULL, SSL3, 0x0035, 0, 0, NULL, NULL}, 0, FLIGHT_READING, true, SSL3},
    {"lower version", "tls12", {NULL, SSL3, 0x002F, 0, 0, "", NULL}, 0, FLIGHT_READING, true, SSL3},
    {"higher version", "tls10", {NULL, TLS12, 0x002F, 0, 0, NULL, NULL}, NO_VERSION, FLIGHT_READING, true, TLS12},
    {"TLS 1.3 in the old field",
     "tls12",
     {NULL, TLS13, 0x002F, 1, 0, NULL, NULL},
     NO_VERSION,
     FLIGHT_ENDED,
     true,
     TLS13},
    {"TLS 1.2 to TLS 1.3", "tls13", {NULL, TLS12, 0x1301, 0, 0, NULL, NULL}, 0, FLIGHT_READING, true, TLS12},
    {"TLS 1.5", "tls12", {NULL, 0x0306, 0x002F, 0, 0, NULL, NULL}, NO_VERSION, FLIGHT_BROKEN, true, 0x0306},
    {"version 0", "tls12", {NULL, 0, 0x002F, 0, 0, NULL, NULL}, NO_VERSION, FLIGHT_BROKEN, true, 0},
    {"draft not offered",
     "tls13",
     {NULL, TLS12, 0x1301, 1, 0, "002B00027F1C", NULL},
     NO_VERSION,
     FLIGHT_ENDED,
     true,
     0x7F1C},
    {"suite", "tls12", {NULL, TLS12, 0x0005, 0, 0, NULL, NULL}, NO_SUITE, FLIGHT_READING, true, TLS12},
    {"suite 0", "tls12", {NULL, TLS12, 0x0000, 0, 0, NULL, NULL}, NO_SUITE, FLIGHT_READING, true, TLS12},
    {"SCSV", "tls12", {NULL, TLS12, 0x00FF, 0, 0, NULL, NULL}, NO_SUITE, FLIGHT_READING, true, TLS12},
    {"compression", "tls12", {NULL, TLS12, 0x002F, 0, 1, NULL, NULL}, FAULT_COMPRESSION, FLIGHT_READING, true, TLS12},
    {"session id",
     "tls13",
     {NULL, TLS12, 0x1301, 0, 0, SELECTED_13 SHARE, NULL},
     FAULT_SESSION_ID,
     FLIGHT_READING,
     true,
     TLS13},
    {"share", "tls13", {NULL, TLS12, 0x1301, 1, 0, SELECTED_13 SHARE, NULL}, 0, FLIGHT_READING, true, TLS13},
    {"share of no curve point",
     "tls13_p256",
     {NULL, TLS12, 0x1302, 1, 0, SELECTED_13 "00330006001700020405", NULL},
     FAULT_MALFORMED,
     FLIGHT_BROKEN,
     true,
     TLS13},
    {"share of another group",
     "tls13_p256",
     {NULL, TLS12, 0x1302, 1, 0, SELECTED_13 SHARE, NULL},
     FAULT_GROUP_NOT_OFFERED,
     FLIGHT_ENDED,
     true,
     TLS13},
    {"unknown suite",
     "tls13",
     {NULL, TLS12, 0x13FF, 1, 0, SELECTED_13 SHARE, NULL},
     NO_SUITE,
     FLIGHT_ENDED,
     true,
     TLS13},
    {"no share", "tls13", {NULL, TLS12, 0x1301, 1, 0, SELECTED_13, NULL}, 0, FLIGHT_ENDED, true, TLS13},
    {"retry",
     "tls13_no_share",
     {RETRY, TLS12, 0x1301, 1, 0, SELECTED_13 "003300020017", NULL},
     0,
     FLIGHT_ENDED,
     true,
     TLS13},
    {"retry for a share",
     "tls13",
     {RETRY, TLS12, 0x1301, 1, 0, SELECTED_13 "00330002001D", NULL},
     HAS_SHARE,
     FLIGHT_ENDED,
     true,
     TLS13},
    {"retry for another group",
     "tls13",
     {RETRY, TLS12, 0x1301, 1, 0, SELECTED_13 "003300020015", NULL},
     FAULT_GROUP_NOT_OFFERED,
     FLIGHT_ENDED,
     true,
     TLS13},
    {"retry without group",
     "tls13_no_share",
     {RETRY, TLS12, 0x1301, 1, 0, SELECTED_13, NULL},
     FAULT_RETRY_WITHOUT_GROUP,
     FLIGHT_ENDED,
     true,
     TLS13},
    {"retry with a cookie alone",
     "tls13",
     {RETRY, TLS12, 0x1301, 1, 0, SELECTED_13 "002C0003000101", NULL},
     0,
     FLIGHT_ENDED,
     true,
     TLS13},
    {"retry with cookie and no share",
     "tls13_no_share",
     {RETRY, TLS12, 0x1301, 1, 0, SELECTED_13 "002C0003000101", NULL},
     FAULT_RETRY_WITHOUT_GROUP,
     FLIGHT_ENDED,
     true,
     TLS13},
    {"retry of TLS 1.2",
     "tls12",
     {RETRY, TLS12, 0x002F, 0, 0, NULL, NULL},
     FAULT_UNEXPECTED,
     FLIGHT_ENDED,
     true,
     TLS12},
    {"extension",
     "tls12",
     {NULL, TLS12, 0x002F, 0, 0, "00100000", NULL},
     FAULT_EXTENSION_NOT_OFFERED,
     FLIGHT_READING,
     true,
     TLS12},
    {"extension in SSLv3",
     "no_extensions",
     {NULL, TLS12, 0x002F, 0, 0, "00170000", NULL},
     FAULT_EXTENSION_NOT_OFFERED,
     FLIGHT_READING,
     true,
     TLS12},
    {"renegotiation_info for the SCSV",
     "no_extensions",
     {NULL, TLS12, 0x002F, 0, 0, "FF01000100", NULL},
     0,
     FLIGHT_READING,
     true,
     TLS12},
    {"renegotiation_info for nothing",
     "tls13",
     {NULL, TLS12, 0x1301, 1, 0, SELECTED_13 SHARE "FF01000100", NULL},
     FAULT_EXTENSION_NOT_OFFERED,
     FLIGHT_READING,
     true,
     TLS13},
    {"trailing data", "tls12", {NULL, TLS12, 0x002F, 0, 0, "", "00"}, FAULT_TRAILING_DATA, FLIGHT_READING, true, TLS12},
    {"half an extension",
     "tls12",
     {NULL, TLS12, 0x002F, 0, 0, "001700", NULL},
     FAULT_MALFORMED,
     FLIGHT_BROKEN,
     false,
     0},
    {"half a block", "tls12", {NULL, TLS12, 0x002F, 0, 0, NULL, "0004"}, FAULT_MALFORMED, FLIGHT_BROKEN, false, 0},
    {"cookie in a ServerHello",
     "tls13",
     {NULL, TLS12, 0x1301, 1, 0, SELECTED_13 SHARE "002C0003000101", NULL},
     FAULT_EXTENSION_NOT_OFFERED,
     FLIGHT_READING,
     true,
     TLS13},
    {"GREASE suite", "grease", {NULL, TLS12, 0x0A0A, 0, 0, NULL, NULL}, NO_SUITE, FLIGHT_READING, true, TLS12},
    {"GREASE group",
     "grease",
     {RETRY, TLS12, 0x1301, 0, 0, SELECTED_13 "003300021A1A", NULL},
     FAULT_GROUP_NOT_OFFERED,
     FLIGHT_ENDED,
     true,
     TLS13},
    {"GREASE version",
     "grease",
     {NULL, TLS12, 0x1301, 0, 0, "002B00022A2A", NULL},
     NO_VERSION,
     FLIGHT_BROKEN,
     true,
     0x2A2A},
    {"early draft", "tls13", {RANDOM, 0x7F12, 0x1301, 0, 0, NULL, NULL}, NO_VERSION, FLIGHT_ENDED, true, 0x7F12},
    {"TLS to SSLv2",
     "ssl2",
     {NULL, TLS10, 0x002F, 0, 0, NULL, NULL},
     NO_VERSION | NO_SUITE,
     FLIGHT_READING,
     true,
     TLS10},
};

static void test_server_hello(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(server_hellos); i++) {
        struct arena arena = {0};
        print_message("%s\n", server_hellos[i].name);
        const struct hello *hello = hello_named(server_hellos[i].hello);
        struct builder out = builder_in(&arena);
        add_record(&out, 22, server_hello_bytes(&arena, &server_hellos[i].server_hello, hello));
        struct flight_reader reader;
        begin(&reader, &arena, hello);
        assert_int_equal(flight_feed(&reader, builder_bytes(&out)), server_hellos[i].want_state);
        assert_int_equal(reader.flight.faults, server_hellos[i].want_faults);
        assert_int_equal(reader.flight.hello, server_hellos[i].want_hello);
        assert_int_equal(reader.flight.version, server_hellos[i].want_version);
        assert_int_equal(reader.flight.complete, server_hellos[i].want_state == FLIGHT_ENDED);
        check_cuts(server_hellos[i].name, hello, builder_bytes(&out));
        arena_release(&arena);
    }
}

// After a ServerHello with the suite given: messages as "type:body", NULL at the end.
static const struct {
    const char *name;
    uint16_t suite;
    const char *messages[6];
    unsigned want_faults;
    bool want_complete;
    uint16_t want_group, want_scheme, want_dh_bits;
    size_t want_certificates;
} tls12_flights[] = {
    {"nothing but done", 0x002F, {"0E:"}, 0, true, 0, 0, 0, 0},
    {"done with a body", 0x002F, {"0E:00"}, FAULT_TRAILING_DATA, true, 0, 0, 0, 0},
    {"empty list", 0x002F, {"0B:000000", "0E:"}, 0, true, 0, 0, 0, 0},
    {"two certificates", 0x002F, {"0B:000008000001AA000001BB", "0E:"}, 0, true, 0, 0, 0, 2},
    {"empty certificate", 0x002F, {"0B:000003000000", "0E:"}, FAULT_MALFORMED, false, 0, 0, 0, 0},
    {"certificate past the list", 0x002F, {"0B:000004000002AA", "0E:"}, FAULT_MALFORMED, false, 0, 0, 0, 0},
    {"two lists", 0x002F, {"0B:000000", "0B:000000"}, FAULT_UNEXPECTED, false, 0, 0, 0, 0},
    {"hello twice", 0x002F, {"02:00"}, FAULT_UNEXPECTED, false, 0, 0, 0, 0},
    {"HelloRequest", 0x002F, {"00:", "0B:000000", "00:", "00:", "0E:"}, 0, true, 0, 0, 0, 0},
    {"NewSessionTicket", 0x002F, {"0B:000004000001AA", "04:00000000000101"}, FAULT_UNEXPECTED, false, 0, 0, 0, 1},
    {"staple", 0x002F, {"0B:000000", "16:010000020505", "0E:"}, 0, true, 0, 0, 0, 0},
    {"unknown type", 0x002F, {"0B:000000", "FE:"}, FAULT_UNEXPECTED, false, 0, 0, 0, 0},
    {"named curve", 0xC02F, {"0B:000000", "0C:03001D02AABB04010001FF", "0E:"}, 0, true, 0x001D, 0x0401, 0, 0},
    {"curve not offered",
     0xC02F,
     {"0B:000000", "0C:03001602AABB04010001FF", "0E:"},
     FAULT_GROUP_NOT_OFFERED,
     true,
     0x0016,
     0x0401,
     0,
     0},
    {"explicit prime", 0xC02F, {"0B:000000", "0C:01AABBCC", "0E:"}, FAULT_GROUP_NOT_OFFERED, true, 0xFF01, 0, 0, 0},
    {"explicit char2", 0xC02F, {"0B:000000", "0C:02AABBCC", "0E:"}, FAULT_GROUP_NOT_OFFERED, true, 0xFF02, 0, 0, 0},
    {"curve type 9", 0xC02F, {"0B:000000", "0C:09AABBCC", "0E:"}, FAULT_MALFORMED, false, 0, 0, 0, 0},
    {"no signature", 0xC02F, {"0B:000000", "0C:03001D02AABB", "0E:"}, FAULT_MALFORMED, false, 0, 0, 0, 0},
    {"ECDH anon", 0xC018, {"0C:03001D02AABB", "0E:"}, FAULT_SUITE_NOT_OFFERED, true, 0x001D, 0, 0, 0},
    {"DHE, zeros before the prime",
     0x009E,
     {"0B:000000", "0C:00040000017F000102000103080400021111", "0E:"},
     0,
     true,
     0,
     0x0804,
     9,
     0},
    {"DHE, empty prime", 0x009E, {"0B:000000", "0C:0000000102000103080400021111", "0E:"}, 0, true, 0, 0x0804, 0, 0},
    {"DH anon", 0x0034, {"0C:0002C001000102000103", "0E:"}, FAULT_SUITE_NOT_OFFERED, true, 0, 0, 16, 0},
    {"PSK hint", 0x008C, {"0C:00026869", "0E:"}, FAULT_SUITE_NOT_OFFERED, true, 0, 0, 0, 0},
    {"ECDHE_PSK",
     0xC035,
     {"0C:0000"
      "03001D02AABB",
      "0E:"},
     FAULT_SUITE_NOT_OFFERED,
     true,
     0x001D,
     0,
     0,
     0},
    {"DHE_PSK",
     0x0090,
     {"0C:0001"
      "68"
      "0001FF000102000103",
      "0E:"},
     FAULT_SUITE_NOT_OFFERED,
     true,
     0,
     0,
     8,
     0},
    {"export RSA",
     0x0003,
     {"0B:000000", "0C:0001AA000103080400021111", "0E:"},
     FAULT_SUITE_NOT_OFFERED,
     true,
     0,
     0x0804,
     0,
     0},
    {"key exchange of plain RSA",
     0x002F,
     {"0B:000000", "0C:0001AA000103080400021111", "0E:"},
     FAULT_UNEXPECTED,
     true,
     0,
     0x0804,
     0,
     0},
    {"request",
     0x002F,
     {"0B:000000",
      "0D:0101"
      "000204010000",
      "0E:"},
     0,
     true,
     0,
     0,
     0,
     0},
    {"broken request",
     0x002F,
     {"0B:000000",
      "0D:0101"
      "00020401",
      "0E:"},
     FAULT_MALFORMED,
     false,
     0,
     0,
     0,
     0},
    {"request before key exchange",
     0xC02F,
     {"0B:000000", "0D:0101000204010000", "0C:03001D02AABB04010001FF"},
     FAULT_UNEXPECTED,
     false,
     0,
     0,
     0,
     0},
};

static struct bytes tls12_messages(struct arena *arena, size_t row)
{
    struct builder out = builder_in(arena);
    struct server_hello spec = {NULL, TLS12, tls12_flights[row].suite, false, 0, NULL, NULL};
    builder_add(&out, server_hello_bytes(arena, &spec, hello_named("tls12")));
    for (const char *const *message = tls12_flights[row].messages; *message != NULL; message++) {
        unsigned type;
        assert_int_equal(sscanf(*message, "%2X:", &type), 1);
        builder_add(&out, message_bytes(arena, (uint8_t)type, hex(arena, *message + 3)));
    }
    return builder_bytes(&out);
}

// One record for all, and a record for each octet: the result must be the same.
static void test_tls12_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(tls12_flights); i++)
        for (size_t fragment = 1; fragment <= 4096; fragment *= 16) {
            struct arena arena = {0};
            print_message("%s, fragments of %zu\n", tls12_flights[i].name, fragment);
            struct cursor messages = cursor_of(tls12_messages(&arena, i));
            struct builder out = builder_in(&arena);
            while (messages.left != 0)
                add_record(&out, 22, cursor_take(&messages, messages.left < fragment ? messages.left : fragment));
            struct flight_reader reader;
            begin(&reader, &arena, hello_named("tls12"));
            flight_feed(&reader, builder_bytes(&out));
            const struct flight *flight = &reader.flight;
            assert_int_equal(flight->faults, tls12_flights[i].want_faults);
            assert_int_equal(flight->complete, tls12_flights[i].want_complete);
            assert_int_equal(reader.state, flight->complete ? FLIGHT_ENDED : FLIGHT_BROKEN);
            assert_int_equal(flight->group, tls12_flights[i].want_group);
            assert_int_equal(flight->scheme, tls12_flights[i].want_scheme);
            assert_int_equal(flight->shown->dh_bits, tls12_flights[i].want_dh_bits);
            assert_int_equal(flight->shown->certificate_count, tls12_flights[i].want_certificates);
            check_cuts(tls12_flights[i].name, hello_named("tls12"), builder_bytes(&out));
            arena_release(&arena);
        }
}

static const struct {
    const char *name, *status;
    size_t want_size;
} staples[] = {
    {"ocsp", "010000020505", 2},
    {"ocsp_multi", "020000020505", 0},
};

static void test_staple(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(staples); i++) {
        struct arena arena = {0};
        struct flight_reader reader;
        print_message("%s\n", staples[i].name);
        begin_tls12(&reader, &arena);
        struct builder out = builder_in(&arena);
        add_record(&out, 22, hex(&arena, "0B000003000000"));
        add_record(&out, 22, message_bytes(&arena, 22, hex(&arena, staples[i].status)));
        assert_int_equal(flight_feed(&reader, builder_bytes(&out)), FLIGHT_READING);
        assert_int_equal(reader.flight.faults, 0);
        assert_int_equal(reader.flight.shown->staple.size, staples[i].want_size);
        arena_release(&arena);
    }
}

// --- records, alerts, other protocols -------------------------------------------------------------

// Octets as they come; H stands for a record with a ServerHello of TLS 1.2.
static const struct {
    const char *name, *hello, *octets;
    enum flight_state want_state;
    unsigned want_faults, want_warnings;
    int want_alert; // -1: none
    const char *want_banner;
    bool want_complete;
} streams[] = {
    {"nothing", "tls12", "", FLIGHT_READING, 0, 0, -1, NULL, false},
    {"fatal alert", "tls12", "15030300020228", FLIGHT_ENDED, 0, 0, 40, NULL, false},
    {"alert in two records", "tls12",
     "150303000102"
     "150303000128",
     FLIGHT_ENDED, 0, 0, 40, NULL, false},
    {"two alerts in a record", "tls12",
     "15030300040170"
     "0228",
     FLIGHT_ENDED, 0, 1, 40, NULL, false},
    {"alert of record version 0300", "tls12", "15030000020228", FLIGHT_ENDED, 0, 0, 40, NULL, false},
    {"alert of no version, as BearSSL's", "tls12", "15000000020246", FLIGHT_ENDED, 0, 0, 70, NULL, false},
    {"alert of no version to SSLv2", "ssl2", "15000000020246", FLIGHT_ENDED, 0, 0, 70, NULL, false},
    {"alert of no version after a hello", "tls12", "H15000000020246", FLIGHT_BROKEN, FAULT_MALFORMED, 0, -1, NULL,
     false},
    {"handshake of no version", "tls12", "160000000141", FLIGHT_NOT_TLS, 0, 0, -1, "\x16", false},
    {"long alert of no version", "tls12", "15000000030246", FLIGHT_NOT_TLS, 0, 0, -1, "\x15", false},
    {"unrecognized_name, then hello", "tls12", "15030300020170H", FLIGHT_READING, 0, 1, -1, NULL, false},
    {"close_notify", "tls12", "15030300020100", FLIGHT_ENDED, 0, 0, 0, NULL, false},
    {"level 7", "tls12", "15030300020728", FLIGHT_ENDED, FAULT_MALFORMED, 0, 40, NULL, false},
    {"alert after hello", "tls12", "H15030300020250", FLIGHT_ENDED, 0, 0, 80, NULL, false},
    {"empty records", "tls12",
     "1603030000"
     "1503030000"
     "15030300020228",
     FLIGHT_ENDED, 0, 0, 40, NULL, false},
    {"resumed", "tls12", "H140303000101", FLIGHT_ENDED, FAULT_UNEXPECTED, 0, -1, NULL, true},
    {"early ChangeCipherSpec", "tls12", "140303000101", FLIGHT_BROKEN, FAULT_UNEXPECTED, 0, -1, NULL, false},
    {"application data", "tls12", "170303000141", FLIGHT_BROKEN, FAULT_UNDECRYPTABLE, 0, -1, NULL, false},
    {"heartbeat", "tls12", "180303000141", FLIGHT_BROKEN, FAULT_UNEXPECTED, 0, -1, NULL, false},
    {"HTTP", "tls12", "485454502F312E3120343030", FLIGHT_NOT_TLS, 0, 0, -1, "HTTP/1.1 400", false},
    {"SMTP", "tls12", "323230206D782045534D54500D0A", FLIGHT_NOT_TLS, 0, 0, -1, "220 mx ESMTP\r\n", false},
    {"SSH to SSLv2", "ssl2", "5353482D322E30", FLIGHT_NOT_TLS, 0, 0, -1, "SSH-2.0", false},
    {"SMTP to SSLv2", "ssl2", "323230206D78", FLIGHT_NOT_TLS, 0, 0, -1, "220 mx", false},
    {"major 2", "tls12", "160203000141", FLIGHT_NOT_TLS, 0, 0, -1, "\x16\x02\x03", false},
    {"too long a record", "tls12", "1603034801", FLIGHT_NOT_TLS, 0, 0, -1, "\x16\x03\x03\x48\x01", false},
    {"HTTP after a hello", "tls12", "H48545450", FLIGHT_BROKEN, FAULT_MALFORMED, 0, -1, NULL, false},
    {"message of 16 MB", "tls12", "H16030300060BFFFFFF0000", FLIGHT_BROKEN, FAULT_TOO_LONG, 0, -1, NULL, false},
    {"SSLv2 ERROR", "ssl2", "8003000001", FLIGHT_ENDED, 0, 0, -1, NULL, false},
    {"SSLv2 with a kind cut", "ssl2", "800D04000100020000000200000000", FLIGHT_BROKEN, FAULT_MALFORMED, 0, -1, NULL,
     false},
    {"SSLv2 to TLS", "tls12", "8003000001", FLIGHT_NOT_TLS, 0, 0, -1, NULL, false},
    {"SSLv2 message 9", "ssl2", "8003090001", FLIGHT_NOT_TLS, 0, 0, -1, NULL, false},
    {"TLS alert to SSLv2", "ssl2", "15030100020246", FLIGHT_ENDED, 0, 0, 70, NULL, false},
};

static struct bytes stream_bytes(struct arena *arena, const char *octets)
{
    struct builder out = builder_in(arena);
    struct server_hello spec = {NULL, TLS12, 0x002F, false, 0, NULL, NULL};
    const char *at = strchr(octets, 'H');
    if (at == NULL)
        return hex(arena, octets);
    add_text(&out, arena_string(arena, (struct bytes){(const uint8_t *)octets, (size_t)(at - octets)}));
    add_record(&out, 22, server_hello_bytes(arena, &spec, hello_named("tls12")));
    add_text(&out, at + 1);
    return builder_bytes(&out);
}

static void test_streams(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(streams); i++) {
        struct arena arena = {0};
        print_message("%s\n", streams[i].name);
        struct bytes octets = stream_bytes(&arena, streams[i].octets);
        struct flight_reader reader;
        begin(&reader, &arena, hello_named(streams[i].hello));
        assert_int_equal(flight_feed(&reader, octets), streams[i].want_state);
        assert_int_equal(reader.flight.faults, streams[i].want_faults);
        assert_int_equal(reader.flight.warnings, streams[i].want_warnings);
        assert_int_equal(reader.flight.alert ? reader.flight.alert_description : -1, streams[i].want_alert);
        assert_int_equal(reader.flight.complete, streams[i].want_complete);
        if (streams[i].want_banner != NULL)
            assert_memory_equal(reader.banner.data, streams[i].want_banner, strlen(streams[i].want_banner));
        check_cuts(streams[i].name, hello_named(streams[i].hello), octets);
        arena_release(&arena);
    }
}

static void test_banner_is_bounded(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct flight_reader reader;
    static uint8_t page[4096];
    memset(page, 'x', sizeof page);
    begin(&reader, &arena, hello_named("tls12"));
    assert_int_equal(flight_feed(&reader, (struct bytes){page, 200}), FLIGHT_NOT_TLS);
    assert_int_equal(reader.banner.size, 200);
    assert_int_equal(flight_feed(&reader, (struct bytes){page, sizeof page}), FLIGHT_NOT_TLS);
    assert_int_equal(reader.banner.size, 256);
    arena_release(&arena);
}

// --- SSLv2 ----------------------------------------------------------------------------------------

// SERVER-HELLO with two kinds, a certificate of three octets and a connection id of four.
#define SSL2_BODY "04000100020003000600043082050100800700C001020304"

static const struct {
    const char *name, *octets;
    unsigned want_faults;
    size_t want_kinds, want_certificates;
} ssl2_hellos[] = {
    {"short header", "8018" SSL2_BODY, 0, 2, 1},
    {"long header, padding of 2", "001A02" SSL2_BODY "0000", 0, 2, 1},
    {"trailing data", "8019" SSL2_BODY "00", FAULT_TRAILING_DATA, 2, 1},
    {"no kinds, no certificate", "800B0400010002000000000000", 0, 0, 0},
    {"another version", "800B0400010300000000000000", FAULT_VERSION_NOT_OFFERED, 0, 0},
};

static void test_ssl2(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ssl2_hellos); i++) {
        struct arena arena = {0};
        print_message("%s\n", ssl2_hellos[i].name);
        struct bytes octets = hex(&arena, ssl2_hellos[i].octets);
        struct flight_reader reader;
        begin(&reader, &arena, hello_named("ssl2"));
        assert_int_equal(flight_feed(&reader, octets), FLIGHT_ENDED);
        assert_true(reader.flight.hello && reader.flight.complete);
        assert_int_equal(reader.flight.faults, ssl2_hellos[i].want_faults);
        assert_int_equal(reader.flight.shown->certificate_count, ssl2_hellos[i].want_certificates);
        assert_int_equal(reader.flight.shown->kind_count, ssl2_hellos[i].want_kinds);
        if (reader.flight.shown->kind_count == 2) {
            assert_int_equal(reader.flight.version, SSL2);
            assert_int_equal(reader.flight.shown->kinds[0], 0x010080);
            assert_int_equal(reader.flight.shown->kinds[1], 0x0700C0);
        }
        check_cuts(ssl2_hellos[i].name, hello_named("ssl2"), octets);
        arena_release(&arena);
    }
}

static void test_ssl2_error(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct flight_reader reader;
    begin(&reader, &arena, hello_named("ssl2"));
    assert_int_equal(flight_feed(&reader, hex(&arena, "8003000006")), FLIGHT_ENDED);
    assert_true(reader.flight.ssl2_error);
    assert_int_equal(reader.flight.ssl2_error_code, 6);
    assert_false(reader.flight.hello);
    arena_release(&arena);
}

// --- TLS 1.3 after the ServerHello ----------------------------------------------------------------

// What a server would send under the keys that the reader has derived.
static void add_sealed(struct builder *out, const struct opener *opener, uint64_t sequence, uint8_t type,
                       struct bytes content, size_t padding)
{
    uint8_t nonce[12], sealed[1024] = {0}, tag[16];
    memcpy(nonce, opener->iv, sizeof nonce);
    for (unsigned i = 0; i < 8; i++)
        nonce[11 - i] ^= (uint8_t)(sequence >> (8 * i));
    struct builder plain = builder_in(out->arena);
    if (content.size != 0)
        builder_add(&plain, content);
    builder_u8(&plain, type);
    for (size_t i = 0; i < padding; i++)
        builder_u8(&plain, 0);
    size_t size = plain.size + sizeof tag;
    const uint8_t header[5] = {23, 3, 3, (uint8_t)(size >> 8), (uint8_t)size};
    int length;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_true(EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, opener->key, nonce));
    assert_true(EVP_EncryptUpdate(context, NULL, &length, header, sizeof header));
    assert_true(EVP_EncryptUpdate(context, sealed, &length, plain.data, (int)plain.size));
    assert_true(EVP_EncryptFinal_ex(context, sealed + length, &length));
    assert_true(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag));
    EVP_CIPHER_CTX_free(context);
    builder_add(out, (struct bytes){header, sizeof header});
    builder_add(out, (struct bytes){sealed, plain.size});
    builder_add(out, (struct bytes){tag, sizeof tag});
}

// Records as "P:type:octets" (plain) or "S:type:octets" (sealed).
static const struct {
    const char *name;
    const char *records[8];
    enum flight_state want_state;
    unsigned want_faults;
    int want_alert; // -1: none
    bool want_complete;
    size_t want_certificates;
    uint16_t want_scheme;
    bool want_staple;
} tls13_flights[] = {
    {"whole",
     {"P:14:01", "S:16:080000020000",
      "S:16:0B00000D000000090000"
      "01AA0003AABBCC",
      NULL},
     FLIGHT_BROKEN,
     FAULT_MALFORMED,
     -1,
     false,
     0,
     0,
     false},
    {"one certificate",
     {"P:14:01", "S:16:080000020000",
      "S:16:0B00000A"
      "00000006000001AA0000",
      "S:16:0F000005080400"
      "01FF",
      "S:16:14000001AA"},
     FLIGHT_ENDED,
     0,
     -1,
     true,
     1,
     0x0804,
     false},
    {"coalesced",
     {"S:16:080000020000"
      "0B00000A00000006000001AA0000"
      "0F00000508040001FF"
      "14000001AA"},
     FLIGHT_ENDED,
     0,
     -1,
     true,
     1,
     0x0804,
     false},
    {"fragments",
     {"S:16:08", "S:16:000002",
      "S:16:0000"
      "0B00000A000000060000",
      "S:16:01AA0000"
      "0F00000508",
      "P:14:01", "S:16:040001FF14000001", "S:16:AA"},
     FLIGHT_ENDED,
     0,
     -1,
     true,
     1,
     0x0804,
     false},
    {"staple",
     {"S:16:080000020000"
      "0B000013000000"
      "0F000001AA0009000500050100000155"},
     FLIGHT_READING,
     0,
     -1,
     false,
     1,
     0,
     true},
    {"context",
     {"S:16:080000020000"
      "0B00000B0155"
      "000006000001AA0000"},
     FLIGHT_READING,
     FAULT_UNEXPECTED,
     -1,
     false,
     1,
     0,
     false},
    {"request",
     {"S:16:080000020000"
      "0D00000300"
      "0000"
      "0B00000A00000006000001AA0000"},
     FLIGHT_READING,
     0,
     -1,
     false,
     1,
     0,
     false},
    {"plain alert", {"P:15:0228"}, FLIGHT_ENDED, 0, 40, false, 0, 0, false},
    {"sealed alert", {"P:14:01", "S:15:0228"}, FLIGHT_ENDED, 0, 40, false, 0, 0, false},
    {"sealed warning is fatal", {"S:15:0174"}, FLIGHT_ENDED, 0, 116, false, 0, 0, false},
    {"user_canceled passes", {"S:15:015A", "S:15:0100"}, FLIGHT_ENDED, 0, 0, false, 0, 0, false},
    {"plain handshake", {"P:16:080000020000"}, FLIGHT_BROKEN, FAULT_UNEXPECTED, -1, false, 0, 0, false},
    {"sealed ChangeCipherSpec", {"S:14:01"}, FLIGHT_BROKEN, FAULT_UNEXPECTED, -1, false, 0, 0, false},
    {"sealed application data", {"S:17:01"}, FLIGHT_BROKEN, FAULT_UNEXPECTED, -1, false, 0, 0, false},
    {"garbage",
     {"P:17:0102030405060708090A0B0C0D0E0F101112"},
     FLIGHT_BROKEN,
     FAULT_UNDECRYPTABLE,
     -1,
     false,
     0,
     0,
     false},
    {"too short to open", {"P:17:01"}, FLIGHT_BROKEN, FAULT_UNDECRYPTABLE, -1, false, 0, 0, false},
    {"extension", {"S:16:08000006000400100000"}, FLIGHT_READING, FAULT_EXTENSION_NOT_OFFERED, -1, false, 0, 0, false},
    {"no EncryptedExtensions",
     {"S:16:0B00000A00000006000001AA0000"},
     FLIGHT_BROKEN,
     FAULT_UNEXPECTED,
     -1,
     false,
     0,
     0,
     false},
    {"no certificate",
     {"S:16:080000020000"
      "14000001AA"},
     FLIGHT_BROKEN,
     FAULT_UNEXPECTED,
     -1,
     false,
     0,
     0,
     false},
    {"HelloRequest", {"S:16:00000000"}, FLIGHT_BROKEN, FAULT_UNEXPECTED, -1, false, 0, 0, false},
    {"NewSessionTicket",
     {"S:16:080000020000"
      "0400000100"},
     FLIGHT_BROKEN,
     FAULT_UNEXPECTED,
     -1,
     false,
     0,
     0,
     false},
};

static struct bytes tls13_hello_record(struct arena *arena, const char *more)
{
    struct server_hello spec = {NULL, TLS12, 0x1301, true, 0, SELECTED_13 SHARE, NULL};
    struct builder messages = builder_in(arena), out = builder_in(arena);
    builder_add(&messages, server_hello_bytes(arena, &spec, hello_named("tls13")));
    add_text(&messages, more);
    add_record(&out, 22, builder_bytes(&messages));
    return builder_bytes(&out);
}

static void add_records(struct builder *out, const struct opener *opener, const char *const *record)
{
    uint64_t sequence = 0;
    for (; *record != NULL; record++) {
        unsigned type;
        assert_int_equal(sscanf(*record + 2, "%2X:", &type), 1);
        struct bytes content = hex(out->arena, *record + 5);
        if (**record == 'S') {
            add_sealed(out, opener, sequence, (uint8_t)type, content, sequence % 3);
            sequence++;
        } else {
            add_record(out, (uint8_t)type, content);
        }
    }
}

static void test_tls13(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(tls13_flights); i++) {
        struct arena arena = {0};
        print_message("%s\n", tls13_flights[i].name);
        const struct hello *hello = hello_named("tls13");
        struct builder out = builder_in(&arena);
        builder_add(&out, tls13_hello_record(&arena, ""));
        struct flight_reader keys, reader;
        begin(&keys, &arena, hello);
        assert_int_equal(flight_feed(&keys, builder_bytes(&out)), FLIGHT_READING);
        assert_true(keys.secret);
        add_records(&out, &keys.opener, tls13_flights[i].records);
        begin(&reader, &arena, hello);
        assert_int_equal(flight_feed(&reader, builder_bytes(&out)), tls13_flights[i].want_state);
        const struct flight *flight = &reader.flight;
        assert_int_equal(flight->faults, tls13_flights[i].want_faults);
        assert_int_equal(flight->alert ? flight->alert_description : -1, tls13_flights[i].want_alert);
        assert_int_equal(flight->complete, tls13_flights[i].want_complete);
        assert_int_equal(flight->shown->certificate_count, tls13_flights[i].want_certificates);
        assert_int_equal(flight->scheme, tls13_flights[i].want_scheme);
        assert_int_equal(flight->shown->staple.size != 0, tls13_flights[i].want_staple);
        check_cuts(tls13_flights[i].name, hello, builder_bytes(&out));
        arena_release(&arena);
    }
}

static void test_message_across_key_change(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct flight_reader reader;
    begin(&reader, &arena, hello_named("tls13"));
    assert_int_equal(flight_feed(&reader, tls13_hello_record(&arena, "08000002")), FLIGHT_BROKEN);
    assert_int_equal(reader.flight.faults, FAULT_UNEXPECTED);
    assert_true(reader.flight.hello);
    arena_release(&arena);
}

// --- limits ---------------------------------------------------------------------------------------

static void test_too_many_certificates(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct flight_reader reader;
    begin_tls12(&reader, &arena);
    struct builder body = builder_in(&arena), out = builder_in(&arena);
    size_t list = builder_open(&body, 3);
    for (unsigned i = 0; i < FLIGHT_CERTIFICATES + 5; i++) {
        builder_u24(&body, 2);
        builder_u16(&body, (uint16_t)i);
    }
    builder_close(&body, list, 3);
    add_record(&out, 22, message_bytes(&arena, 11, builder_bytes(&body)));
    add_record(&out, 22, hex(&arena, "0E000000"));
    assert_int_equal(flight_feed(&reader, builder_bytes(&out)), FLIGHT_ENDED);
    assert_true(reader.flight.complete);
    assert_int_equal(reader.flight.faults, FAULT_TOO_LONG);
    assert_int_equal(reader.flight.shown->certificate_count, FLIGHT_CERTIFICATES);
    assert_int_equal(reader.flight.shown->certificates[FLIGHT_CERTIFICATES - 1].data[1], FLIGHT_CERTIFICATES - 1);
    arena_release(&arena);
}

static void test_too_many_warnings(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct flight_reader reader;
    begin(&reader, &arena, hello_named("tls12"));
    for (unsigned i = 0; i < FLIGHT_WARNINGS; i++)
        assert_int_equal(flight_feed(&reader, hex(&arena, "15030300020170")), FLIGHT_READING);
    assert_int_equal(reader.flight.faults, 0);
    assert_int_equal(flight_feed(&reader, hex(&arena, "15030300020170")), FLIGHT_BROKEN);
    assert_int_equal(reader.flight.faults, FAULT_TOO_LONG);
    assert_int_equal(reader.flight.warnings, FLIGHT_WARNINGS);
    arena_release(&arena);
}

// Streams that a peer can go on with for ever, by their unit. Each ends at the limit, and with no
// more memory than some four times of it.
static const struct {
    const char *name, *first, *unit;
    size_t padding; // octets after the unit
} endless[] = {
    {"empty records", "", "1603030000", 0},
    {"HelloRequests", "", "160303000400000000", 0},
    {"a certificate in drops", "16030300040B03F000", "1603030001", 1},
    {"a certificate in cups", "16030300040B03F000", "1603030040", 64},
    {"a certificate in buckets", "16030300040B03F000", "1603034000", 16384},
};

static struct bytes endless_unit(struct arena *arena, size_t row)
{
    struct builder unit = builder_in(arena);
    add_text(&unit, endless[row].unit);
    for (size_t i = 0; i < endless[row].padding; i++)
        builder_u8(&unit, 0);
    return builder_bytes(&unit);
}

static void test_endless(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(endless); i++)
        for (int slow = 0; slow < 2; slow++) {
            struct arena arena = {0}, scratch = {0};
            struct flight_reader reader;
            begin_tls12(&reader, &arena);
            print_message("%s\n", endless[i].name);
            flight_feed(&reader, hex(&scratch, endless[i].first));
            struct bytes unit = endless_unit(&scratch, i);
            size_t fed = 0;
            while (reader.state == FLIGHT_READING && fed < 2 * FLIGHT_LIMIT) {
                if (slow != 0)
                    feed_by_octet(&reader, unit);
                else
                    flight_feed(&reader, unit);
                fed += unit.size;
            }
            assert_int_equal(reader.state, FLIGHT_BROKEN);
            assert_int_equal(reader.flight.faults, FAULT_TOO_LONG);
            assert_true(reader.flight.hello && !reader.flight.complete);
            assert_int_equal(reader.total, FLIGHT_LIMIT);
            assert_true(arena.total < 4 * FLIGHT_LIMIT + 65536);
            arena_release(&scratch);
            arena_release(&arena);
        }
}

static void test_fault_names(void **state)
{
    (void)state;
    assert_string_equal(flight_fault_name(FAULT_SUITE_NOT_OFFERED), "suite_not_offered");
    assert_string_equal(flight_fault_name(FAULT_EXTENSION_NOT_OFFERED), "extension_not_offered");
    assert_string_equal(flight_fault_name(FAULT_TRAILING_DATA), "trailing_data");
    assert_int_equal(FAULT_TRAILING_DATA, 1 << (FLIGHT_FAULTS - 1));
}

static int print_hello(const char *name)
{
    struct arena arena = {0};
    const struct hello *hello = hello_named(name);
    if (hello != NULL)
        puts(text_hex(&arena, hello_build(&arena, hello, &test_entropy)));
    arena_release(&arena);
    return hello == NULL;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "hello") == 0)
        return print_hello(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recordings),
        cmocka_unit_test(test_recordings_cut),
        cmocka_unit_test(test_server_hello),
        cmocka_unit_test(test_tls12_messages),
        cmocka_unit_test(test_staple),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_banner_is_bounded),
        cmocka_unit_test(test_ssl2),
        cmocka_unit_test(test_ssl2_error),
        cmocka_unit_test(test_tls13),
        cmocka_unit_test(test_message_across_key_change),
        cmocka_unit_test(test_too_many_certificates),
        cmocka_unit_test(test_too_many_warnings),
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_fault_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
