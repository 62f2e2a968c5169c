// SPDX-License-Identifier: Apache-2.0
//
// The store is one X509_STORE without lookups, filled when it is opened: OpenSSL's own directory
// lookup would read files by subject hash in the middle of a scan. Verifying sets every parameter
// itself, so that openssl.cnf and the distribution's defaults do not change a verdict.
#include "wire/trust.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/distinguished.h"
#include "wire/keys.h"

#define KEPT           64
#define CANDIDATES     100 // certificates of a chain that are looked at
#define LONGEST_PATH   20  // intermediates
#define SECURITY_LEVEL 2   // 112 bits: RSA 2048, P-224, SHA-224; what public CAs must keep since 2014

// One file read, so that the many links of a hashed directory are read once.
struct seen {
    dev_t device;
    ino_t inode;
};

// ... and one root.
struct root {
    uint8_t digest[32];
};

// A peer's certificate that was decoded, each in the place that its digest tells.
struct decoded {
    uint8_t digest[32];
    X509 *certificate;
};

struct trust_store {
    X509_STORE *roots;
    char *name;
    size_t size;
    struct seen *files; // only while loading
    size_t file_count;
    struct root *seen_roots; // likewise
    size_t root_count;
    struct decoded *decoded; // KEPT of them
};

// --- loading ---------------------------------------------------------------------------------------

// Room for one more row; it doubles each time that count is a power of two.
static void *enlarge(void *rows, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return rows;
    rows = realloc(rows, (count == 0 ? 1 : 2 * count) * size);
    if (rows == NULL)
        die("out of memory");
    return rows;
}

static bool first_time(struct trust_store *store, const struct stat *status)
{
    for (size_t i = 0; i < store->file_count; i++)
        if (store->files[i].device == status->st_dev && store->files[i].inode == status->st_ino)
            return false;
    store->files = enlarge(store->files, store->file_count, sizeof *store->files);
    store->files[store->file_count++] = (struct seen){status->st_dev, status->st_ino};
    return true;
}

// Whether these octets were not loaded before: libcrypto would find that out too, but only once it
// has decoded the key, which is what takes the time. Distributions repeat each root in a bundle.
static bool new_root(struct trust_store *store, struct bytes der)
{
    struct root root = {{0}};
    digest_sha256(der, root.digest);
    for (size_t i = 0; i < store->root_count; i++)
        if (memcmp(store->seen_roots[i].digest, root.digest, sizeof root.digest) == 0)
            return false;
    store->seen_roots = enlarge(store->seen_roots, store->root_count, sizeof root);
    store->seen_roots[store->root_count++] = root;
    return true;
}

static bool is_certificate(const char *name)
{
    return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0 ||
           strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
}

static void load_root(struct trust_store *store, struct bytes der)
{
    const unsigned char *next = der.data;
    X509 *certificate = der.size > INT_MAX || !new_root(store, der) ? NULL : d2i_X509_AUX(NULL, &next, (long)der.size);
    if (certificate != NULL && X509_STORE_add_cert(store->roots, certificate) != 1)
        die("out of memory");
    X509_free(certificate);
}

// The next PEM block of a file. One with a header is encrypted, which no certificate is. False:
// there is none.
static bool load_block(struct trust_store *store, FILE *file)
{
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    long size = 0;
    bool read = PEM_read(file, &name, &header, &data, &size) == 1;
    bool more = read || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
    if (read && header[0] == '\0' && is_certificate(name))
        load_root(store, (struct bytes){data, (size_t)size});
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    ERR_clear_error();
    return more && !feof(file) && !ferror(file);
}

// Every certificate of one PEM file, "TRUSTED CERTIFICATE" too; other blocks and broken ones are
// passed over. False: the file cannot be read.
static bool load_file(struct trust_store *store, const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &status) != 0 || S_ISDIR(status.st_mode)) {
        if (file != NULL) {
            errno = EISDIR;
            fclose(file);
        }
        return false;
    }
    bool more = first_time(store, &status);
    while (more)
        more = load_block(store, file);
    fclose(file);
    return true;
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

// Every regular file of the directory, in the order of their names. What cannot be read is passed
// over, as OpenSSL does. False: the directory cannot be read.
static bool load_directory(struct trust_store *store, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, by_name);
    if (count < 0)
        return false;
    for (int i = 0; i < count; i++) {
        char file[4096];
        struct stat status;
        int length = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        if (length > 0 && (size_t)length < sizeof file && stat(file, &status) == 0 && S_ISREG(status.st_mode))
            load_file(store, file);
        free(entries[i]);
    }
    free(entries);
    return true;
}

static size_t count_roots(const struct trust_store *store)
{
    return (size_t)sk_X509_OBJECT_num(X509_STORE_get0_objects(store->roots));
}

static bool load_given(struct trust_store *store, const char *ca_file, const char *ca_path, struct complaint *complaint)
{
    if (ca_file != NULL && !load_file(store, ca_file))
        return complain(complaint, "cannot read the CA file %s: %s", ca_file, strerror(errno));
    size_t from_file = count_roots(store);
    if (ca_file != NULL && from_file == 0)
        return complain(complaint, "the CA file %s holds no certificate", ca_file);
    if (ca_path == NULL)
        return true;
    size_t files = store->file_count;
    if (!load_directory(store, ca_path))
        return complain(complaint, "cannot read the CA directory %s: %s", ca_path, strerror(errno));
    if (count_roots(store) == 0 || (from_file == count_roots(store) && store->file_count == files))
        return complain(complaint, "the CA directory %s holds no certificate", ca_path);
    return true;
}

// OpenSSL's defaults; the directory may be several with ':' between them. None of them need exist.
static void load_system(struct trust_store *store)
{
    const char *file = getenv(X509_get_default_cert_file_env());
    const char *path = getenv(X509_get_default_cert_dir_env());
    char *paths = strdup(path != NULL ? path : X509_get_default_cert_dir());
    if (paths == NULL)
        die("out of memory");
    load_file(store, file != NULL ? file : X509_get_default_cert_file());
    char *rest = paths;
    for (char *one = strsep(&rest, ":"); one != NULL; one = strsep(&rest, ":"))
        if (one[0] != '\0')
            load_directory(store, one);
    free(paths);
}

static char *store_name(const char *ca_file, const char *ca_path)
{
    char *name = NULL;
    if (asprintf(&name, "%s%s%s", ca_file != NULL ? ca_file : "", ca_file != NULL && ca_path != NULL ? " + " : "",
                 ca_path != NULL ? ca_path : "") < 0)
        die("out of memory");
    if (name[0] == '\0') {
        free(name);
        name = strdup("system");
    }
    return name;
}

struct trust_store *trust_open(const char *ca_file, const char *ca_path, struct complaint *complaint)
{
    struct trust_store *store = calloc(1, sizeof *store);
    if (store == NULL || (store->roots = X509_STORE_new()) == NULL ||
        (store->decoded = calloc(KEPT, sizeof *store->decoded)) == NULL ||
        (store->name = store_name(ca_file, ca_path)) == NULL)
        die("out of memory");
    bool loaded = true;
    if (ca_file == NULL && ca_path == NULL)
        load_system(store);
    else
        loaded = load_given(store, ca_file, ca_path, complaint);
    free(store->files);
    free(store->seen_roots);
    store->files = NULL;
    store->seen_roots = NULL;
    store->size = count_roots(store);
    if (!loaded) {
        trust_close(store);
        return NULL;
    }
    return store;
}

void trust_close(struct trust_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < KEPT; i++)
        X509_free(store->decoded[i].certificate);
    X509_STORE_free(store->roots);
    free(store->decoded);
    free(store->name);
    free(store);
}

const char *trust_name(const struct trust_store *store) { return store->name; }
size_t trust_size(const struct trust_store *store) { return store->size; }

// --- reasons ---------------------------------------------------------------------------------------

static const struct {
    int error;
    const char *reason;
} reasons[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "not_yet_valid"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self_signed"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown_issuer"},
    {X509_V_ERR_CERT_UNTRUSTED, "unknown_issuer"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "weak_signature"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "weak_key"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "weak_key"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "bad_signature"},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "bad_signature"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, "bad_signature"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY, "bad_signature"},
    {X509_V_ERR_PERMITTED_VIOLATION, "name_constraint"},
    {X509_V_ERR_EXCLUDED_VIOLATION, "name_constraint"},
    {X509_V_ERR_SUBTREE_MINMAX, "name_constraint"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, "name_constraint"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, "name_constraint"},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, "name_constraint"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "path_length"},
    {X509_V_ERR_INVALID_PURPOSE, "wrong_usage"},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "critical_extension"},
    {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "explicit_parameters"},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, "policy"},
    {X509_V_ERR_NO_EXPLICIT_POLICY, "policy"},
    {X509_V_ERR_INVALID_CA, "invalid_ca"},
    {X509_V_ERR_INVALID_NON_CA, "invalid_ca"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "invalid_ca"},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "unsupported"},
    {X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM, "unsupported"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "unparseable"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "unparseable"},
    {X509_V_ERR_INVALID_EXTENSION, "unparseable"},
};

static const char *reason_of(int error)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].error == error)
            return reasons[i].reason;
    return "other";
}

static bool issuer_missing(int error)
{
    return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

// --- verifying -------------------------------------------------------------------------------------

static const char *subject_text(struct arena *arena, X509 *certificate)
{
    const unsigned char *der = NULL;
    size_t size = 0;
    const char *text = NULL;
    if (certificate != NULL && X509_NAME_get0_der(X509_get_subject_name(certificate), &der, &size) == 1)
        text = distinguished_text(arena, (struct bytes){der, size});
    return text == NULL ? "a certificate whose name is malformed" : text[0] == '\0' ? "(no subject)" : text;
}

static struct strings path_text(struct arena *arena, STACK_OF(X509) * path)
{
    int count = path == NULL ? 0 : sk_X509_num(path);
    const char **text = arena_array(arena, (size_t)count, sizeof *text);
    for (int i = 0; i < count; i++)
        text[i] = subject_text(arena, sk_X509_value(path, i));
    return (struct strings){text, (size_t)count};
}

static void undecided(struct trust_result *out, const char *reason, const char *sentence)
{
    *out = (struct trust_result){.reason = reason, .sentence = sentence};
}

static X509 *decode_new(struct bytes der)
{
    const unsigned char *next = der.data;
    X509 *certificate = der.size == 0 || der.size > 0x7fffffff ? NULL : d2i_X509(NULL, &next, (long)der.size);
    ERR_clear_error();
    return certificate;
}

// The addresses of a name, and many names, show the same certificates.
static X509 *decode(const struct trust_store *store, struct bytes der)
{
    uint8_t digest[32];
    digest_sha256(der, digest);
    struct decoded *kept = &store->decoded[digest[0] % KEPT];
    if (kept->certificate == NULL || memcmp(kept->digest, digest, sizeof digest) != 0) {
        X509_free(kept->certificate);
        kept->certificate = decode_new(der);
        memcpy(kept->digest, digest, sizeof digest);
    }
    if (kept->certificate != NULL)
        X509_up_ref(kept->certificate);
    return kept->certificate;
}

// The parameters, each of them on purpose. Not set: PARTIAL_CHAIN (an intermediate in the store is
// no anchor), X509_STRICT (it refuses what no client refuses; lint tells such things), the CRL flags
// (another check's question), CHECK_SS_SIGNATURE (a root is trusted for being there).
static void set_parameters(X509_STORE_CTX *context, int64_t now, bool policies)
{
    X509_VERIFY_PARAM *parameters = X509_VERIFY_PARAM_new();
    if (parameters == NULL)
        die("out of memory");
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_TRUSTED_FIRST); // a root in the store beats a cross-sign sent
    if (policies)
        X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_POLICY_CHECK);
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_trust(parameters, X509_TRUST_SSL_SERVER);
    X509_VERIFY_PARAM_set_depth(parameters, LONGEST_PATH);
    X509_VERIFY_PARAM_set_auth_level(parameters, SECURITY_LEVEL);
    X509_VERIFY_PARAM_set_time(parameters, (time_t)now);
    X509_STORE_CTX_set0_param(context, parameters);
}

// Policies decide only where a certificate says so (RFC 5280 section 4.2.1.11); and before 3.0.9
// their tree could grow without bound (CVE-2023-0464).
static bool requires_policies(X509 *leaf, STACK_OF(X509) * others)
{
    bool required = X509_get_ext_by_NID(leaf, NID_policy_constraints, -1) >= 0;
    for (int i = 0; i < sk_X509_num(others); i++)
        required = required || X509_get_ext_by_NID(sk_X509_value(others, i), NID_policy_constraints, -1) >= 0;
    return required && OpenSSL_version_num() >= 0x30000090L;
}

// Why a certificate cannot take part in a path, or NULL.
static const char *unreadable(X509 *certificate)
{
    if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0)
        return "unparseable";
    return X509_get0_pubkey(certificate) == NULL ? "unsupported" : NULL;
}

// The issuer may have been sent, but in a shape that libcrypto passes over without a word.
static const char *unreadable_issuer(X509_STORE_CTX *context, X509 *child)
{
    STACK_OF(X509) *others = X509_STORE_CTX_get0_untrusted(context);
    const char *why = NULL;
    for (int i = 0; i < sk_X509_num(others) && why == NULL; i++)
        if (X509_NAME_cmp(X509_get_subject_name(sk_X509_value(others, i)), X509_get_issuer_name(child)) == 0)
            why = unreadable(sk_X509_value(others, i));
    return why;
}

// What kept libcrypto from deciding, or NULL. It calls keys and signatures too weak whose algorithm
// it does not know, and finds no issuer where it cannot read one of the two.
static const char *obstacle(X509_STORE_CTX *context, int error, X509 *at)
{
    bool known_signature = X509_get_signature_info(at, NULL, NULL, NULL, NULL) == 1;
    bool known_key = X509_get0_pubkey(at) != NULL;
    switch (error) {
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
        return known_key ? NULL : "unsupported";
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return known_signature ? NULL : "unsupported";
    default:
        if (!issuer_missing(error))
            return NULL;
        if (!known_signature)
            return "unsupported";
        return unreadable(at) != NULL ? unreadable(at) : unreadable_issuer(context, at);
    }
}

static const char *decide(X509_STORE_CTX *context, int error, X509 *at, bool all_read, size_t path_length)
{
    const char *reason = obstacle(context, error, at);
    if (reason != NULL)
        return reason;
    if (!issuer_missing(error))
        return reason_of(error);
    if (!all_read)
        return "unparseable";
    return path_length == 1 ? "incomplete_chain" : "unknown_issuer";
}

static void tell(struct arena *arena, X509_STORE_CTX *context, bool all_read, struct trust_result *out)
{
    int error = X509_STORE_CTX_get_error(context);
    X509 *at = X509_STORE_CTX_get_current_cert(context);
    if (at == NULL)
        at = X509_STORE_CTX_get0_cert(context);
    out->reason = decide(context, error, at, all_read, out->path.count);
    out->known = strcmp(out->reason, "unsupported") != 0 && strcmp(out->reason, "unparseable") != 0;
    out->sentence = arena_text(arena, "%s \"%s\" at %s.",
                               out->known ? "libcrypto says" : "libcrypto cannot read all of this and says",
                               X509_verify_cert_error_string(error), subject_text(arena, at));
}

static void verify(X509_STORE *roots, struct arena *arena, X509 *leaf, STACK_OF(X509) * others, bool all_read,
                   int64_t now, struct trust_result *out)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context == NULL || X509_STORE_CTX_init(context, roots, leaf, others) != 1)
        die("out of memory");
    set_parameters(context, now, requires_policies(leaf, others));
    *out = (struct trust_result){.known = true};
    out->trusted = X509_verify_cert(context) == 1;
    out->path = path_text(arena, X509_STORE_CTX_get0_chain(context));
    if (out->trusted)
        out->sentence = arena_text(arena, "The chain leads to %s.", out->path.text[out->path.count - 1]);
    else
        tell(arena, context, all_read, out);
    X509_STORE_CTX_free(context);
    ERR_clear_error();
}

void trust_verify(const struct trust_store *store, struct arena *arena, const struct bytes *chain, size_t count,
                  int64_t now, struct trust_result *out)
{
    if (store->size == 0) {
        undecided(out, "empty_store", "There is no root certificate in the store.");
        return;
    }
    X509 *leaf = count == 0 ? NULL : decode(store, chain[0]);
    if (leaf == NULL) {
        undecided(out, "unparseable", count == 0 ? "No certificate was sent." : "The leaf is unparseable.");
        return;
    }
    STACK_OF(X509) *others = sk_X509_new_null();
    bool all_read = others != NULL && count <= CANDIDATES;
    for (size_t i = 1; i < count && i < CANDIDATES; i++) {
        X509 *other = decode(store, chain[i]);
        all_read = all_read && other != NULL;
        if (other != NULL && sk_X509_push(others, other) <= 0)
            die("out of memory");
    }
    verify(store->roots, arena, leaf, others, all_read, now, out);
    sk_X509_pop_free(others, X509_free);
    X509_free(leaf);
}
