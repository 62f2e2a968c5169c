// SPDX-License-Identifier: Apache-2.0
//
// Rules about what a key may be used for: key usage, extended key usage, basic and name constraints
// (RFC 5280 sections 4.2.1.3, 4.2.1.9, 4.2.1.10 and 4.2.1.12).
#include <string.h>

#include "base/arena.h"
#include "wire/lint_rules.h"
#include "wire/oid.h"

#include "lint.def"

enum {
    DIGITAL_SIGNATURE = 0x8000,
    NON_REPUDIATION = 0x4000,
    KEY_ENCIPHERMENT = 0x2000,
    DATA_ENCIPHERMENT = 0x1000,
    KEY_AGREEMENT = 0x0800,
    KEY_CERT_SIGN = 0x0400,
    CRL_SIGN = 0x0200,
    ENCIPHER_ONLY = 0x0100,
    DECIPHER_ONLY = 0x0080,
};

#define SERVER_AUTH      OID("\x2b\x06\x01\x05\x05\x07\x03\x01")
#define CODE_SIGNING     OID("\x2b\x06\x01\x05\x05\x07\x03\x03")
#define EMAIL_PROTECTION OID("\x2b\x06\x01\x05\x05\x07\x03\x04")
#define TIME_STAMPING    OID("\x2b\x06\x01\x05\x05\x07\x03\x08")
#define OCSP_SIGNING     OID("\x2b\x06\x01\x05\x05\x07\x03\x09")
#define ANY_PURPOSE      OID("\x55\x1d\x25\x00")
#define PRECERTIFICATES  OID("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x04")
#define MICROSOFT_GATED  OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x03")
#define NETSCAPE_STEPPED OID("\x60\x86\x48\x01\x86\xf8\x42\x04\x01")

// --- key usage --------------------------------------------------------------------------------------------

static bool has_usage(const struct lint *lint) { return lint->found[EXT_KEY_USAGE] != NULL; }

// All uses of a set, by the names of RFC 5280.
static const char *usages(struct lint *lint, unsigned set)
{
    static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign",          "encipherOnly",   "decipherOnly"};
    const char *text = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((set & 0x8000u >> i) != 0)
            text = arena_text(lint->arena, "%s%s%s", text, text[0] == '\0' ? "" : ", ", names[i]);
    return text;
}

static enum lint_verdict only(struct lint *lint, unsigned allowed)
{
    unsigned others = lint->usage & ~allowed;
    return others == 0 ? LINT_HELD : lint_broken(lint, "%s", usages(lint, others));
}

static bool key_is(const struct lint *lint, const char *type) { return strcmp(lint->certificate->key_type, type) == 0; }

enum lint_verdict lint_rule_key_usage_bits(struct lint *lint)
{
    return has_usage(lint) ? lint_holds(lint, lint->usage != 0, "none") : LINT_NOT_APPLICABLE;
}

enum lint_verdict lint_rule_authority_key_usage(struct lint *lint)
{
    if (!has_usage(lint))
        return lint_broken(lint, "no key usage");
    return lint_holds(lint, (lint->usage & KEY_CERT_SIGN) != 0, "no keyCertSign");
}

enum lint_verdict lint_rule_key_usage_without_authority(struct lint *lint)
{
    if (!has_usage(lint) || lint->certificate->is_ca)
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, (lint->usage & KEY_CERT_SIGN) == 0, "keyCertSign");
}

enum lint_verdict lint_rule_authority_crl_sign(struct lint *lint)
{
    if (!has_usage(lint))
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, (lint->usage & CRL_SIGN) != 0, "no cRLSign");
}

enum lint_verdict lint_rule_authority_other_usage(struct lint *lint)
{
    return has_usage(lint) ? only(lint, KEY_CERT_SIGN | CRL_SIGN | DIGITAL_SIGNATURE) : LINT_NOT_APPLICABLE;
}

enum lint_verdict lint_rule_rsa_key_usage(struct lint *lint)
{
    if (!has_usage(lint) || !key_is(lint, "RSA"))
        return LINT_NOT_APPLICABLE;
    return only(lint, DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | DATA_ENCIPHERMENT);
}

enum lint_verdict lint_rule_ecc_key_usage(struct lint *lint)
{
    if (!has_usage(lint) || !key_is(lint, "EC"))
        return LINT_NOT_APPLICABLE;
    if ((lint->usage & DIGITAL_SIGNATURE) == 0)
        return lint_broken(lint, "no digitalSignature");
    return only(lint, DIGITAL_SIGNATURE | KEY_AGREEMENT);
}

enum lint_verdict lint_rule_ec_encipherment(struct lint *lint)
{
    if (!has_usage(lint) || !key_is(lint, "EC"))
        return LINT_NOT_APPLICABLE;
    return only(lint, ~(unsigned)(KEY_ENCIPHERMENT | DATA_ENCIPHERMENT));
}

enum lint_verdict lint_rule_edwards_usage(struct lint *lint)
{
    if (!has_usage(lint))
        return LINT_NOT_APPLICABLE;
    if (key_is(lint, "Ed25519") || key_is(lint, "Ed448"))
        return only(lint, DIGITAL_SIGNATURE | NON_REPUDIATION | KEY_CERT_SIGN | CRL_SIGN);
    if (!key_is(lint, "X25519") && !key_is(lint, "X448"))
        return LINT_NOT_APPLICABLE;
    if ((lint->usage & KEY_AGREEMENT) == 0)
        return lint_broken(lint, "no keyAgreement");
    return only(lint, KEY_AGREEMENT | ENCIPHER_ONLY | DECIPHER_ONLY);
}

// --- extended key usage --------------------------------------------------------------------------------------

static bool has_purposes(const struct lint *lint) { return lint->found[EXT_PURPOSES] != NULL; }

static void forbid(struct lint *lint, struct lint_offenders *offenders, struct bytes oid)
{
    if (lint_has_purpose(lint, oid))
        lint_offend(offenders, oid_name(OID_PURPOSE, der_oid(lint->arena, oid)));
}

enum lint_verdict lint_rule_purposes_present(struct lint *lint) { return lint_holds(lint, has_purposes(lint), "none"); }

// Of a certificate that a server did show as its own. The two old names let servers use strong ciphers
// when few were allowed to, and stood for serverAuth.
enum lint_verdict lint_rule_server_purpose(struct lint *lint)
{
    if (!lint->leaf || !has_purposes(lint))
        return LINT_NOT_APPLICABLE;
    if (lint_has_purpose(lint, MICROSOFT_GATED) || lint_has_purpose(lint, NETSCAPE_STEPPED))
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, lint_has_purpose(lint, SERVER_AUTH) || lint_has_purpose(lint, ANY_PURPOSE),
                      "no serverAuth");
}

enum lint_verdict lint_rule_foreign_purposes(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    if (!has_purposes(lint))
        return LINT_NOT_APPLICABLE;
    forbid(lint, &offenders, CODE_SIGNING);
    forbid(lint, &offenders, EMAIL_PROTECTION);
    forbid(lint, &offenders, TIME_STAMPING);
    forbid(lint, &offenders, OCSP_SIGNING);
    forbid(lint, &offenders, PRECERTIFICATES);
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_any_purpose(struct lint *lint)
{
    if (!has_purposes(lint))
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, !lint_has_purpose(lint, ANY_PURPOSE), "anyExtendedKeyUsage");
}

// Section 7.1.2.2.4 lets everything stand alone, for one kind of authority.
enum lint_verdict lint_rule_authority_purposes(struct lint *lint)
{
    struct lint_offenders offenders = {0};
    bool any = lint_has_purpose(lint, ANY_PURPOSE);
    if (!any && !lint_has_purpose(lint, SERVER_AUTH))
        return LINT_NOT_APPLICABLE;
    struct cursor purposes = lint_sequence(lint, EXT_PURPOSES);
    der_next(&purposes);
    if (any && purposes.left != 0)
        lint_offend(&offenders, "anyExtendedKeyUsage among others");
    forbid(lint, &offenders, CODE_SIGNING);
    forbid(lint, &offenders, EMAIL_PROTECTION);
    forbid(lint, &offenders, TIME_STAMPING);
    return lint_judge(lint, &offenders);
}

enum lint_verdict lint_rule_root_purposes(struct lint *lint)
{
    return lint_holds(lint, !has_purposes(lint), "it is there");
}

// --- constraints ---------------------------------------------------------------------------------------------

enum lint_verdict lint_rule_authority_constraints(struct lint *lint)
{
    if (lint->found[EXT_BASIC_CONSTRAINTS] == NULL)
        return lint_broken(lint, "none");
    return lint_holds(lint, lint_critical(lint, EXT_BASIC_CONSTRAINTS), "not critical");
}

enum lint_verdict lint_rule_path_length(struct lint *lint)
{
    const struct certificate *certificate = lint->certificate;
    if (certificate->path_length < 0)
        return LINT_NOT_APPLICABLE;
    if (!certificate->is_ca)
        return lint_broken(lint, "a path length, and no authority");
    return lint_holds(lint, (lint->usage & KEY_CERT_SIGN) != 0, "a path length, and no keyCertSign");
}

enum lint_verdict lint_rule_server_no_authority(struct lint *lint)
{
    return lint_holds(lint, !lint->certificate->is_ca, "cA TRUE");
}

static bool has_name_constraints(const struct lint *lint) { return lint->found[EXT_NAME_CONSTRAINTS] != NULL; }

// What a server shows as its own may be an authority's all the same.
enum lint_verdict lint_rule_name_constraints_authority(struct lint *lint)
{
    if (lint->certificate->is_ca)
        return LINT_NOT_APPLICABLE;
    return lint_holds(lint, !has_name_constraints(lint), "they are there");
}

static bool tree_is_plain(struct cursor tree)
{
    der_next(&tree); // base
    if (der_at(&tree, DER_CONTEXT) && der_integer_bits(der_next(&tree).content) != 0)
        return false;
    return tree.left == 0;
}

enum lint_verdict lint_rule_name_constraints_form(struct lint *lint)
{
    struct cursor lists = lint_sequence(lint, EXT_NAME_CONSTRAINTS);
    size_t count = 0;
    if (!has_name_constraints(lint))
        return LINT_NOT_APPLICABLE;
    while (lists.left != 0)
        for (struct cursor trees = cursor_of(der_next(&lists).content); trees.left != 0; count++)
            if (!tree_is_plain(der_enter(&trees, DER_SEQUENCE)))
                return lint_broken(lint, "a minimum or a maximum");
    return lint_holds(lint, count != 0, "no subtree");
}
