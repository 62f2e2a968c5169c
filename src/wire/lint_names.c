// SPDX-License-Identifier: Apache-2.0
//
// Rules about the subject's distinguished name: the types and lengths of its attributes (RFC 5280
// appendix A.1), their characters, their order and number (Baseline Requirements section 7.1.4).
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/lint_rules.h"
#include "wire/oid.h"

#include "lint.def"

enum string_rule { EITHER, PRINTABLE, IA5 }; // which type the attribute is of; either: UTF8String or PrintableString

// most: characters, of RFC 5280; 0: no bound. place: in the order of section 7.1.4.2; 0: in none.
// several: may occur more than once there.
static const struct attribute {
    struct bytes oid;
    enum string_rule type;
    unsigned most, place;
    bool several;
} attributes[] = {
    {{(const uint8_t *)"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10}, IA5, 0, 1, true},            // DC
    {{(const uint8_t *)"\x55\x04\x06", 3}, PRINTABLE, 2, 2, false},                                  // C
    {{(const uint8_t *)"\x55\x04\x08", 3}, EITHER, 128, 3, false},                                   // ST
    {{(const uint8_t *)"\x55\x04\x07", 3}, EITHER, 128, 4, false},                                   // L
    {{(const uint8_t *)"\x55\x04\x11", 3}, EITHER, 0, 5, false},                                     // postalCode
    {{(const uint8_t *)"\x55\x04\x09", 3}, EITHER, 0, 6, true},                                      // STREET
    {{(const uint8_t *)"\x55\x04\x0a", 3}, EITHER, 64, 7, false},                                    // O
    {{(const uint8_t *)"\x55\x04\x04", 3}, EITHER, 32768, 8, false},                                 // SN
    {{(const uint8_t *)"\x55\x04\x2a", 3}, EITHER, 32768, 9, false},                                 // GN
    {{(const uint8_t *)"\x55\x04\x0b", 3}, EITHER, 64, 10, false},                                   // OU
    {{(const uint8_t *)"\x55\x04\x03", 3}, EITHER, 64, 11, false},                                   // CN
    {{(const uint8_t *)"\x55\x04\x0f", 3}, EITHER, 0, 0, false},                                     // businessCategory
    {{(const uint8_t *)"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", 11}, PRINTABLE, 0, 0, false}, // jurisdictionC
    {{(const uint8_t *)"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", 11}, EITHER, 0, 0, false},    // jurisdictionST
    {{(const uint8_t *)"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", 11}, EITHER, 0, 0, false},    // jurisdictionL
    {{(const uint8_t *)"\x55\x04\x05", 3}, PRINTABLE, 64, 0, false},                                 // serialNumber
    {{(const uint8_t *)"\x55\x04\x61", 3}, EITHER, 0, 0, false},                        // organizationIdentifier
    {{(const uint8_t *)"\x55\x04\x2e", 3}, PRINTABLE, 0, 0, false},                     // dnQualifier
    {{(const uint8_t *)"\x55\x04\x0c", 3}, EITHER, 64, 0, false},                       // title
    {{(const uint8_t *)"\x55\x04\x41", 3}, EITHER, 128, 0, false},                      // pseudonym
    {{(const uint8_t *)"\x55\x04\x29", 3}, EITHER, 32768, 0, false},                    // name
    {{(const uint8_t *)"\x55\x04\x2b", 3}, EITHER, 32768, 0, false},                    // initials
    {{(const uint8_t *)"\x55\x04\x2c", 3}, EITHER, 32768, 0, false},                    // generationQualifier
    {{(const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9}, IA5, 255, 0, false}, // emailAddress
};

static const struct attribute *known(struct bytes oid)
{
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (bytes_equal(attributes[i].oid, oid))
            return &attributes[i];
    return NULL;
}

static const char *attribute_name(struct lint *lint, struct bytes oid)
{
    return oid_name(OID_ATTRIBUTE, der_oid(lint->arena, oid));
}

// "O=Example"
static const char *shown(struct lint *lint, const struct lint_attribute *attribute)
{
    return arena_text(lint->arena, "%s=%s", attribute_name(lint, attribute->oid), lint_show(lint, attribute->value));
}

// Every attribute must pass; without one the rule says nothing.
static enum lint_verdict each(struct lint *lint, bool (*passes)(const struct lint_attribute *attribute))
{
    struct lint_offenders offenders = {0};
    if (lint->attribute_count == 0)
        return LINT_NOT_APPLICABLE;
    for (size_t i = 0; i < lint->attribute_count; i++)
        if (!passes(&lint->attribute[i]))
            lint_offend(&offenders, offenders.count == 0 ? shown(lint, &lint->attribute[i]) : NULL);
    return lint_judge(lint, &offenders);
}

// --- RFC 5280 --------------------------------------------------------------------------------------------

enum lint_verdict lint_rule_name_part_empty(struct lint *lint)
{
    if (lint->part_count == 0)
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, !lint->empty_part, "a part without an attribute");
}

static bool is_string(uint8_t tag)
{
    switch (tag) {
    case DER_UTF8_STRING:
    case DER_NUMERIC_STRING:
    case DER_PRINTABLE_STRING:
    case DER_T61_STRING:
    case DER_IA5_STRING:
    case DER_VISIBLE_STRING:
    case DER_UNIVERSAL_STRING:
    case DER_BMP_STRING:
        return true;
    default:
        return false;
    }
}

static bool has_value(const struct lint_attribute *attribute)
{
    return !is_string(attribute->tag) || attribute->value.size != 0;
}

enum lint_verdict lint_rule_name_value_empty(struct lint *lint) { return each(lint, has_value); }

// Not octets: the continuations of UTF-8 do not count.
static size_t characters(const struct lint_attribute *attribute)
{
    size_t count = 0;
    if (attribute->tag == DER_BMP_STRING)
        return attribute->value.size / 2;
    if (attribute->tag == DER_UNIVERSAL_STRING)
        return attribute->value.size / 4;
    for (size_t i = 0; i < attribute->value.size; i++)
        count += attribute->tag != DER_UTF8_STRING || (attribute->value.data[i] & 0xc0) != 0x80;
    return count;
}

static bool is_country(const struct lint_attribute *attribute)
{
    return bytes_equal(attribute->oid, OID("\x55\x04\x06"));
}

// Too short a country is one that is not two letters.
static bool is_bounded(const struct lint_attribute *attribute)
{
    const struct attribute *row = known(attribute->oid);
    return row == NULL || row->most == 0 || characters(attribute) <= row->most;
}

enum lint_verdict lint_rule_name_length(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (lint->attribute_count == 0)
        return LINT_NOT_APPLICABLE;
    for (size_t i = 0; i < lint->attribute_count; i++) {
        const struct lint_attribute *one = &lint->attribute[i];
        if (!is_bounded(one))
            lint_offend(&offenders, arena_text(lint->arena, "%s of %zu characters, at most %u",
                                               attribute_name(lint, one->oid), characters(one), known(one->oid)->most));
    }
    return lint_judge(lint, &offenders);
}

static bool is_letter(uint8_t octet) { return (octet | 0x20) >= 'a' && (octet | 0x20) <= 'z'; }

static bool country_is_plain(const struct lint_attribute *attribute)
{
    struct bytes value = attribute->value;
    return !is_country(attribute) || (attribute->tag == DER_PRINTABLE_STRING && value.size == 2 &&
                                      is_letter(value.data[0]) && is_letter(value.data[1]));
}

enum lint_verdict lint_rule_country_code(struct lint *lint)
{
    if (lint_attributes(lint, OID("\x55\x04\x06")) == 0)
        return LINT_NOT_APPLICABLE;
    return each(lint, country_is_plain);
}

// Countries have a rule of their own.
static bool has_fixed_type(const struct lint_attribute *attribute)
{
    const struct attribute *row = known(attribute->oid);
    if (row == NULL || row->type == EITHER || is_country(attribute))
        return true;
    return attribute->tag == (row->type == IA5 ? DER_IA5_STRING : DER_PRINTABLE_STRING);
}

enum lint_verdict lint_rule_name_fixed_type(struct lint *lint) { return each(lint, has_fixed_type); }

static bool has_modern_type(const struct lint_attribute *attribute)
{
    return attribute->tag != DER_T61_STRING && attribute->tag != DER_BMP_STRING &&
           attribute->tag != DER_UNIVERSAL_STRING;
}

enum lint_verdict lint_rule_name_legacy_type(struct lint *lint) { return each(lint, has_modern_type); }

// X.680 table 10 names the characters of a PrintableString.
static bool is_printable_string(struct bytes value)
{
    for (size_t i = 0; i < value.size; i++) {
        uint8_t octet = value.data[i];
        bool digit = octet >= '0' && octet <= '9';
        if (!is_letter(octet) && !digit && (octet == 0 || strchr(" '()+,-./:=?", octet) == NULL))
            return false;
    }
    return true;
}

static bool is_within(struct bytes value, uint8_t first, uint8_t last)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] < first || value.data[i] > last)
            return false;
    return true;
}

static bool has_own_characters(const struct lint_attribute *attribute)
{
    struct bytes value = attribute->value;
    switch (attribute->tag) {
    case DER_PRINTABLE_STRING:
        return is_printable_string(value);
    case DER_IA5_STRING:
        return is_within(value, 0x00, 0x7f);
    case DER_VISIBLE_STRING:
        return is_within(value, 0x20, 0x7e);
    case DER_UTF8_STRING:
        return text_is_utf8(value);
    case DER_BMP_STRING:
        return value.size % 2 == 0;
    case DER_UNIVERSAL_STRING:
        return value.size % 4 == 0;
    default:
        return true;
    }
}

enum lint_verdict lint_rule_name_characters(struct lint *lint) { return each(lint, has_own_characters); }

static bool has_no_controls(const struct lint_attribute *attribute)
{
    unsigned width = attribute->tag == DER_BMP_STRING ? 2 : attribute->tag == DER_UNIVERSAL_STRING ? 4 : 1;
    struct bytes value = attribute->value;
    for (size_t i = 0; is_string(attribute->tag) && i + width <= value.size; i += width) {
        uint32_t point = 0;
        for (unsigned j = 0; j < width; j++)
            point = point << 8 | value.data[i + j];
        if (point < 0x20 || point == 0x7f)
            return false;
    }
    return true;
}

enum lint_verdict lint_rule_name_control_characters(struct lint *lint) { return each(lint, has_no_controls); }

// --- Baseline Requirements ---------------------------------------------------------------------------------

static bool has_either_type(const struct lint_attribute *attribute)
{
    const struct attribute *row = known(attribute->oid);
    if (row == NULL || row->type != EITHER)
        return true;
    return attribute->tag == DER_UTF8_STRING || attribute->tag == DER_PRINTABLE_STRING;
}

enum lint_verdict lint_rule_name_string_type(struct lint *lint) { return each(lint, has_either_type); }

enum lint_verdict lint_rule_name_single_valued(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (lint->attribute_count == 0)
        return LINT_NOT_APPLICABLE;
    for (size_t i = 1; i < lint->attribute_count; i++)
        if (lint->attribute[i].part == lint->attribute[i - 1].part)
            lint_offend(&offenders, offenders.count == 0 ? shown(lint, &lint->attribute[i]) : NULL);
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_name_attribute_once(struct lint *lint)
{
    struct bytes *oids = arena_array(lint->arena, lint->attribute_count, sizeof *oids);
    size_t count = 0;
    if (lint->attribute_count == 0)
        return LINT_NOT_APPLICABLE;
    for (size_t i = 0; i < lint->attribute_count; i++) {
        const struct attribute *row = known(lint->attribute[i].oid);
        if (row == NULL || !row->several)
            oids[count++] = lint->attribute[i].oid;
    }
    return lint_unrepeated(lint, oids, count, attribute_name);
}

// Section 7.1.4.2: those of its first table, in the order of that table.
enum lint_verdict lint_rule_name_order(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    unsigned reached = 0;
    if (lint->attribute_count == 0)
        return LINT_NOT_APPLICABLE;
    for (size_t i = 0; i < lint->attribute_count; i++) {
        const struct attribute *row = known(lint->attribute[i].oid);
        if (row == NULL || row->place == 0)
            continue;
        if (row->place < reached)
            lint_offend(&offenders, attribute_name(lint, row->oid));
        else
            reached = row->place;
    }
    return lint_judge(lint, &offenders);
}

static bool says_something(const struct lint_attribute *attribute)
{
    if (attribute->tag == DER_BMP_STRING || attribute->tag == DER_UNIVERSAL_STRING || attribute->value.size == 0)
        return true;
    for (size_t i = 0; i < attribute->value.size; i++)
        if (strchr(".- ", attribute->value.data[i]) == NULL || attribute->value.data[i] == 0)
            return true;
    return false;
}

enum lint_verdict lint_rule_name_placeholder(struct lint *lint) { return each(lint, says_something); }

static bool is_no_unit(const struct lint_attribute *attribute)
{
    return !bytes_equal(attribute->oid, OID("\x55\x04\x0b"));
}

enum lint_verdict lint_rule_organizational_unit(struct lint *lint)
{
    return lint->attribute_count == 0 ? LINT_HELD : each(lint, is_no_unit);
}

enum lint_verdict lint_rule_root_subject(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (lint_attributes(lint, OID("\x55\x04\x06")) == 0)
        lint_offend(&offenders, "no country");
    if (lint_attributes(lint, OID("\x55\x04\x0a")) == 0)
        lint_offend(&offenders, "no organization");
    if (lint_attributes(lint, OID("\x55\x04\x03")) == 0)
        lint_offend(&offenders, "no common name");
    return lint_judge(lint, &offenders);
}
