// SPDX-License-Identifier: Apache-2.0
//
// What a rule sees: a certificate opened once into its fields, all of them views of its DER, and the
// few helpers that rules share. For wire/lint*.c alone.
#ifndef WIRE_LINT_RULES_H
#define WIRE_LINT_RULES_H

#include "wire/certificate.h"
#include "wire/der.h"
#include "wire/lint.h"

// An object identifier's content, from its octets as a literal.
#define OID(octets) ((struct bytes){(const uint8_t *)(octets), sizeof(octets) - 1})

enum lint_extension_kind {
    EXT_AUTHORITY_KEY_ID,
    EXT_SUBJECT_KEY_ID,
    EXT_KEY_USAGE,
    EXT_POLICIES,
    EXT_POLICY_MAPPINGS,
    EXT_ALTERNATIVE_NAMES,
    EXT_ISSUER_NAMES,
    EXT_BASIC_CONSTRAINTS,
    EXT_NAME_CONSTRAINTS,
    EXT_POLICY_CONSTRAINTS,
    EXT_PURPOSES,
    EXT_CRL_POINTS,
    EXT_FRESHEST_CRL,
    EXT_INHIBIT_ANY_POLICY,
    EXT_INFORMATION_ACCESS,
    EXT_SUBJECT_INFORMATION,
    EXT_SUBJECT_DIRECTORY,
    EXT_TIMESTAMPS,
    EXT_POISON,
    EXT_TLS_FEATURES,
    EXT_KINDS
};

// What a rule reads: where that is malformed, the rule is unknown.
#define READS(kind)   (1u << (kind))
#define READS_SUBJECT (1u << 29)
#define READS_KEY     (1u << 30)
#define READS_DATES   (1u << 31)

struct lint_extension {
    struct bytes oid, value;
    struct element critical; // tag 0: left out
    bool malformed;          // of a known kind, and not of its type
};

struct lint_attribute {
    struct bytes oid, value;
    uint8_t tag; // of the value
    size_t part; // which RelativeDistinguishedName it is in, from 0
};

enum lint_fault {
    FAULT_LENGTH,
    FAULT_INTEGER,
    FAULT_BOOLEAN,
    FAULT_BIT_STRING,
    FAULT_SET_ORDER,
    FAULT_OBJECT_IDENTIFIER,
    FAULTS
};

struct lint {
    struct arena *arena;
    const struct certificate *certificate;
    bool leaf;
    unsigned kinds;
    int date;                          // of notBefore, yyyymmdd; 0 where it is unreadable
    struct element version;            // [0], or tag 0
    struct element serial, signature;  // INTEGER; AlgorithmIdentifier
    struct element issuer, subject;    // Name
    struct element before, after, key; // Time; SubjectPublicKeyInfo
    struct bytes outer_signature;      // AlgorithmIdentifier, whole
    bool has_unique_identifiers, has_trailing, has_extensions;
    struct lint_extension *extension;
    size_t extension_count;
    const struct lint_extension *found[EXT_KINDS]; // the first of each kind, or NULL
    const struct lint_attribute *attribute;        // of the subject, in order
    size_t attribute_count, part_count;
    bool empty_part;                       // of the subject
    struct bytes key_identifier;           // of the key: AlgorithmIdentifier, whole
    struct element key_parameters;         // tag 0: none
    struct bytes key_bits;                 // content of the BIT STRING, without the count of unused bits
    struct bytes modulus, exponent;        // content of INTEGERs, of an RSA key; else empty
    uint16_t usage;                        // key usage: digitalSignature is 0x8000
    struct bytes fault[FAULTS];            // the first element with each fault, or empty
    unsigned malformed;                    // a set of READS
    const char *reason, *sentence, *value; // what a rule says, see struct lint_row
};

// Opens a certificate. False: its fields are not to be found; nothing else may be called then.
bool lint_open(struct arena *arena, const struct certificate *certificate, bool leaf, struct lint *out);

// Whether an extension's value is of the type that its kind demands (lint_syntax.c).
bool lint_syntax_holds(enum lint_extension_kind kind, struct bytes value);

// Looks at every element in der, and in those, for faults of encoding (lint_encoding.c).
void lint_walk(struct lint *lint, struct bytes der);

// Verdicts with what they need. The format is ours; what a stranger wrote goes through lint_show.
enum lint_verdict lint_broken(struct lint *lint, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum lint_verdict lint_unknown(struct lint *lint, const char *reason, const char *sentence);
enum lint_verdict lint_holds(struct lint *lint, bool holds, const char *otherwise);

// Escaped, cut to part of a line; as hex; an extension's name, or its identifier.
const char *lint_show(struct lint *lint, struct bytes octets);
const char *lint_hex(struct lint *lint, struct bytes octets);
const char *lint_extension_name(struct lint *lint, struct bytes oid);

// The things that break a rule, of which the first is shown.
struct lint_offenders {
    const char *first; // NULL: none
    size_t count;
};
void lint_offend(struct lint_offenders *offenders, const char *shown);
enum lint_verdict lint_judge(struct lint *lint, const struct lint_offenders *offenders);

// Whether no identifier occurs twice; sorts them.
enum lint_verdict lint_unrepeated(struct lint *lint, struct bytes *oids, size_t count,
                                  const char *(*name)(struct lint *lint, struct bytes oid));

// The content of an extension's outermost SEQUENCE; empty where there is no such extension.
struct cursor lint_sequence(const struct lint *lint, enum lint_extension_kind kind);
bool lint_critical(const struct lint *lint, enum lint_extension_kind kind);

bool lint_has_policy(const struct lint *lint, struct bytes oid);
bool lint_has_purpose(const struct lint *lint, struct bytes oid);
size_t lint_attributes(const struct lint *lint, struct bytes oid); // of the subject: how many

// Seconds from notBefore through notAfter, both included; for rules that read the dates.
int64_t lint_validity(const struct lint *lint);

// Names as subject alternative names hold them (lint_dns.c): a DNS name with its "*.", an address's octets.
bool lint_dns_is_wildcard(struct bytes name);                 // begins with "*."
bool lint_dns_is_address(struct bytes name);                  // of IPv4 or IPv6 in text
bool lint_dns_ends_in(struct bytes name, const char *domain); // a domain of whole labels, or the name itself
bool lint_dns_is_special(struct bytes name);                  // under a name that the public DNS does not have
bool lint_dns_is_punycode(struct bytes text);                 // what stands after "xn--"
bool lint_address_is_special(struct bytes address);

// The labels of a name from the left, "*." left out; false when there is none left. Begins with {0}.
struct lint_labels {
    struct bytes label;
    size_t at;
};
bool lint_next_label(struct bytes name, struct lint_labels *labels);

#endif
