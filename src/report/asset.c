// SPDX-License-Identifier: Apache-2.0
//
// Algorithms as CycloneDX describes them. Its nistQuantumSecurityLevel is the category of NIST's call for
// post-quantum schemes: 1, 3 and 5 are as hard as to find a key of AES with 128, 192 and 256 bits, 2 and 4 as
// to find a collision of SHA-256 and SHA-384; 0 is none: what rests on factoring or discrete logarithms, and
// what is weaker than 128 bits already today. Another sound cipher has the level of its key size. Where it is
// not known there is no level: nobody has a number for RC4.
#include "report/asset.h"

#include <string.h>

#include "report/tree.h"
#include "report/view.h"

#define UNKNOWN (-1)

static void set_text(struct rendering *rendering, json_t *object, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        tree_set(object, key, tree_text(&rendering->scratch, text));
}

static json_t *described(struct rendering *rendering, const char *primitive, const char *const *functions,
                         int64_t classical, int quantum)
{
    json_t *object = tree_object(), *list = tree_list();
    set_text(rendering, object, "primitive", primitive);
    for (; *functions != NULL; functions++)
        tree_add(list, tree_text(&rendering->scratch, *functions));
    tree_set(object, "cryptoFunctions", list);
    if (classical > 0)
        tree_set(object, "classicalSecurityLevel", tree_integer(classical));
    if (quantum != UNKNOWN)
        tree_set(object, "nistQuantumSecurityLevel", tree_integer(quantum));
    return object;
}

static const char *const encrypting[] = {"encrypt", "decrypt", NULL}, *const tagging[] = {"tag", NULL};
static const char *const agreeing[] = {"keygen", "keyderive", NULL}, *const signing[] = {"sign", "verify", NULL};
static const char *const encapsulating[] = {"keygen", "encapsulate", "decapsulate", NULL};
static const char *const unsure[] = {"unknown", NULL};

static bool has(const char *text, const char *part) { return text != NULL && strstr(text, part) != NULL; }

static int level_of_bits(int64_t bits)
{
    return bits >= 256 ? 5 : bits >= 192 ? 3 : bits >= 128 ? 1 : bits > 0 ? 0 : UNKNOWN;
}

// --- ciphers ---------------------------------------------------------------------------------------

// The mode at a cipher's end: "AES-128-GCM", "AES-128-CCM-8".
static const char *mode_of(const char *cipher)
{
    static const struct {
        const char *part, *mode;
    } modes[] = {{"-GCM", "gcm"}, {"-CCM", "ccm"}, {"-CBC", "cbc"},  {"-CTR", "ctr"},
                 {"-CNT", "ctr"}, {"-CFB", "cfb"}, {"-MGM", "other"}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (has(cipher, modes[i].part))
            return modes[i].mode;
    return NULL;
}

// As hard as to find their keys, as far as is known.
static bool is_sound(const char *cipher)
{
    static const char *const beginnings[] = {"AES-",  "ARIA-",      "CAMELLIA-", "CHACHA20-", "SM4-",
                                             "SEED-", "KUZNYECHIK", "AEGIS-",    "ASCON-"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(cipher, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

json_t *asset_cipher(struct rendering *rendering, const json_t *suite)
{
    const char *cipher = rendering_text(rendering, suite, "cipher");
    int64_t strength = view_number(suite, "strength_bits"), bits = view_number(suite, "key_bits");
    const char *mode = mode_of(cipher);
    const char *primitive = view_truth(suite, "aead") ? "ae" : mode != NULL ? "block-cipher" : "stream-cipher";
    if (cipher == NULL || strcmp(cipher, "NULL") == 0)
        return described(rendering, "other", unsure, 0, 0);
    if (strength >= 128 && !is_sound(cipher))
        strength = 0;
    json_t *object = described(rendering, primitive, encrypting, strength, level_of_bits(strength));
    if (bits > 0)
        set_text(rendering, object, "parameterSetIdentifier", arena_text(&rendering->scratch, "%lld", (long long)bits));
    set_text(rendering, object, "mode", mode);
    return object;
}

json_t *asset_mac(struct rendering *rendering, const char *mac)
{
    json_t *object = described(rendering, "mac", tagging, 0, UNKNOWN);
    set_text(rendering, object, "parameterSetIdentifier", mac);
    return object;
}

// --- what a quantum computer decides ---------------------------------------------------------------

// FIPS 203, 204 and 205, by the number in the parameter set's name.
static int level_of_lattice(const char *name)
{
    static const struct {
        const char *part;
        int level;
    } levels[] = {{"1024", 5}, {"768", 3}, {"512", 1}, {"87", 5}, {"65", 3},
                  {"44", 2},   {"256", 5}, {"192", 3}, {"128", 1}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (has(name, levels[i].part))
            return levels[i].level;
    return UNKNOWN;
}

static bool is_post_quantum(const char *name)
{
    static const char *const parts[] = {"ML-DSA", "mldsa", "SLH-DSA", "slhdsa", "ML-KEM", "MLKEM", "Kyber"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (has(name, parts[i]))
            return true;
    return false;
}

static bool is_classical(const char *name)
{
    static const char *const parts[] = {"RSA",   "rsa",     "DSA",   "dsa",    "DSS",  "DH",   "EC",   "ec",  "Ed25519",
                                        "Ed448", "ed25519", "ed448", "X25519", "X448", "GOST", "gost", "SM2", "sm2"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (has(name, parts[i]))
            return true;
    return false;
}

static int level_of_name(const char *name)
{
    return is_post_quantum(name) ? level_of_lattice(name) : is_classical(name) ? 0 : UNKNOWN;
}

// --- keys ------------------------------------------------------------------------------------------

json_t *asset_key_exchange(struct rendering *rendering, const char *name)
{
    bool transport = strcmp(name, "RSA") == 0 || strcmp(name, "RSA_PSK") == 0;
    bool agreement = has(name, "DH");
    const char *primitive = transport ? "pke" : agreement ? "key-agree" : "other";
    return described(rendering, primitive,
                     transport   ? encrypting
                     : agreement ? agreeing
                                 : unsure,
                     0, transport || agreement ? 0 : UNKNOWN);
}

json_t *asset_group(struct rendering *rendering, const json_t *group)
{
    const char *name = rendering_text(rendering, group, "name");
    bool hybrid = view_is(group, "kind", "hybrid"), kem = view_is(group, "kind", "kem");
    bool curve = view_is(group, "kind", "ecdhe"), field = view_is(group, "kind", "ffdhe");
    bool known = curve || field || view_is(group, "kind", "gost");
    int level = hybrid || kem ? level_of_lattice(name) : known ? 0 : UNKNOWN;
    const char *primitive = hybrid ? "combiner" : kem ? "kem" : known ? "key-agree" : "unknown";
    json_t *object = described(rendering, primitive,
                               hybrid || kem ? encapsulating
                               : known       ? agreeing
                                             : unsure,
                               view_number(group, "strength_bits"), level);
    if (field)
        set_text(rendering, object, "parameterSetIdentifier",
                 arena_text(&rendering->scratch, "%lld", (long long)view_number(group, "field_bits")));
    set_text(rendering, object, "curve", curve ? name : NULL);
    return object;
}

json_t *asset_signature(struct rendering *rendering, const char *name)
{
    return described(rendering, "signature", signing, 0, level_of_name(name));
}

json_t *asset_key(struct rendering *rendering, const json_t *key)
{
    const char *type = rendering_text(rendering, key, "type");
    int64_t bits = view_number(key, "bits");
    bool agrees = has(type, "X25519") || has(type, "X448") || (type != NULL && strcmp(type, "DH") == 0);
    json_t *object =
        described(rendering, agrees ? "key-agree" : "signature", agrees ? agreeing : signing, 0, level_of_name(type));
    if (bits > 0)
        set_text(rendering, object, "parameterSetIdentifier", arena_text(&rendering->scratch, "%lld", (long long)bits));
    set_text(rendering, object, "curve", rendering_text(rendering, key, "curve"));
    return object;
}
