// SPDX-License-Identifier: Apache-2.0
//
// Octets to records, records to messages, and which message may follow which. Two buffers take the
// same step: each knows how many octets it wants next, takes no more than that, and is looked at
// when it has them; so one octet costs the same however it comes, and how the peer or the network
// cut its octets cannot be told from the result. What the messages say is read in message.c.
#include "wire/flight.h"

#include <string.h>

#include "base/fail.h"
#include "wire/message.h"
#include "wire/registry.h"

#define RECORD_HEADER_SIZE  5
#define RECORD_LIMIT        (16384 + 2048) // TLSCiphertext.length: RFC 5246 section 6.2.3
#define MESSAGE_HEADER_SIZE 4
#define BANNER_LIMIT        256
#define SSL2_SMALLEST       3 // an ERROR message

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23, HEARTBEAT = 24 };

enum { WARNING = 1, FATAL = 2, CLOSE_NOTIFY = 0, USER_CANCELED = 90 };

enum {
    HELLO_REQUEST = 0,
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    ENCRYPTED_EXTENSIONS = 8,
    CERTIFICATE = 11,
    SERVER_KEY_EXCHANGE = 12,
    CERTIFICATE_REQUEST = 13,
    SERVER_HELLO_DONE = 14,
    CERTIFICATE_VERIFY = 15,
    FINISHED = 20,
    CERTIFICATE_STATUS = 22,
    COMPRESSED_CERTIFICATE = 25,
};

// A set of message types; all of them are below 32.
#define AFTER(type) (1u << (type))

// Which message may come after which. RFC 5246 section 7.3, RFC 6066 section 8; RFC 8446 section 2.
static const struct row {
    uint8_t type;
    bool tls13;
    unsigned after;
    message_reader *read;
} rows[] = {
    {SERVER_HELLO, false, AFTER(CLIENT_HELLO), message_server_hello},
    {CERTIFICATE, false, AFTER(SERVER_HELLO), message_certificate},
    {CERTIFICATE_STATUS, false, AFTER(CERTIFICATE), message_certificate_status},
    {SERVER_KEY_EXCHANGE, false, AFTER(SERVER_HELLO) | AFTER(CERTIFICATE) | AFTER(CERTIFICATE_STATUS),
     message_server_key_exchange},
    {CERTIFICATE_REQUEST, false, AFTER(CERTIFICATE) | AFTER(CERTIFICATE_STATUS) | AFTER(SERVER_KEY_EXCHANGE),
     message_certificate_request},
    {SERVER_HELLO_DONE, false,
     AFTER(SERVER_HELLO) | AFTER(CERTIFICATE) | AFTER(CERTIFICATE_STATUS) | AFTER(SERVER_KEY_EXCHANGE) |
         AFTER(CERTIFICATE_REQUEST),
     message_server_hello_done},
    {ENCRYPTED_EXTENSIONS, true, AFTER(SERVER_HELLO), message_encrypted_extensions},
    {CERTIFICATE_REQUEST, true, AFTER(ENCRYPTED_EXTENSIONS), message_certificate_request_tls13},
    {CERTIFICATE, true, AFTER(ENCRYPTED_EXTENSIONS) | AFTER(CERTIFICATE_REQUEST), message_certificate_tls13},
    {COMPRESSED_CERTIFICATE, true, AFTER(ENCRYPTED_EXTENSIONS) | AFTER(CERTIFICATE_REQUEST),
     message_compressed_certificate},
    {CERTIFICATE_VERIFY, true, AFTER(CERTIFICATE), message_certificate_verify},
    {FINISHED, true, AFTER(CERTIFICATE_VERIFY), message_finished},
};

// In the order of the bits.
static const char *const fault_names[FLIGHT_FAULTS] = {
    "suite_not_offered", "version_not_offered", "group_not_offered", "retry_without_group",
    "retry_for_share",   "compression",         "session_id",        "extension_not_offered",
    "malformed",         "unexpected",          "undecryptable",     "too_long",
    "trailing_data",
};

static void finish(struct flight_reader *reader)
{
    reader->flight.complete = true;
    reader->state = FLIGHT_ENDED;
}

static void fail(struct flight_reader *reader, enum flight_fault fault)
{
    reader->flight.faults |= fault;
    reader->state = FLIGHT_BROKEN;
}

static bool is_tls13(const struct flight_reader *reader)
{
    return reader->flight.hello && version_is_tls13(reader->flight.version);
}

// A message is read into a copy of the flight, which stands in for it only if the whole of it was
// sound. False: it was not.
static bool read_message(struct flight_reader *reader, message_reader *read, struct bytes body)
{
    struct flight flight = reader->flight;
    struct flight_shown shown = *flight.shown;
    flight.shown = &shown;
    struct cursor cursor = cursor_of(body);
    read(reader, &cursor, &flight);
    if (cursor.bad) {
        fail(reader, FAULT_MALFORMED);
        return false;
    }
    if (cursor.left != 0)
        flight.faults |= FAULT_TRAILING_DATA;
    flight.shown = reader->flight.shown;
    *flight.shown = shown;
    reader->flight = flight;
    return true;
}

// --- handshake messages ---------------------------------------------------------------------------

// The ClientHello as it was sent, without the headers of its records, and the ServerHello.
static struct bytes transcript(const struct flight_reader *reader, struct bytes server_hello)
{
    struct builder messages = builder_in(reader->arena);
    struct cursor records = cursor_of(reader->sent);
    while (records.left != 0) {
        cursor_take(&records, RECORD_HEADER_SIZE - 2);
        struct cursor fragment = cursor_block16(&records);
        builder_add(&messages, cursor_rest(&fragment));
    }
    builder_add(&messages, server_hello);
    return builder_bytes(&messages);
}

static bool can_open(const struct flight_reader *reader)
{
    const struct flight *flight = &reader->flight;
    return flight->version == TLS13 && flight->group != 0 && key_suite_known(flight->suite) &&
           hello_shares(reader->hello, flight->group);
}

static void go_on_after_hello(struct flight_reader *reader, struct bytes message)
{
    const struct flight *flight = &reader->flight;
    if (flight->retry || (is_tls13(reader) && !can_open(reader)))
        finish(reader);
    else if (!is_tls13(reader) && (flight->version < SSL3 || flight->version > TLS12))
        fail(reader, FAULT_VERSION_NOT_OFFERED);
    else if (is_tls13(reader) && !opener_begin(&reader->opener, &reader->entropy, flight->suite, flight->group,
                                               message_server_share(flight), transcript(reader, message)))
        fail(reader, FAULT_MALFORMED);
    else
        reader->secret = is_tls13(reader);
}

static const struct row *row_for(const struct flight_reader *reader, uint8_t type)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].type == type && rows[i].tls13 == is_tls13(reader))
            return (rows[i].after & reader->previous) != 0 ? &rows[i] : NULL;
    return NULL;
}

// The buffer holds one whole message. Views into it are kept, so the next one gets a fresh buffer.
static void take_message(struct flight_reader *reader)
{
    struct bytes message = builder_bytes(&reader->handshake);
    uint8_t type = message.data[0];
    if (type == HELLO_REQUEST && !is_tls13(reader)) { // to be ignored while a handshake goes on
        reader->handshake.size = 0;
        return;
    }
    const struct row *row = row_for(reader, type);
    if (row == NULL) {
        fail(reader, FAULT_UNEXPECTED);
        return;
    }
    reader->handshake = builder_in(reader->arena);
    reader->previous = AFTER(type);
    struct bytes body = {message.data + MESSAGE_HEADER_SIZE, message.size - MESSAGE_HEADER_SIZE};
    if (!read_message(reader, row->read, body))
        return;
    if (type == SERVER_HELLO)
        go_on_after_hello(reader, message);
    else if (type == SERVER_HELLO_DONE || type == FINISHED || type == COMPRESSED_CERTIFICATE)
        finish(reader);
}

// Octets that the message being assembled has in all, as far as is known.
static size_t message_size(const struct flight_reader *reader)
{
    if (reader->handshake.size < MESSAGE_HEADER_SIZE)
        return MESSAGE_HEADER_SIZE;
    struct cursor header = cursor_of(builder_bytes(&reader->handshake));
    cursor_u8(&header);
    return MESSAGE_HEADER_SIZE + cursor_u24(&header);
}

static void take_handshake(struct flight_reader *reader, struct cursor fragment)
{
    bool secret = reader->secret;
    while (reader->state == FLIGHT_READING && fragment.left != 0) {
        if (reader->secret != secret) { // RFC 8446 section 5.1: no message shares a record with a change of keys
            fail(reader, FAULT_UNEXPECTED);
            return;
        }
        size_t missing = message_size(reader) - reader->handshake.size;
        builder_add(&reader->handshake, cursor_take(&fragment, missing < fragment.left ? missing : fragment.left));
        if (message_size(reader) > FLIGHT_LIMIT)
            fail(reader, FAULT_TOO_LONG);
        else if (reader->handshake.size >= MESSAGE_HEADER_SIZE && reader->handshake.size == message_size(reader))
            take_message(reader);
    }
}

// --- alerts and ChangeCipherSpec ------------------------------------------------------------------

// In TLS 1.3 the level means nothing: RFC 8446 section 6.
static bool is_passing(const struct flight_reader *reader, uint8_t level, uint8_t description)
{
    if (is_tls13(reader))
        return description == USER_CANCELED;
    return level == WARNING && description != CLOSE_NOTIFY;
}

static void take_alert(struct flight_reader *reader, uint8_t level, uint8_t description)
{
    struct flight *flight = &reader->flight;
    if (level != WARNING && level != FATAL)
        flight->faults |= FAULT_MALFORMED;
    if (!is_passing(reader, level, description)) {
        flight->alert = true;
        flight->alert_level = level;
        flight->alert_description = description;
        reader->state = FLIGHT_ENDED;
    } else if (flight->warnings == FLIGHT_WARNINGS) {
        fail(reader, FAULT_TOO_LONG);
    } else {
        flight->warnings++;
        flight->warning = description;
    }
}

// An alert may be cut in two as anything else may.
static void take_alerts(struct flight_reader *reader, struct cursor fragment)
{
    while (reader->state == FLIGHT_READING && fragment.left != 0) {
        uint8_t octet = cursor_u8(&fragment);
        reader->has_half_alert = !reader->has_half_alert;
        if (reader->has_half_alert)
            reader->half_alert = octet;
        else
            take_alert(reader, reader->half_alert, octet);
    }
}

// In TLS 1.3 it is there for the eyes of middleboxes (RFC 8446 appendix D.4). Before that a server
// sends one in its first flight only to resume a session, and we never offer one.
static void take_change_cipher_spec(struct flight_reader *reader)
{
    if (is_tls13(reader))
        return;
    fail(reader, FAULT_UNEXPECTED);
    if (reader->previous == AFTER(SERVER_HELLO))
        finish(reader);
}

// --- records --------------------------------------------------------------------------------------

static void take_record(struct flight_reader *reader, struct bytes record)
{
    uint8_t type = record.data[0];
    struct bytes header = {record.data, RECORD_HEADER_SIZE};
    struct bytes fragment = {record.data + RECORD_HEADER_SIZE, record.size - RECORD_HEADER_SIZE};
    bool opened = reader->secret && type == APPLICATION_DATA;
    if (opened && !opener_open(&reader->opener, reader->arena, header, fragment, &fragment, &type))
        fail(reader, FAULT_UNDECRYPTABLE);
    else if (type == ALERT)
        take_alerts(reader, cursor_of(fragment));
    else if (type == HANDSHAKE && opened == reader->secret)
        take_handshake(reader, cursor_of(fragment));
    else if (type == CHANGE_CIPHER_SPEC && !opened)
        take_change_cipher_spec(reader);
    else
        fail(reader, type == APPLICATION_DATA && !opened ? FAULT_UNDECRYPTABLE : FAULT_UNEXPECTED);
}

// Could these octets, five at most, begin a record? The version's minor half is not looked at.
static bool begins_record(struct bytes octets)
{
    const uint8_t *octet = octets.data;
    return octet[0] >= CHANGE_CIPHER_SPEC && octet[0] <= HEARTBEAT && (octets.size < 2 || octet[1] == 3) &&
           (octets.size < 5 || (octet[3] << 8 | octet[4]) <= RECORD_LIMIT);
}

// BearSSL turns down a hello before it has a version of its own, and puts none into the record of its alert.
static bool begins_early_alert(struct bytes octets)
{
    static const uint8_t header[RECORD_HEADER_SIZE] = {ALERT, 0, 0, 0, 2};
    return memcmp(octets.data, header, octets.size) == 0;
}

// SSLv2: a header of two octets with the top bit set, or of three without that and without the bit
// of a security escape, and behind it the type of a SERVER-HELLO or an ERROR.
static size_t ssl2_header_size(struct bytes octets) { return (octets.data[0] & 0x80) != 0 ? 2 : 3; }

static size_t ssl2_size(struct bytes octets)
{
    unsigned mask = ssl2_header_size(octets) == 2 ? 0x7F : 0x3F;
    return (size_t)(octets.data[0] & mask) << 8 | octets.data[1];
}

static bool begins_ssl2(const struct flight_reader *reader, struct bytes octets)
{
    size_t header = ssl2_header_size(octets);
    if (reader->hello->version != SSL2 || (octets.data[0] & 0xC0) == 0x40)
        return false;
    if (octets.size >= 2 && ssl2_size(octets) < SSL2_SMALLEST)
        return false;
    return octets.size <= header || octets.data[header] == 0 || octets.data[header] == 4;
}

// The padding of a header of three octets is part of the record's size.
static void take_ssl2(struct flight_reader *reader, struct bytes record)
{
    size_t header = ssl2_header_size(record), padding = header == 3 ? record.data[2] : 0;
    if (padding > record.size - header)
        fail(reader, FAULT_MALFORMED);
    else if (read_message(
                 reader, message_ssl2,
                 arena_copy(reader->arena, (struct bytes){record.data + header, record.size - header - padding}))) {
        reader->flight.complete = reader->flight.hello;
        reader->state = FLIGHT_ENDED;
    }
}

static size_t record_size(struct bytes octets, bool tls)
{
    if (!tls)
        return ssl2_header_size(octets) + ssl2_size(octets);
    return RECORD_HEADER_SIZE + (size_t)(octets.data[3] << 8 | octets.data[4]);
}

// What began as neither kind of record: another protocol, if it was the first.
static void refuse(struct flight_reader *reader)
{
    if (reader->flight.record_version != 0)
        fail(reader, FAULT_MALFORMED);
    else
        reader->state = FLIGHT_NOT_TLS;
}

static void look(struct flight_reader *reader)
{
    struct bytes octets = builder_bytes(&reader->input);
    bool first = reader->flight.record_version == 0;
    const struct bytes header = {octets.data, octets.size < RECORD_HEADER_SIZE ? octets.size : RECORD_HEADER_SIZE};
    bool tls = begins_record(header) || (first && begins_early_alert(header));
    if (!tls && !(first && begins_ssl2(reader, octets))) {
        refuse(reader);
        return;
    }
    if (octets.size < RECORD_HEADER_SIZE) {
        reader->wanted++;
        return;
    }
    reader->wanted = record_size(octets, tls);
    if (octets.size < reader->wanted)
        return;
    if (tls && first)
        reader->flight.record_version = (uint16_t)(octets.data[1] << 8 | octets.data[2]);
    reader->input.size = 0;
    reader->wanted = 1;
    if (tls)
        take_record(reader, octets);
    else
        take_ssl2(reader, octets);
}

// --- the reader -----------------------------------------------------------------------------------

void flight_begin(struct flight_reader *reader, struct arena *arena, const struct hello *hello,
                  const struct entropy *entropy, struct bytes sent)
{
    *reader = (struct flight_reader){
        .flight.shown = arena_alloc(arena, sizeof(struct flight_shown)),
        .arena = arena,
        .hello = hello,
        .entropy = *entropy,
        .sent = sent,
        .input = builder_in(arena),
        .wanted = 1,
        .handshake = builder_in(arena),
        .previous = AFTER(CLIENT_HELLO),
    };
}

static void add_to_banner(struct flight_reader *reader, struct bytes bytes)
{
    if (reader->input.size >= BANNER_LIMIT)
        return;
    size_t room = BANNER_LIMIT - reader->input.size;
    builder_add(&reader->input, (struct bytes){bytes.data, bytes.size < room ? bytes.size : room});
    reader->banner = builder_bytes(&reader->input);
}

bool flight_broken_off(const struct flight_reader *reader)
{
    return reader->input.size != 0 || reader->handshake.size != 0 || reader->has_half_alert;
}

enum flight_state flight_feed(struct flight_reader *reader, struct bytes bytes)
{
    struct cursor cursor = cursor_of(bytes);
    while (reader->state == FLIGHT_READING && cursor.left != 0) {
        size_t size = reader->wanted - reader->input.size;
        size = size < cursor.left ? size : cursor.left;
        size = size < FLIGHT_LIMIT - reader->total ? size : FLIGHT_LIMIT - reader->total;
        builder_add(&reader->input, cursor_take(&cursor, size));
        reader->total += size;
        if (reader->input.size == reader->wanted)
            look(reader);
        else if (size == 0)
            fail(reader, FAULT_TOO_LONG);
    }
    if (reader->state == FLIGHT_NOT_TLS)
        add_to_banner(reader, cursor_rest(&cursor));
    return reader->state;
}

const char *flight_fault_name(enum flight_fault fault)
{
    for (unsigned i = 0; i < FLIGHT_FAULTS; i++)
        if (fault == 1u << i)
            return fault_names[i];
    bug("no such fault");
}
