// SPDX-License-Identifier: Apache-2.0
//
// The types of the extensions that rules know (RFC 5280 section 4.2, RFC 6962 section 3.3, RFC 7633
// section 3), as one small reader each: does the value have this type, to its last octet? Lists may
// be empty here, since that is a rule of its own. What a policy qualifier or a directory name holds
// is not looked into.
#include "wire/lint_rules.h"

static bool sequence_of(struct cursor list, bool (*element)(struct cursor *list))
{
    while (list.left != 0)
        if (!element(&list))
            return false;
    return !list.bad;
}

static bool octet_string(struct cursor value)
{
    der_take(&value, DER_OCTET_STRING);
    return cursor_ended(&value);
}

static bool object_identifier(struct cursor *list)
{
    der_take(list, DER_OID);
    return !list->bad;
}

// GeneralName: eight choices, three of them constructed, one explicit (section 4.2.1.6).
static bool general_name(struct cursor *list)
{
    switch (der_next(list).tag) {
    case DER_CONTEXT_CONSTRUCTED + 0: // otherName
    case DER_CONTEXT + 1:             // rfc822Name
    case DER_CONTEXT + 2:             // dNSName
    case DER_CONTEXT_CONSTRUCTED + 3: // x400Address
    case DER_CONTEXT_CONSTRUCTED + 4: // directoryName
    case DER_CONTEXT_CONSTRUCTED + 5: // ediPartyName
    case DER_CONTEXT + 6:             // uniformResourceIdentifier
    case DER_CONTEXT + 7:             // iPAddress
    case DER_CONTEXT + 8:             // registeredID
        return true;
    default:
        return false;
    }
}

static void optional(struct cursor *fields, uint8_t tag)
{
    if (der_at(fields, tag))
        der_next(fields);
}

// --- one for each kind -----------------------------------------------------------------------------

static bool authority_key_id(struct cursor fields)
{
    optional(&fields, DER_CONTEXT);
    if (der_at(&fields, DER_CONTEXT_CONSTRUCTED + 1) &&
        !sequence_of(der_enter(&fields, DER_CONTEXT_CONSTRUCTED + 1), general_name))
        return false;
    optional(&fields, DER_CONTEXT + 2);
    return cursor_ended(&fields);
}

static bool key_usage(struct cursor value)
{
    struct bytes bits = der_take(&value, DER_BIT_STRING);
    return cursor_ended(&value) && bits.size != 0 && bits.data[0] < 8 && (bits.size > 1 || bits.data[0] == 0);
}

static bool qualifier(struct cursor *list)
{
    struct cursor fields = der_enter(list, DER_SEQUENCE);
    der_take(&fields, DER_OID);
    der_next(&fields);
    return cursor_ended(&fields);
}

static bool policy(struct cursor *list)
{
    struct cursor fields = der_enter(list, DER_SEQUENCE);
    der_take(&fields, DER_OID);
    if (fields.left != 0 && !sequence_of(der_enter(&fields, DER_SEQUENCE), qualifier))
        return false;
    return cursor_ended(&fields);
}

static bool policies(struct cursor list) { return sequence_of(list, policy); }

static bool mapping(struct cursor *list)
{
    struct cursor fields = der_enter(list, DER_SEQUENCE);
    der_take(&fields, DER_OID);
    der_take(&fields, DER_OID);
    return cursor_ended(&fields);
}

static bool mappings(struct cursor list) { return sequence_of(list, mapping); }

static bool names(struct cursor list) { return sequence_of(list, general_name); }

static bool basic_constraints(struct cursor fields)
{
    if (der_at(&fields, DER_BOOLEAN) && der_take(&fields, DER_BOOLEAN).size != 1)
        return false;
    if (der_at(&fields, DER_INTEGER)) {
        struct bytes length = der_take(&fields, DER_INTEGER);
        if (length.size == 0 || length.data[0] >= 0x80)
            return false;
    }
    return cursor_ended(&fields);
}

// GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
static bool subtree(struct cursor *list)
{
    struct cursor fields = der_enter(list, DER_SEQUENCE);
    if (!general_name(&fields))
        return false;
    optional(&fields, DER_CONTEXT);
    optional(&fields, DER_CONTEXT + 1);
    return cursor_ended(&fields);
}

static bool name_constraints(struct cursor fields)
{
    for (uint8_t tag = DER_CONTEXT_CONSTRUCTED; tag <= DER_CONTEXT_CONSTRUCTED + 1; tag++)
        if (der_at(&fields, tag) && !sequence_of(der_enter(&fields, tag), subtree))
            return false;
    return cursor_ended(&fields);
}

static bool policy_constraints(struct cursor fields)
{
    optional(&fields, DER_CONTEXT);
    optional(&fields, DER_CONTEXT + 1);
    return cursor_ended(&fields);
}

static bool purposes(struct cursor list) { return sequence_of(list, object_identifier); }

// DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] }
static bool point_name(struct cursor choice)
{
    if (der_at(&choice, DER_CONTEXT_CONSTRUCTED)) {
        if (!sequence_of(der_enter(&choice, DER_CONTEXT_CONSTRUCTED), general_name))
            return false;
    } else {
        der_take(&choice, DER_CONTEXT_CONSTRUCTED + 1);
    }
    return cursor_ended(&choice);
}

static bool point(struct cursor *list)
{
    struct cursor fields = der_enter(list, DER_SEQUENCE);
    if (der_at(&fields, DER_CONTEXT_CONSTRUCTED) && !point_name(der_enter(&fields, DER_CONTEXT_CONSTRUCTED)))
        return false;
    optional(&fields, DER_CONTEXT + 1);
    if (der_at(&fields, DER_CONTEXT_CONSTRUCTED + 2) &&
        !sequence_of(der_enter(&fields, DER_CONTEXT_CONSTRUCTED + 2), general_name))
        return false;
    return cursor_ended(&fields);
}

static bool points(struct cursor list) { return sequence_of(list, point); }

static bool whole_number(struct cursor value)
{
    struct bytes number = der_take(&value, DER_INTEGER);
    return cursor_ended(&value) && number.size != 0 && number.data[0] < 0x80;
}

static bool description(struct cursor *list)
{
    struct cursor fields = der_enter(list, DER_SEQUENCE);
    der_take(&fields, DER_OID);
    return general_name(&fields) && cursor_ended(&fields);
}

static bool descriptions(struct cursor list) { return sequence_of(list, description); }

static bool anything(struct cursor *list)
{
    der_next(list);
    return !list->bad;
}

static bool elements(struct cursor list) { return sequence_of(list, anything); }

// An OCTET STRING around a TLS vector of TLS vectors (RFC 6962 section 3.3).
static bool timestamps(struct cursor value)
{
    struct cursor wrapped = cursor_of(der_take(&value, DER_OCTET_STRING));
    struct cursor list = cursor_block16(&wrapped);
    while (list.left != 0)
        if (cursor_block16(&list).left == 0)
            return false;
    return cursor_ended(&value) && cursor_ended(&wrapped) && !list.bad;
}

static bool null(struct cursor value) { return der_take(&value, DER_NULL).size == 0 && cursor_ended(&value); }

static bool number(struct cursor *list)
{
    der_take(list, DER_INTEGER);
    return !list->bad;
}

static bool features(struct cursor list) { return sequence_of(list, number); }

// sequence: the reader gets what is inside the outermost SEQUENCE.
static const struct syntax {
    bool sequence;
    bool (*holds)(struct cursor value);
} syntaxes[EXT_KINDS] = {
    [EXT_AUTHORITY_KEY_ID] = {true, authority_key_id},
    [EXT_SUBJECT_KEY_ID] = {false, octet_string},
    [EXT_KEY_USAGE] = {false, key_usage},
    [EXT_POLICIES] = {true, policies},
    [EXT_POLICY_MAPPINGS] = {true, mappings},
    [EXT_ALTERNATIVE_NAMES] = {true, names},
    [EXT_ISSUER_NAMES] = {true, names},
    [EXT_BASIC_CONSTRAINTS] = {true, basic_constraints},
    [EXT_NAME_CONSTRAINTS] = {true, name_constraints},
    [EXT_POLICY_CONSTRAINTS] = {true, policy_constraints},
    [EXT_PURPOSES] = {true, purposes},
    [EXT_CRL_POINTS] = {true, points},
    [EXT_FRESHEST_CRL] = {true, points},
    [EXT_INHIBIT_ANY_POLICY] = {false, whole_number},
    [EXT_INFORMATION_ACCESS] = {true, descriptions},
    [EXT_SUBJECT_INFORMATION] = {true, descriptions},
    [EXT_SUBJECT_DIRECTORY] = {true, elements},
    [EXT_TIMESTAMPS] = {false, timestamps},
    [EXT_POISON] = {false, null},
    [EXT_TLS_FEATURES] = {true, features},
};

bool lint_syntax_holds(enum lint_extension_kind kind, struct bytes value)
{
    const struct syntax *syntax = &syntaxes[kind];
    struct cursor cursor = cursor_of(value);
    if (!syntax->sequence)
        return syntax->holds(cursor);
    struct cursor inside = der_enter(&cursor, DER_SEQUENCE);
    return cursor_ended(&cursor) && syntax->holds(inside);
}
