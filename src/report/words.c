// SPDX-License-Identifier: Apache-2.0
//
// Vocabularies are the registry's own tables; the few words that no registry has stand here.
#include "report/words.h"

#include <stddef.h>
#include <string.h>

#include "base/fail.h"
#include "wire/oid.h"
#include "wire/registry.h"

bool word_matches(const char *word, const char *name)
{
    size_t size = strlen(word), length = strlen(name);
    bool before = size != 0 && word[0] == '*', after = size > 1 && word[size - 1] == '*';
    size_t fixed = size - before - after;
    word += before;
    if (fixed > length)
        return false;
    if (!before && !after)
        return strcmp(word, name) == 0;
    if (!before)
        return memcmp(word, name, fixed) == 0;
    if (!after)
        return memcmp(word, name + length - fixed, fixed) == 0;
    for (size_t i = 0; i + fixed <= length; i++)
        if (memcmp(word, name + i, fixed) == 0)
            return true;
    return false;
}

static bool is_name(const char *word, const char *name) { return name[0] != '\0' && word_matches(word, name); }

static bool in_list(const char *word, const char *const *list)
{
    for (; *list != NULL; list++)
        if (word_matches(word, *list))
            return true;
    return false;
}

static bool in_suites(enum vocabulary vocabulary, const char *word)
{
    for (size_t i = 0; i < suite_count(); i++) {
        const struct suite *suite = suite_at(i);
        const char *name = vocabulary == WORDS_SUITE            ? suite->name
                           : vocabulary == WORDS_KEY_EXCHANGE   ? suite->key_exchange
                           : vocabulary == WORDS_AUTHENTICATION ? suite->authentication
                           : vocabulary == WORDS_CIPHER         ? suite->cipher
                                                                : suite->mac;
        if (is_name(word, name))
            return true;
    }
    return false;
}

static bool in_groups(const char *word)
{
    for (size_t i = 0; i < group_count(); i++)
        if (is_name(word, group_at(i)->name))
            return true;
    return false;
}

static bool in_schemes(enum vocabulary vocabulary, const char *word)
{
    for (size_t i = 0; i < scheme_count(); i++) {
        const struct scheme *scheme = scheme_at(i);
        const char *name = vocabulary == WORDS_SCHEME      ? scheme->name
                           : vocabulary == WORDS_SIGNATURE ? scheme->signature
                                                           : scheme->hash;
        if (is_name(word, name))
            return true;
    }
    return false;
}

static bool in_oids(enum oid_kind kind, const char *word)
{
    size_t count;
    const struct oid_row *rows = oid_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind == kind && is_name(word, rows[i].name))
            return true;
    return false;
}

static const char *const versions[] = {"SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3", NULL};
static const char *const group_kinds[] = {"ecdhe", "ffdhe", "kem", "hybrid", "gost", "explicit", "unknown", NULL};
static const char *const key_usages[] = {
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly",     NULL};
static const char *const verdicts[] = {"yes", "no", NULL};
static const char *const preferences[] = {"server", "client",       "server_chacha_by_client",
                                          "single", "inconsistent", NULL};
static const char *const recommendations[] = {"Y", "N", "D", NULL};
static const char *const other_curves[] = {"explicit", "implicit", NULL};
static const char *const other_hashes[] = {"MD2", "MD4", "MD5", "SHA1", "RIPEMD160", "SHAKE128", "SHAKE256", NULL};

bool word_known(enum vocabulary vocabulary, const char *word)
{
    switch (vocabulary) {
    case WORDS_ANY:
        return true;
    case WORDS_VERSION:
        return in_list(word, versions);
    case WORDS_SUITE:
    case WORDS_KEY_EXCHANGE:
    case WORDS_AUTHENTICATION:
    case WORDS_CIPHER:
    case WORDS_MAC:
        return in_suites(vocabulary, word);
    case WORDS_GROUP:
        return in_groups(word);
    case WORDS_GROUP_KIND:
        return in_list(word, group_kinds);
    case WORDS_SCHEME:
    case WORDS_SIGNATURE:
        return in_schemes(vocabulary, word);
    case WORDS_HASH:
        return in_schemes(vocabulary, word) || in_oids(OID_HASH, word) || in_list(word, other_hashes);
    case WORDS_KEY_TYPE:
        return in_oids(OID_KEY, word) || strcmp(word, "SM2") == 0;
    case WORDS_CURVE:
        return in_oids(OID_CURVE, word) || in_list(word, other_curves);
    case WORDS_SIGNATURE_ALGORITHM:
        return in_oids(OID_SIGNATURE, word) || word_matches(word, "RSASSA-PSS-SHA1") ||
               word_matches(word, "RSASSA-PSS-SHA256") || word_matches(word, "RSASSA-PSS-SHA384") ||
               word_matches(word, "RSASSA-PSS-SHA512");
    case WORDS_KEY_USAGE:
        return in_list(word, key_usages);
    case WORDS_PURPOSE:
        return in_oids(OID_PURPOSE, word);
    case WORDS_VERDICT:
        return in_list(word, verdicts);
    case WORDS_PREFERENCE:
        return in_list(word, preferences);
    case WORDS_RECOMMENDED:
        return in_list(word, recommendations);
    }
    bug("a vocabulary that does not exist");
}

const char *word_kind(enum vocabulary vocabulary)
{
    static const char *const kinds[] = {
        [WORDS_ANY] = "text",
        [WORDS_VERSION] = "version",
        [WORDS_SUITE] = "cipher suite",
        [WORDS_KEY_EXCHANGE] = "key exchange",
        [WORDS_AUTHENTICATION] = "authentication",
        [WORDS_CIPHER] = "cipher",
        [WORDS_MAC] = "MAC",
        [WORDS_GROUP] = "group",
        [WORDS_GROUP_KIND] = "kind of group",
        [WORDS_SCHEME] = "signature scheme",
        [WORDS_SIGNATURE] = "signature",
        [WORDS_HASH] = "hash",
        [WORDS_KEY_TYPE] = "type of key",
        [WORDS_CURVE] = "curve",
        [WORDS_SIGNATURE_ALGORITHM] = "signature algorithm",
        [WORDS_KEY_USAGE] = "key usage",
        [WORDS_PURPOSE] = "extended key usage",
        [WORDS_VERDICT] = "verdict",
        [WORDS_PREFERENCE] = "order",
        [WORDS_RECOMMENDED] = "recommendation",
    };
    return kinds[vocabulary];
}
