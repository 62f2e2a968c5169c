// SPDX-License-Identifier: Apache-2.0
//
// DER (X.690) read by the sticky cursor: as much of ASN.1 as certificates need. Definite lengths
// and one-octet tags only; a length need not be the shortest, since servers send such and
// libraries accept them.
#ifndef WIRE_DER_H
#define WIRE_DER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena;

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_NUMERIC_STRING = 0x12,
    DER_PRINTABLE_STRING = 0x13,
    DER_T61_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE_STRING = 0x1a,
    DER_UNIVERSAL_STRING = 0x1c,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0x80,             // [n] IMPLICIT of a primitive type: DER_CONTEXT + n
    DER_CONTEXT_CONSTRUCTED = 0xa0, // [n] EXPLICIT, or IMPLICIT of a constructed type
};

struct element {
    uint8_t tag; // 0 when nothing could be read
    struct bytes content;
    struct bytes whole; // with tag and length
};

// Whatever comes next.
struct element der_next(struct cursor *cursor);

// The content of the next element, which must have this tag: as octets, or to be read further.
struct bytes der_take(struct cursor *cursor, uint8_t tag);
struct cursor der_enter(struct cursor *cursor, uint8_t tag);

// Whether an element with this tag comes next.
bool der_at(const struct cursor *cursor, uint8_t tag);

// An OBJECT IDENTIFIER's content in dotted decimal; "hex:..." where it is not one. In the arena.
const char *der_oid(struct arena *arena, struct bytes content);

// The magnitude of an INTEGER's content in bits; 0 for zero and for negative ones.
unsigned der_integer_bits(struct bytes content);

// A small non-negative INTEGER; false: negative, empty or past LONG_MAX.
bool der_integer(struct bytes content, long *value);

// An INTEGER's content in upper-case hex of the magnitude's octets, "-" before a negative one; cut at TEXT_LIMIT.
const char *der_integer_hex(struct arena *arena, struct bytes content);

// Whether the contents of two INTEGERs are the same number, whatever its size. Empty ones are none.
bool der_integer_equal(struct bytes a, struct bytes b);

// UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 writes them: to the second, in Z. False
// for everything else, a year of five digits too.
bool der_time(struct element element, int64_t *seconds);

#endif
