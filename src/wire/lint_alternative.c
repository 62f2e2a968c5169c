// SPDX-License-Identifier: Apache-2.0
//
// Rules about subject alternative names, and about the common name, which has to be one of them
// (RFC 5280 section 4.2.1.6, Baseline Requirements sections 7.1.2.7.12 and 7.1.4.3). There may be
// thousands of them: each rule goes over all, keeps the first that breaks it and counts the others.
#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "wire/lint_rules.h"

#include "lint.def"

enum { DNS_NAME = DER_CONTEXT + 2, IP_ADDRESS = DER_CONTEXT + 7 };

#define MANY        10 // common names that are looked for among the others
#define COMMON_NAME OID("\x55\x04\x03")

static struct cursor names(const struct lint *lint) { return lint_sequence(lint, EXT_ALTERNATIVE_NAMES); }

static size_t count_names(const struct lint *lint, uint8_t tag)
{
    size_t count = 0;
    for (struct cursor all = names(lint); all.left != 0;)
        count += der_next(&all).tag == tag;
    return count;
}

static const char *shown(struct lint *lint, struct element name)
{
    char text[INET6_ADDRSTRLEN];
    size_t size = name.content.size;
    if (name.tag == DNS_NAME)
        return lint_show(lint, name.content);
    if (size != 4 && size != 16)
        return arena_text(lint->arena, "%zu octets, %s", size, lint_hex(lint, name.content));
    return arena_text(lint->arena, "%s",
                      inet_ntop(size == 4 ? AF_INET : AF_INET6, name.content.data, text, sizeof text));
}

// Every name of one kind must pass; without one the rule says nothing.
static enum lint_verdict each(struct lint *lint, uint8_t tag, bool (*passes)(struct bytes name))
{
    struct lint_offenders offenders = {0};
    bool any = false;
    for (struct cursor all = names(lint); all.left != 0;) {
        struct element name = der_next(&all);
        if (name.tag != tag)
            continue;
        any = true;
        if (passes(name.content))
            continue;
        lint_offend(&offenders, offenders.count == 0 ? shown(lint, name) : NULL);
    }
    return any ? lint_judge(lint, &offenders) : LINT_NOT_APPLICABLE;
}

// --- as a whole ----------------------------------------------------------------------------------------

enum lint_verdict lint_rule_alternative_names_present(struct lint *lint)
{
    return lint_holds(lint, lint->found[EXT_ALTERNATIVE_NAMES] != NULL, "none");
}

enum lint_verdict lint_rule_alternative_names_host(struct lint *lint)
{
    if (lint->found[EXT_ALTERNATIVE_NAMES] == NULL)
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, count_names(lint, DNS_NAME) + count_names(lint, IP_ADDRESS) != 0, "none of either");
}

enum lint_verdict lint_rule_alternative_names_kinds(struct lint *lint)
{
    static const char *const kinds[] = {"otherName",
                                        "rfc822Name",
                                        "dNSName",
                                        "x400Address",
                                        "directoryName",
                                        "ediPartyName",
                                        "uniformResourceIdentifier",
                                        "iPAddress",
                                        "registeredID"};
    struct lint_offenders offenders = {0};
    if (lint->found[EXT_ALTERNATIVE_NAMES] == NULL)
        return LINT_NOT_APPLICABLE;
    for (struct cursor all = names(lint); all.left != 0;) {
        uint8_t tag = der_next(&all).tag;
        if (tag != DNS_NAME && tag != IP_ADDRESS)
            lint_offend(&offenders, kinds[tag & 0x0f]);
    }
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_alternative_names_critical(struct lint *lint)
{
    if (lint->found[EXT_ALTERNATIVE_NAMES] == NULL || lint->subject.content.size != 0)
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, lint_critical(lint, EXT_ALTERNATIVE_NAMES), "not critical");
}

enum lint_verdict lint_rule_alternative_names_not_critical(struct lint *lint)
{
    if (lint->found[EXT_ALTERNATIVE_NAMES] == NULL || lint->subject.content.size == 0)
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, !lint_critical(lint, EXT_ALTERNATIVE_NAMES), "critical");
}

// --- DNS names -----------------------------------------------------------------------------------------

static bool is_ascii(struct bytes name)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] >= 0x80)
            return false;
    return true;
}

enum lint_verdict lint_rule_dns_name_ascii(struct lint *lint) { return each(lint, DNS_NAME, is_ascii); }

// Stars and underscores have rules of their own; so has what is no ASCII.
static bool is_label_octet(uint8_t octet)
{
    bool letter = (octet | 0x20) >= 'a' && (octet | 0x20) <= 'z', digit = octet >= '0' && octet <= '9';
    return letter || digit || octet == '-' || octet == '*' || octet == '_' || octet >= 0x80;
}

static bool is_plain_label(struct bytes label)
{
    if (label.size == 0 || label.data[0] == '-' || label.data[label.size - 1] == '-')
        return false;
    for (size_t i = 0; i < label.size; i++)
        if (!is_label_octet(label.data[i]))
            return false;
    return true;
}

// The empty label of the root has a rule of its own, too.
static struct bytes without_last_dot(struct bytes name)
{
    if (name.size > 1 && name.data[name.size - 1] == '.')
        name.size--;
    return name;
}

static bool is_plain(struct bytes name)
{
    struct lint_labels labels = {0};
    name = without_last_dot(name);
    while (lint_next_label(name, &labels))
        if (!is_plain_label(labels.label))
            return false;
    return true;
}

enum lint_verdict lint_rule_dns_name_syntax(struct lint *lint) { return each(lint, DNS_NAME, is_plain); }

// RFC 1035 section 2.3.4: 255 octets with a length before each label, and the root's.
static bool is_short(struct bytes name)
{
    struct lint_labels labels = {0};
    name = without_last_dot(name);
    while (lint_next_label(name, &labels))
        if (labels.label.size > 63)
            return false;
    return name.size <= 253;
}

enum lint_verdict lint_rule_dns_name_length(struct lint *lint) { return each(lint, DNS_NAME, is_short); }

static bool has_no_underscore(struct bytes name) { return name.size == 0 || memchr(name.data, '_', name.size) == NULL; }

enum lint_verdict lint_rule_dns_name_underscore(struct lint *lint) { return each(lint, DNS_NAME, has_no_underscore); }

static bool has_no_last_dot(struct bytes name) { return name.size < 2 || name.data[name.size - 1] != '.'; }

enum lint_verdict lint_rule_dns_name_trailing_dot(struct lint *lint) { return each(lint, DNS_NAME, has_no_last_dot); }

static bool is_extended(struct bytes label) // RFC 5890 section 2.3.1: "R-LDH"
{
    return label.size >= 4 && label.data[2] == '-' && label.data[3] == '-';
}

static bool is_a_label(struct bytes label)
{
    return is_extended(label) && (label.data[0] | 0x20) == 'x' && (label.data[1] | 0x20) == 'n';
}

static bool has_no_reserved_label(struct bytes name)
{
    for (struct lint_labels labels = {0}; lint_next_label(name, &labels);)
        if (is_extended(labels.label) && !is_a_label(labels.label))
            return false;
    return true;
}

enum lint_verdict lint_rule_dns_name_reserved_label(struct lint *lint)
{
    return each(lint, DNS_NAME, has_no_reserved_label);
}

static bool has_punycode(struct bytes name)
{
    for (struct lint_labels labels = {0}; lint_next_label(name, &labels);)
        if (is_a_label(labels.label) &&
            !lint_dns_is_punycode((struct bytes){labels.label.data + 4, labels.label.size - 4}))
            return false;
    return true;
}

enum lint_verdict lint_rule_dns_name_punycode(struct lint *lint) { return each(lint, DNS_NAME, has_punycode); }

static bool is_no_address(struct bytes name) { return !lint_dns_is_address(name); }

enum lint_verdict lint_rule_dns_name_address(struct lint *lint) { return each(lint, DNS_NAME, is_no_address); }

static bool is_in_no_reverse_zone(struct bytes name)
{
    return !lint_dns_ends_in(name, "in-addr.arpa") && !lint_dns_ends_in(name, "ip6.arpa");
}

enum lint_verdict lint_rule_dns_name_reverse(struct lint *lint) { return each(lint, DNS_NAME, is_in_no_reverse_zone); }

static bool has_dot(struct bytes name) { return name.size != 0 && memchr(name.data, '.', name.size) != NULL; }

// Top-level domains are letters, or A-labels: no other label can be one, alone.
static bool may_be_top(struct bytes label)
{
    for (size_t i = 0; i < label.size; i++)
        if ((label.data[i] | 0x20) < 'a' || (label.data[i] | 0x20) > 'z')
            return is_a_label(label);
    return label.size >= 2;
}

static bool is_public(struct bytes name)
{
    name = without_last_dot(name);
    return !lint_dns_is_special(name) && (has_dot(name) || may_be_top(name) || name.size == 0);
}

static bool is_no_lone_label(struct bytes name) { return name.size == 0 || has_dot(without_last_dot(name)); }

// Which top-level domains there were on the day of issuance is in no certificate. Known for certain
// are those that there never were, and what cannot be one.
enum lint_verdict lint_rule_dns_name_internal(struct lint *lint)
{
    enum lint_verdict verdict = each(lint, DNS_NAME, is_public);
    if (verdict != LINT_HELD || each(lint, DNS_NAME, is_no_lone_label) == LINT_HELD)
        return verdict;
    lint->value = NULL;
    return lint_unknown(lint, "single_label", "A DNS name is a single label, which could be a top-level domain.");
}

static bool has_star_in_place(struct bytes name)
{
    size_t from = lint_dns_is_wildcard(name) ? 2 : 0;
    return from == name.size ? from == 0 : memchr(name.data + from, '*', name.size - from) == NULL;
}

enum lint_verdict lint_rule_wildcard_position(struct lint *lint) { return each(lint, DNS_NAME, has_star_in_place); }

// A public suffix of several labels is in no registry that a certificate could be held against.
static bool is_narrow(struct bytes name)
{
    return !lint_dns_is_wildcard(name) || has_dot((struct bytes){name.data + 2, name.size - 2});
}

enum lint_verdict lint_rule_wildcard_breadth(struct lint *lint) { return each(lint, DNS_NAME, is_narrow); }

// --- addresses -----------------------------------------------------------------------------------------

static bool is_whole_address(struct bytes address) { return address.size == 4 || address.size == 16; }

enum lint_verdict lint_rule_ip_address_length(struct lint *lint) { return each(lint, IP_ADDRESS, is_whole_address); }

static bool is_no_special_address(struct bytes address) { return !lint_address_is_special(address); }

enum lint_verdict lint_rule_ip_address_reserved(struct lint *lint)
{
    return each(lint, IP_ADDRESS, is_no_special_address);
}

// --- the common name -----------------------------------------------------------------------------------

// In one octet a character, as far as it is ASCII, which alone can be among the names.
static struct bytes narrow(struct lint *lint, const struct lint_attribute *attribute)
{
    unsigned width = attribute->tag == DER_BMP_STRING ? 2 : attribute->tag == DER_UNIVERSAL_STRING ? 4 : 1;
    uint8_t *octets = arena_alloc(lint->arena, attribute->value.size / width);
    size_t size = 0;
    for (size_t i = width - 1; i < attribute->value.size; i += width)
        octets[size++] = attribute->value.data[i];
    return (struct bytes){octets, size};
}

static bool same_name(struct bytes a, struct bytes b)
{
    for (size_t i = 0; i < a.size && i < b.size; i++) {
        uint8_t x = a.data[i], y = b.data[i];
        bool letter = (x | 0x20) >= 'a' && (x | 0x20) <= 'z';
        if (x != y && (!letter || (x | 0x20) != (y | 0x20)))
            return false;
    }
    return a.size == b.size;
}

static bool same_address(struct bytes text, struct bytes address)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char octets[16];
    if (text.size >= sizeof copy || !is_whole_address(address))
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return inet_pton(address.size == 4 ? AF_INET : AF_INET6, copy, octets) == 1 &&
           memcmp(octets, address.data, address.size) == 0;
}

static bool is_named(const struct lint *lint, struct bytes text)
{
    for (struct cursor all = names(lint); all.left != 0;) {
        struct element name = der_next(&all);
        if (name.tag == DNS_NAME && same_name(name.content, text))
            return true;
        if (name.tag == IP_ADDRESS && same_address(text, name.content))
            return true;
    }
    return false;
}

enum lint_verdict lint_rule_common_name_in_alternative_names(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    size_t count = lint_attributes(lint, COMMON_NAME);
    if (count > MANY)
        return lint_unknown(lint, "too_many", "There are too many common names to look for each.");
    for (size_t i = 0; i < lint->attribute_count; i++) {
        if (!bytes_equal(lint->attribute[i].oid, COMMON_NAME))
            continue;
        struct bytes text = narrow(lint, &lint->attribute[i]);
        if (!is_named(lint, text))
            lint_offend(&offenders, offenders.count == 0 ? lint_show(lint, text) : NULL);
    }
    return count != 0 ? lint_judge(lint, &offenders) : LINT_NOT_APPLICABLE;
}

enum lint_verdict lint_rule_common_name_once(struct lint *lint)
{
    size_t count = lint_attributes(lint, COMMON_NAME);
    return count <= 1 ? LINT_HELD : lint_broken(lint, "%zu of them", count);
}
