// SPDX-License-Identifier: Apache-2.0
//
// libcrypto says that a constraint is broken, not which name breaks it. DNS names and addresses are
// compared here once more, only to tell; the verdict is libcrypto's.
#include "wire/trust_constraint.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/trust_reason.h"

static struct bytes octets_of(const ASN1_STRING *string)
{
    int size = ASN1_STRING_length(string);
    return (struct bytes){ASN1_STRING_get0_data(string), size > 0 ? (size_t)size : 0};
}

static uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c; }

static bool same_letters(const uint8_t *a, const uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

// The base itself and whatever is below it; a dot before it, which many write, leaves the base out.
static bool below(struct bytes name, struct bytes base)
{
    if (base.size == 0)
        return true;
    if (name.size < base.size || !same_letters(name.data + name.size - base.size, base.data, base.size))
        return false;
    return name.size == base.size || base.data[0] == '.' || name.data[name.size - base.size - 1] == '.';
}

// An address and, for a constraint, a mask of the same size behind it.
static bool inside(struct bytes address, struct bytes range)
{
    if (range.size != 2 * address.size)
        return false;
    for (size_t i = 0; i < address.size; i++)
        if (((address.data[i] ^ range.data[i]) & range.data[address.size + i]) != 0)
            return false;
    return true;
}

static bool within(const GENERAL_NAME *name, const GENERAL_NAME *base)
{
    if (name->type == GEN_DNS)
        return below(octets_of(name->d.dNSName), octets_of(base->d.dNSName));
    return inside(octets_of(name->d.iPAddress), octets_of(base->d.iPAddress));
}

// Whether some tree of the name's own kind has it; *any: there is one of that kind.
static bool in_trees(const GENERAL_NAME *name, const STACK_OF(GENERAL_SUBTREE) * trees, bool *any)
{
    bool found = false;
    *any = false;
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
        const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(trees, i)->base;
        if (base->type == name->type) {
            *any = true;
            found = found || within(name, base);
        }
    }
    return found;
}

static const char *name_text(struct arena *arena, const GENERAL_NAME *name)
{
    if (name->type == GEN_DNS)
        return text_escape(arena, octets_of(name->d.dNSName));
    struct bytes address = octets_of(name->d.iPAddress);
    if (address.size == 4)
        return arena_text(arena, "%u.%u.%u.%u", address.data[0], address.data[1], address.data[2], address.data[3]);
    return text_hex(arena, address);
}

static const char *tell(struct arena *arena, X509 *named, const GENERAL_NAME *name, const char *does, X509 *above)
{
    return arena_text(arena, "%s has the name %s, which %s %s.", trust_subject(arena, named), name_text(arena, name),
                      trust_subject(arena, above), does);
}

// What one certificate above says of the names.
static const char *told_by(struct arena *arena, X509 *named, const GENERAL_NAMES *names, X509 *above)
{
    const char *told = NULL;
    NAME_CONSTRAINTS *constraints = X509_get_ext_d2i(above, NID_name_constraints, NULL, NULL);
    for (int i = 0; constraints != NULL && told == NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        bool any;
        if (name->type != GEN_DNS && name->type != GEN_IPADD)
            continue;
        if (in_trees(name, constraints->excludedSubtrees, &any))
            told = tell(arena, named, name, "excludes", above);
        else if (!in_trees(name, constraints->permittedSubtrees, &any) && any)
            told = tell(arena, named, name, "does not permit", above);
    }
    NAME_CONSTRAINTS_free(constraints);
    return told;
}

const char *trust_constraint_told(struct arena *arena, const STACK_OF(X509) * path, int depth)
{
    const char *told = NULL;
    X509 *certificate = depth < 0 ? NULL : sk_X509_value(path, depth);
    GENERAL_NAMES *names = certificate == NULL ? NULL : X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = depth + 1; names != NULL && told == NULL && i < sk_X509_num(path); i++)
        told = told_by(arena, certificate, names, sk_X509_value(path, i));
    GENERAL_NAMES_free(names);
    ERR_clear_error();
    return told;
}
