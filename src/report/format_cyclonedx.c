// SPDX-License-Identifier: Apache-2.0
//
// CycloneDX 1.6, an inventory of cryptography (CBOM): each address is a service; the versions that it speaks,
// with their suites, the certificates that it shows, their keys, and the algorithms of all these are
// components. An algorithm and a certificate stand once, whoever has them. Only what is accepted is here;
// that something is not here says nothing where a list is not whole, which the service's properties tell.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/asset.h"
#include "report/tree.h"
#include "report/view.h"
#include "shakedown.h"

struct cyclonedx {
    struct spool services, dependencies;
    bool any_component, any_service, any_dependency;
    size_t endpoints;
    uint64_t *seen; // malloc'd: hashes of the references of components, 0: free; twice as many as there are at least
    size_t seen_count, seen_size;
    const char *timestamp; // of the first report, or NULL
};

// --- references ------------------------------------------------------------------------------------

static bool place(uint64_t *seen, size_t size, uint64_t hash)
{
    size_t at = (size_t)hash & (size - 1);
    while (seen[at] != 0 && seen[at] != hash)
        at = (at + 1) & (size - 1);
    bool fresh = seen[at] == 0;
    seen[at] = hash;
    return fresh;
}

static void make_room(struct cyclonedx *bom)
{
    if (2 * bom->seen_count < bom->seen_size)
        return;
    size_t size = bom->seen_size == 0 ? 256 : 2 * bom->seen_size;
    uint64_t *larger = calloc(size, sizeof *larger);
    if (larger == NULL)
        die("out of memory");
    for (size_t i = 0; i < bom->seen_size; i++)
        if (bom->seen[i] != 0)
            place(larger, size, bom->seen[i]);
    free(bom->seen);
    bom->seen = larger;
    bom->seen_size = size;
}

// Whether a component has to be written: it was not before.
static bool is_new(struct cyclonedx *bom, const char *reference)
{
    make_room(bom);
    bool fresh = place(bom->seen, bom->seen_size, bytes_hash(bytes_of_text(reference)) | 1);
    bom->seen_count += fresh;
    return fresh;
}

// References are unique in their lists.
static void refer(struct rendering *rendering, json_t *list, const char *reference)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), reference) == 0)
            return;
    tree_add(list, tree_text(&rendering->scratch, reference));
}

static void put_component(struct rendering *rendering, const char *reference, const char *name, json_t *properties)
{
    struct cyclonedx *bom = rendering->state;
    json_t *component = tree_object();
    tree_set(component, "type", tree_text(&rendering->scratch, "cryptographic-asset"));
    tree_set(component, "bom-ref", tree_text(&rendering->scratch, reference));
    tree_set(component, "name", tree_text(&rendering->scratch, name));
    tree_set(component, "cryptoProperties", properties);
    if (bom->any_component)
        rendering_put(rendering, ",\n");
    bom->any_component = true;
    rendering_put_json(rendering, component);
}

// Takes the list over.
static void put_dependency(struct rendering *rendering, const char *reference, json_t *list)
{
    struct cyclonedx *bom = rendering->state;
    json_t *dependency = tree_object();
    tree_set(dependency, "ref", tree_text(&rendering->scratch, reference));
    tree_set(dependency, "dependsOn", list);
    rendering_divert(rendering, &bom->dependencies);
    if (bom->any_dependency)
        rendering_put(rendering, ",\n");
    bom->any_dependency = true;
    rendering_put_json(rendering, dependency);
    rendering_divert(rendering, NULL);
}

// --- algorithms ------------------------------------------------------------------------------------

// Refers to an algorithm, and writes it where that has not been done. Takes the properties over.
static void use_algorithm(struct rendering *rendering, json_t *list, const char *kind, const char *name,
                          json_t *described)
{
    const char *reference = arena_text(&rendering->scratch, "algorithm/%s/%s", kind, name);
    refer(rendering, list, reference);
    if (!is_new(rendering->state, reference)) {
        json_decref(described);
        return;
    }
    json_t *properties = tree_object();
    tree_set(properties, "assetType", tree_text(&rendering->scratch, "algorithm"));
    tree_set(properties, "algorithmProperties", described);
    put_component(rendering, reference, name, properties);
}

static bool is_named(const char *text) { return text != NULL && text[0] != '\0' && strcmp(text, "any") != 0; }

static json_t *use_suite(struct rendering *rendering, const json_t *suite, json_t *uses)
{
    json_t *algorithms = tree_list();
    const char *cipher = rendering_text(rendering, suite, "cipher"), *mac = rendering_text(rendering, suite, "mac");
    const char *exchange = rendering_text(rendering, suite, "key_exchange");
    const char *authentication = rendering_text(rendering, suite, "authentication");
    if (is_named(cipher))
        use_algorithm(rendering, algorithms, "cipher", cipher, asset_cipher(rendering, suite));
    if (is_named(mac) && strcmp(mac, "AEAD") != 0 && strcmp(mac, "NULL") != 0)
        use_algorithm(rendering, algorithms, "mac", mac, asset_mac(rendering, mac));
    if (is_named(exchange))
        use_algorithm(rendering, algorithms, "key-exchange", exchange, asset_key_exchange(rendering, exchange));
    if (is_named(authentication) && strcmp(authentication, "anon") != 0)
        use_algorithm(rendering, algorithms, "signature", authentication, asset_signature(rendering, authentication));
    for (size_t i = 0; i < json_array_size(algorithms); i++)
        refer(rendering, uses, json_string_value(json_array_get(algorithms, i)));
    return algorithms;
}

// "0xC02F" as "0xC0", "0x2F".
static json_t *identifiers(struct rendering *rendering, const char *code)
{
    json_t *list = tree_list();
    for (code += 2; code[0] != '\0' && code[1] != '\0'; code += 2)
        tree_add(list, tree_text(&rendering->scratch, arena_text(&rendering->scratch, "0x%.2s", code)));
    return list;
}

// Those of a version that is written like that in the lists of groups and schemes: TLSv1.2 stands for all up to it.
static bool stands_for(const json_t *row, const char *version)
{
    if (strncmp(version, "TLSv", 4) != 0)
        return false;
    const char *written = strcmp(version, "TLSv1.3") == 0 ? version : "TLSv1.2";
    const json_t *list = json_object_get(row, "versions");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text != NULL && strcmp(text, written) == 0)
            return true;
    }
    return false;
}

static void use_groups(struct rendering *rendering, const json_t *endpoint, const char *version, json_t *uses)
{
    bool chooses = strcmp(version, "TLSv1.2") == 0 || strcmp(version, "TLSv1.3") == 0; // older ones have no schemes
    const json_t *groups = json_object_get(endpoint, "groups"),
                 *schemes = json_object_get(endpoint, "signature_schemes");
    for (size_t i = 0; i < view_count(groups); i++) {
        const json_t *group = json_array_get(groups, i);
        const char *name = rendering_text(rendering, group, "name");
        if (name != NULL && stands_for(group, version))
            use_algorithm(rendering, uses, "group", name, asset_group(rendering, group));
    }
    for (size_t i = 0; i < view_count(schemes); i++) {
        const json_t *scheme = json_array_get(schemes, i);
        const char *name = rendering_text(rendering, scheme, "name");
        if (name != NULL && chooses && stands_for(scheme, version))
            use_algorithm(rendering, uses, "signature", name, asset_signature(rendering, name));
    }
}

// --- protocols -------------------------------------------------------------------------------------

static json_t *suites(struct rendering *rendering, const json_t *endpoint, const char *version, json_t *uses)
{
    const json_t *rows = json_object_get(endpoint, "cipher_suites");
    json_t *list = tree_list();
    for (size_t i = 0; i < view_count(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *name = rendering_text(rendering, row, "name"), *code = rendering_text(rendering, row, "code");
        if (!view_is(row, "version", version) || name == NULL)
            continue;
        json_t *suite = tree_object();
        tree_set(suite, "name", tree_text(&rendering->scratch, name));
        tree_set(suite, "algorithms", use_suite(rendering, row, uses));
        if (code != NULL && strncmp(code, "0x", 2) == 0)
            tree_set(suite, "identifiers", identifiers(rendering, code));
        tree_add(list, suite);
    }
    return list;
}

// SSL is none of the protocols that the format has a word for.
static const char *protocol_version(const char *version, bool *tls)
{
    *tls = strncmp(version, "TLSv", 4) == 0;
    return *tls ? version + 4 : strncmp(version, "SSLv", 4) == 0 ? version + 4 : version;
}

static void put_protocol(struct rendering *rendering, const json_t *endpoint, const char *version, json_t *used)
{
    struct cyclonedx *bom = rendering->state;
    const char *reference = arena_text(&rendering->scratch, "protocol/%zu/%s", bom->endpoints, version);
    json_t *protocol = tree_object(), *properties = tree_object(), *uses = tree_list(), *direct = tree_list();
    bool tls;
    if (!is_new(bom, reference)) {
        json_decref(protocol);
        json_decref(properties);
        json_decref(uses);
        json_decref(direct);
        return;
    }
    const char *number = protocol_version(version, &tls);
    tree_set(protocol, "type", tree_text(&rendering->scratch, tls ? "tls" : "other"));
    tree_set(protocol, "version", tree_text(&rendering->scratch, number));
    tree_set(protocol, "cipherSuites", suites(rendering, endpoint, version, uses));
    use_groups(rendering, endpoint, version, direct);
    for (size_t i = 0; i < json_array_size(direct); i++)
        refer(rendering, uses, json_string_value(json_array_get(direct, i)));
    tree_set(protocol, "cryptoRefArray", direct);
    tree_set(properties, "assetType", tree_text(&rendering->scratch, "protocol"));
    tree_set(properties, "protocolProperties", protocol);
    put_component(rendering, reference, version, properties);
    put_dependency(rendering, reference, uses);
    refer(rendering, used, reference);
}

static void put_protocols(struct rendering *rendering, const json_t *endpoint, json_t *used)
{
    const json_t *versions = json_object_get(endpoint, "versions");
    for (size_t i = 0; i < view_count(versions); i++) {
        const json_t *row = json_array_get(versions, i);
        const char *version = json_string_value(json_object_get(row, "version"));
        if (version != NULL && strlen(version) < 64 && view_is(row, "verdict", "yes"))
            put_protocol(rendering, endpoint, version, used);
    }
}

// --- certificates ----------------------------------------------------------------------------------

static void set_member(struct rendering *rendering, json_t *object, const char *key, const json_t *row,
                       const char *member)
{
    const char *text = rendering_text(rendering, row, member);
    if (text != NULL)
        tree_set(object, key, tree_text(&rendering->scratch, text));
}

// A time that is one; others would be against the schema.
static void set_time(struct rendering *rendering, json_t *object, const char *key, const json_t *row,
                     const char *member)
{
    const char *text = json_string_value(json_object_get(row, member));
    int64_t seconds;
    if (text != NULL && text_to_time(text, &seconds))
        tree_set(object, key, tree_text(&rendering->scratch, text_time(&rendering->scratch, seconds)));
}

// The key of a certificate as material of its own; its reference, or NULL.
static const char *use_key(struct rendering *rendering, const json_t *certificate)
{
    const json_t *key = json_object_get(certificate, "key");
    const char *digest = rendering_text(rendering, certificate, "public_key_sha256"),
               *type = rendering_text(rendering, key, "type");
    if (digest == NULL || type == NULL)
        return NULL;
    const char *reference = arena_text(&rendering->scratch, "key/%s", digest),
               *curve = rendering_text(rendering, key, "curve");
    const char *name = curve != NULL ? arena_text(&rendering->scratch, "%s %s", type, curve)
                                     : arena_text(&rendering->scratch, "%s %" PRId64, type, view_number(key, "bits"));
    if (!is_new(rendering->state, reference))
        return reference;
    json_t *algorithm = tree_list(), *material = tree_object(), *properties = tree_object();
    use_algorithm(rendering, algorithm, "key", name, asset_key(rendering, key));
    tree_set(material, "type", tree_text(&rendering->scratch, "public-key"));
    tree_set(material, "id", tree_text(&rendering->scratch, digest));
    if (view_number(key, "bits") > 0)
        tree_set(material, "size", tree_integer(view_number(key, "bits")));
    tree_set(material, "algorithmRef", json_incref(json_array_get(algorithm, 0)));
    tree_set(properties, "assetType", tree_text(&rendering->scratch, "related-crypto-material"));
    tree_set(properties, "relatedCryptoMaterialProperties", material);
    put_component(rendering, reference, name, properties);
    put_dependency(rendering, reference, algorithm);
    return reference;
}

static void put_certificate(struct rendering *rendering, const json_t *certificate, json_t *used)
{
    const char *digest = rendering_text(rendering, certificate, "fingerprint_sha256");
    const char *subject = rendering_text(rendering, certificate, "subject");
    const char *signature = rendering_text(rendering, certificate, "signature_algorithm");
    if (digest == NULL)
        return;
    const char *reference = arena_text(&rendering->scratch, "certificate/%s", digest);
    refer(rendering, used, reference);
    if (!is_new(rendering->state, reference))
        return;
    json_t *described = tree_object(), *properties = tree_object(), *uses = tree_list();
    set_member(rendering, described, "subjectName", certificate, "subject");
    set_member(rendering, described, "issuerName", certificate, "issuer");
    set_time(rendering, described, "notValidBefore", certificate, "not_before");
    set_time(rendering, described, "notValidAfter", certificate, "not_after");
    if (signature != NULL) {
        use_algorithm(rendering, uses, "signature", signature, asset_signature(rendering, signature));
        tree_set(described, "signatureAlgorithmRef", json_incref(json_array_get(uses, 0)));
    }
    const char *key = use_key(rendering, certificate);
    if (key != NULL) {
        refer(rendering, uses, key);
        tree_set(described, "subjectPublicKeyRef", tree_text(&rendering->scratch, key));
    }
    tree_set(described, "certificateFormat", tree_text(&rendering->scratch, "X.509"));
    tree_set(properties, "assetType", tree_text(&rendering->scratch, "certificate"));
    tree_set(properties, "certificateProperties", described);
    put_component(rendering, reference, subject == NULL || subject[0] == '\0' ? digest : subject, properties);
    put_dependency(rendering, reference, uses);
}

static void put_certificates(struct rendering *rendering, const json_t *endpoint, json_t *used)
{
    const json_t *chains = json_object_get(endpoint, "certificates");
    for (size_t i = 0; i < view_count(chains); i++) {
        const json_t *chain = json_object_get(json_array_get(chains, i), "chain");
        for (size_t k = 0; k < view_count(chain); k++)
            put_certificate(rendering, json_array_get(chain, k), used);
    }
}

// --- services --------------------------------------------------------------------------------------

static void add_property(struct rendering *rendering, json_t *list, const char *name, const char *value)
{
    if (value == NULL)
        return;
    json_t *property = tree_object();
    tree_set(property, "name", tree_text(&rendering->scratch, arena_text(&rendering->scratch, "shakedown:%s", name)));
    tree_set(property, "value", tree_text(&rendering->scratch, value));
    tree_add(list, property);
}

static void put_service(struct rendering *rendering, const json_t *report, const json_t *endpoint)
{
    struct cyclonedx *bom = rendering->state;
    json_t *service = tree_object(), *properties = tree_list(), *used = tree_list();
    const char *reference = arena_text(&rendering->scratch, "endpoint/%zu", ++bom->endpoints);
    put_protocols(rendering, endpoint, used);
    put_certificates(rendering, endpoint, used);
    tree_set(service, "bom-ref", tree_text(&rendering->scratch, reference));
    tree_set(service, "name", tree_text(&rendering->scratch, rendering_target(rendering, report)));
    add_property(rendering, properties, "address", rendering_text(rendering, endpoint, "address"));
    add_property(rendering, properties, "status", rendering_text(rendering, endpoint, "status"));
    add_property(
        rendering, properties, "reason",
        rendering_text(rendering, endpoint == NULL ? report : endpoint, endpoint == NULL ? "trouble" : "reason"));
    add_property(rendering, properties, "scanned", rendering_text(rendering, report, "started"));
    tree_set(service, "properties", properties);
    rendering_divert(rendering, &bom->services);
    if (bom->any_service)
        rendering_put(rendering, ",\n");
    bom->any_service = true;
    rendering_put_json(rendering, service);
    rendering_divert(rendering, NULL);
    put_dependency(rendering, reference, used);
}

static void add(struct rendering *rendering, struct report *report)
{
    struct cyclonedx *bom = rendering->state;
    const json_t *endpoints = json_object_get(report->tree, "endpoints");
    const char *now = json_string_value(json_object_get(report->tree, "now"));
    int64_t seconds;
    if (bom->timestamp == NULL && now != NULL && text_to_time(now, &seconds))
        bom->timestamp = text_time(&rendering->memory, seconds);
    for (size_t i = 0; i < view_count(endpoints); i++)
        put_service(rendering, report->tree, json_array_get(endpoints, i));
    if (view_count(endpoints) == 0)
        put_service(rendering, report->tree, NULL);
}

static void begin(struct rendering *rendering)
{
    rendering_put(rendering,
                  "{\"$schema\":\"http://cyclonedx.org/schema/bom-1.6.schema.json\",\"bomFormat\":\"CycloneDX\","
                  "\"specVersion\":\"1.6\",\"version\":1,\"components\":[\n");
}

static void end(struct rendering *rendering)
{
    struct cyclonedx *bom = rendering->state;
    rendering_put(rendering, "],\n\"services\":[\n");
    rendering_recall(rendering, &bom->services);
    rendering_put(rendering, "],\n\"dependencies\":[\n");
    rendering_recall(rendering, &bom->dependencies);
    rendering_put(rendering, "],\n\"metadata\":{");
    if (bom->timestamp != NULL)
        rendering_print(rendering, "\"timestamp\":\"%s\",", bom->timestamp);
    rendering_put(
        rendering,
        "\"tools\":{\"components\":[{\"type\":\"application\",\"name\":\"shakedown\",\"version\":\"" SHAKEDOWN_VERSION
        "\"}]}}}\n");
    free(bom->seen);
}

const struct format_view format_cyclonedx = {sizeof(struct cyclonedx), begin, add, end};
