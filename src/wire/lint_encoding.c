// SPDX-License-Identifier: Apache-2.0
//
// Is it DER? One walk over every element finds what BER would allow and DER does not (X.690 sections
// 8, 10 and 11); the rules then only ask what was found. Elements under implicit tags are looked at
// for their lengths alone, since their types are their fields' to know.
#include <string.h>

#include "wire/lint_rules.h"

#include "lint.def"

#define DEEPEST 32 // nested elements that are looked into; nothing in a certificate is so deep

static bool length_is_short(struct element element)
{
    size_t header = element.whole.size - element.content.size, size = element.content.size, wanted = 2;
    for (size_t left = size < 128 ? 0 : size; left != 0; left >>= 8)
        wanted++;
    return header == wanted;
}

// Section 8.3.2: the first nine bits are not all the same.
static bool integer_is_short(struct bytes content)
{
    if (content.size < 2)
        return content.size == 1;
    bool all_ones = content.data[0] == 0xff && content.data[1] >= 0x80;
    bool all_zeros = content.data[0] == 0x00 && content.data[1] < 0x80;
    return !all_ones && !all_zeros;
}

static bool boolean_is_plain(struct bytes content)
{
    return content.size == 1 && (content.data[0] == 0x00 || content.data[0] == 0xff);
}

// Section 11.2.1: the bits that do not count are zero.
static bool bits_are_padded(struct bytes content)
{
    if (content.size == 0 || content.data[0] > 7 || (content.size == 1 && content.data[0] != 0))
        return false;
    unsigned unused = content.data[0];
    return (content.data[content.size - 1] & ((1u << unused) - 1)) == 0 || content.size == 1;
}

// Section 8.19.2: no arc begins with an octet of seven zero bits that says more, and the last one ends.
static bool identifier_is_whole(struct bytes content)
{
    bool begins = true;
    for (size_t i = 0; i < content.size; i++) {
        if (begins && content.data[i] == 0x80)
            return false;
        begins = content.data[i] < 0x80;
    }
    return content.size != 0 && begins;
}

// Section 11.6: as octet strings, the shorter one padded with zeros.
static bool set_is_ordered(struct bytes content)
{
    struct cursor set = cursor_of(content);
    struct bytes before = {0};
    while (set.left != 0) {
        struct bytes now = der_next(&set).whole;
        size_t common = before.size < now.size ? before.size : now.size;
        if (set.bad || (common != 0 && memcmp(before.data, now.data, common) > 0))
            return set.bad;
        before = now;
    }
    return true;
}

static void note(struct lint *lint, enum lint_fault fault, struct element element)
{
    if (lint->fault[fault].size == 0)
        lint->fault[fault] = element.whole;
}

static void examine(struct lint *lint, struct element element)
{
    if (!length_is_short(element))
        note(lint, FAULT_LENGTH, element);
    if (element.tag == DER_INTEGER && !integer_is_short(element.content))
        note(lint, FAULT_INTEGER, element);
    if (element.tag == DER_BOOLEAN && !boolean_is_plain(element.content))
        note(lint, FAULT_BOOLEAN, element);
    if (element.tag == DER_BIT_STRING && !bits_are_padded(element.content))
        note(lint, FAULT_BIT_STRING, element);
    if (element.tag == DER_OID && !identifier_is_whole(element.content))
        note(lint, FAULT_OBJECT_IDENTIFIER, element);
    if (element.tag == DER_SET && !set_is_ordered(element.content))
        note(lint, FAULT_SET_ORDER, element);
}

static void walk(struct lint *lint, struct bytes der, unsigned depth)
{
    struct cursor cursor = cursor_of(der);
    while (cursor.left != 0) {
        struct element element = der_next(&cursor);
        if (cursor.bad)
            return;
        examine(lint, element);
        if ((element.tag & 0x20) != 0 && depth < DEEPEST)
            walk(lint, element.content, depth + 1);
    }
}

void lint_walk(struct lint *lint, struct bytes der) { walk(lint, der, 0); }

// --- rules ---------------------------------------------------------------------------------------------

// Where in the certificate, and how it begins.
static enum lint_verdict found(struct lint *lint, enum lint_fault fault)
{
    struct bytes element = lint->fault[fault];
    if (element.size == 0)
        return LINT_HELD;
    return lint_broken(lint, "%s at octet %zu", lint_hex(lint, element),
                       (size_t)(element.data - lint->certificate->der.data));
}

enum lint_verdict lint_rule_der_length(struct lint *lint) { return found(lint, FAULT_LENGTH); }
enum lint_verdict lint_rule_der_integer(struct lint *lint) { return found(lint, FAULT_INTEGER); }
enum lint_verdict lint_rule_der_boolean(struct lint *lint) { return found(lint, FAULT_BOOLEAN); }
enum lint_verdict lint_rule_der_set_order(struct lint *lint) { return found(lint, FAULT_SET_ORDER); }
enum lint_verdict lint_rule_der_object_identifier(struct lint *lint) { return found(lint, FAULT_OBJECT_IDENTIFIER); }

// Section 11.2.2, too: a named list of bits ends with one that is set.
enum lint_verdict lint_rule_der_bit_string(struct lint *lint)
{
    const struct lint_extension *usage = lint->found[EXT_KEY_USAGE];
    if (lint->fault[FAULT_BIT_STRING].size != 0 || usage == NULL || usage->malformed)
        return found(lint, FAULT_BIT_STRING);
    struct cursor value = cursor_of(usage->value);
    struct bytes bits = der_take(&value, DER_BIT_STRING);
    bool ends = bits.size == 1 || (bits.data[bits.size - 1] & 1u << bits.data[0]) != 0;
    return ends ? LINT_HELD : lint_broken(lint, "key usage %s", lint_hex(lint, usage->value));
}

static bool is_false(struct element boolean)
{
    return boolean.tag == DER_BOOLEAN && boolean.content.size == 1 && boolean.content.data[0] == 0;
}

static bool has_zero_minimum(const struct lint *lint)
{
    struct cursor fields = lint_sequence(lint, EXT_NAME_CONSTRAINTS);
    while (fields.left != 0)
        for (struct cursor trees = cursor_of(der_next(&fields).content); trees.left != 0;) {
            struct cursor tree = der_enter(&trees, DER_SEQUENCE);
            der_next(&tree); // base
            struct element minimum = der_next(&tree);
            if (minimum.tag == DER_CONTEXT && minimum.content.size == 1 && minimum.content.data[0] == 0)
                return true;
        }
    return false;
}

enum lint_verdict lint_rule_der_default(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    static const uint8_t version_1[] = {DER_INTEGER, 1, 0};
    if (bytes_equal(lint->version.content, (struct bytes){version_1, sizeof version_1}))
        lint_offend(&offenders, "version 1");
    for (size_t i = 0; i < lint->extension_count; i++)
        if (is_false(lint->extension[i].critical))
            lint_offend(&offenders, "critical FALSE");
    struct cursor constraints = lint_sequence(lint, EXT_BASIC_CONSTRAINTS);
    if (der_at(&constraints, DER_BOOLEAN) && is_false(der_next(&constraints)))
        lint_offend(&offenders, "cA FALSE");
    if (has_zero_minimum(lint))
        lint_offend(&offenders, "minimum 0");
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_trailing_data(struct lint *lint)
{
    return lint_holds(lint, !lint->has_trailing, "something follows");
}
