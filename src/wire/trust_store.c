// SPDX-License-Identifier: Apache-2.0
//
// The store is one X509_STORE. All files are read when it is opened: OpenSSL's own directory lookup would read them by
// subject hash in the middle of a scan. But most roots are never asked for, and decoding their keys is what takes the
// time, so those of the system are decoded when their name is looked up. Beside the roots to trust the store knows
// those of the system, so that lists of fingerprints can be asked about them.
#include "wire/trust_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/certificate.h"
#include "wire/der.h"
#include "wire/distinguished.h"
#include "wire/keys.h"
#include "wire/pem.h"

#define KEPT      64
#define READ_SIZE 16384
#define READ_MOST (1 << 20)          // at once
#define FILE_MOST (64 * 1024 * 1024) // octets: no file of certificates is longer

// Each in the place that its digest tells.
struct trust_decoded {
    uint8_t digest[32];
    X509 *certificate;
};

// One file read, so that the many links of a hashed directory are read once.
struct seen {
    dev_t device;
    ino_t inode;
};

struct loading {
    struct trust_store *store;
    bool trusted; // what is read now is to be trusted
    bool given;   // ... and was named by the user, who is told if it cannot be decoded
    struct seen *files;
    size_t file_count;
    struct arena texts;
    struct bytes *texts_from; // the texts of files, once from each certificate in them to the end, for is_repeated
    size_t text_count;
};

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

static bool first_time(struct loading *loading, const struct stat *status)
{
    for (size_t i = 0; i < loading->file_count; i++)
        if (loading->files[i].device == status->st_dev && loading->files[i].inode == status->st_ino)
            return false;
    loading->files = enlarge(loading->files, loading->file_count, sizeof *loading->files);
    loading->files[loading->file_count++] = (struct seen){status->st_dev, status->st_ino};
    return true;
}

// Whether these octets were loaded before: libcrypto would find that out too, but only once it has
// decoded the key, which is what takes the time. Distributions repeat each root in a bundle.
static bool is_loaded(const struct trust_store *store, const uint8_t digest[32])
{
    for (size_t i = 0; i < store->known_count; i++)
        if (memcmp(store->known[i].digest, digest, sizeof store->known[i].digest) == 0)
            return true;
    return false;
}

static bool is_certificate(struct bytes label)
{
    return bytes_equal(label, bytes_of_text(PEM_STRING_X509)) ||
           bytes_equal(label, bytes_of_text(PEM_STRING_X509_OLD)) ||
           bytes_equal(label, bytes_of_text(PEM_STRING_X509_TRUSTED));
}

static uint64_t hash_name(const X509_NAME *name)
{
    const unsigned char *der = NULL;
    size_t size = 0;
    if (X509_NAME_get0_der(name, &der, &size) != 1)
        size = 0;
    return distinguished_hash((struct bytes){der, size});
}

// In a "TRUSTED CERTIFICATE" trust settings follow the certificate; lists of roots know that alone.
static void decode_root(const struct trust_store *store, struct trust_root *root)
{
    const unsigned char *next = root->der.data;
    root->certificate = d2i_X509_AUX(NULL, &next, (long)root->der.size);
    if (root->certificate != NULL && root->trusted && X509_STORE_add_cert(store->roots, root->certificate) != 1)
        die("out of memory");
    free((void *)root->der.data);
    root->der = (struct bytes){NULL, 0};
    ERR_clear_error();
}

static void load_root(struct loading *loading, struct bytes der)
{
    struct trust_store *store = loading->store;
    struct bytes subject = certificate_subject(der);
    struct trust_root root = {.trusted = loading->trusted, .name = distinguished_hash(subject)};
    struct cursor cursor = cursor_of(der);
    digest_sha256(der_next(&cursor).whole, root.digest);
    if (der.size > INT_MAX || subject.size == 0 || is_loaded(store, root.digest))
        return;
    uint8_t *copy = malloc(der.size);
    if (copy == NULL)
        die("out of memory");
    memcpy(copy, der.data, der.size);
    root.der = (struct bytes){copy, der.size};
    if (loading->given)
        decode_root(store, &root);
    if (loading->given && root.certificate == NULL)
        return;
    store->known = enlarge(store->known, store->known_count, sizeof *store->known);
    store->known[store->known_count++] = root;
}

// Most files of a directory are in the bundle beside it word for word: they need not be decoded to know that.
static bool is_repeated(const struct loading *loading, struct bytes text)
{
    struct bytes begin = bytes_of_text(PEM_BEGIN);
    if (text.size <= begin.size || text.data[text.size - 1] != '\n' || memcmp(text.data, begin.data, begin.size) != 0)
        return false;
    struct bytes from = {text.data + begin.size, text.size - begin.size};
    for (size_t i = 0; i < loading->text_count; i++)
        if (loading->texts_from[i].size >= from.size && memcmp(loading->texts_from[i].data, from.data, from.size) == 0)
            return true;
    return false;
}

static void note_text(struct loading *loading, struct bytes from)
{
    loading->texts_from = enlarge(loading->texts_from, loading->text_count, sizeof *loading->texts_from);
    loading->texts_from[loading->text_count++] = from;
}

static void load_text(struct loading *loading, struct bytes text)
{
    const uint8_t *end = text.data + text.size;
    struct arena arena = {0};
    struct pem_block block;
    while (pem_next(&text, &arena, &block)) {
        if (!is_certificate(block.label))
            continue;
        load_root(loading, block.octets);
        note_text(loading, (struct bytes){block.label.data, (size_t)(end - block.label.data)});
    }
    arena_release(&arena);
}

// The whole of an open file, or more than FILE_MOST octets; what cannot be read any more is left out. expected: how
// long it seems to be.
static struct bytes read_all(int file, size_t expected, struct arena *arena)
{
    struct builder text = builder_of(arena, expected + 1); // the end is seen by reading past it
    ssize_t size;
    do {
        size_t room = text.capacity > text.size ? text.capacity - text.size : READ_SIZE;
        size = read(file, builder_place(&text, room), room);
        text.size -= room - (size > 0 ? (size_t)size : 0);
    } while (size > 0 && text.size <= FILE_MOST);
    return builder_bytes(&text);
}

// Every certificate of one PEM file, "TRUSTED CERTIFICATE" too; other blocks and broken ones are passed over. False: it
// is too large to be one, and none was taken.
static bool load_open(struct loading *loading, int file, const struct stat *status)
{
    size_t expected = status->st_size < READ_MOST ? (size_t)status->st_size : READ_MOST;
    struct bytes text = read_all(file, expected, &loading->texts);
    if (text.size > FILE_MOST) {
        errno = EFBIG;
        return false;
    }
    if (!is_repeated(loading, text))
        load_text(loading, text);
    return true;
}

// False: the file cannot be read.
static bool load_file(struct loading *loading, const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool good = fstat(file, &status) == 0;
    if (good && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        good = false;
    }
    if (good && first_time(loading, &status))
        good = load_open(loading, file, &status);
    int why = errno;
    close(file);
    errno = why;
    return good;
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static void load_entry(struct loading *loading, int directory, const char *name)
{
    struct stat status;
    if (fstatat(directory, name, &status, 0) != 0 || !S_ISREG(status.st_mode) || !first_time(loading, &status))
        return;
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    load_open(loading, file, &status);
    close(file);
}

// Every regular file of the directory, in the order of their names. What cannot be read is passed
// over, as OpenSSL does. False: the directory cannot be read.
static bool load_directory(struct loading *loading, const char *path)
{
    struct dirent **entries;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int count = directory < 0 ? -1 : scandir(path, &entries, NULL, by_name);
    for (int i = 0; i < count; i++) {
        load_entry(loading, directory, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (directory >= 0)
        close(directory);
    return count >= 0;
}

static bool load_given(struct loading *loading, const char *ca_file, const char *ca_path, struct complaint *complaint)
{
    const struct trust_store *store = loading->store;
    if (ca_file != NULL && !load_file(loading, ca_file))
        return complain(complaint, "cannot read the CA file %s: %s", ca_file, strerror(errno));
    size_t from_file = store->known_count;
    if (ca_file != NULL && from_file == 0)
        return complain(complaint, "the CA file %s holds no certificate", ca_file);
    if (ca_path == NULL)
        return true;
    size_t files = loading->file_count;
    if (!load_directory(loading, ca_path))
        return complain(complaint, "cannot read the CA directory %s: %s", ca_path, strerror(errno));
    if (store->known_count == 0 || (from_file == store->known_count && loading->file_count == files))
        return complain(complaint, "the CA directory %s holds no certificate", ca_path);
    return true;
}

// OpenSSL's defaults; the directory may be several with ':' between them. None of them need exist.
static void load_system(struct loading *loading)
{
    const char *file = getenv(X509_get_default_cert_file_env());
    const char *path = getenv(X509_get_default_cert_dir_env());
    char *paths = strdup(path != NULL ? path : X509_get_default_cert_dir());
    if (paths == NULL)
        die("out of memory");
    load_file(loading, file != NULL ? file : X509_get_default_cert_file());
    char *rest = paths;
    for (char *one = strsep(&rest, ":"); one != NULL; one = strsep(&rest, ":"))
        if (one[0] != '\0')
            load_directory(loading, one);
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

// By name; those of one name by digest, so that files in another order change nothing.
static int compare_roots(const void *a, const void *b)
{
    const struct trust_root *x = a, *y = b;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    return memcmp(x->digest, y->digest, sizeof x->digest);
}

// libcrypto asks for the issuer of what it has no root for yet.
static int find_roots(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name, X509_OBJECT *found)
{
    const struct trust_store *store = X509_LOOKUP_get_method_data(lookup);
    size_t count = 0;
    const struct trust_root *root = NULL;
    if (type == X509_LU_X509)
        root = trust_known(store, name, &count);
    for (size_t i = 0; i < count; i++) {
        if (!root[i].trusted || root[i].certificate == NULL ||
            X509_NAME_cmp(X509_get_subject_name(root[i].certificate), name) != 0)
            continue;
        X509_OBJECT_set1_X509(found, root[i].certificate);
        X509_free(root[i].certificate); // who asks takes a reference of its own, as from lookups of libcrypto's
        return 1;
    }
    return 0;
}

static void add_lookup(struct trust_store *store)
{
    store->method = X509_LOOKUP_meth_new("roots of the system, decoded when they are asked for");
    if (store->method == NULL || X509_LOOKUP_meth_set_get_by_subject(store->method, find_roots) != 1)
        die("out of memory");
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store->roots, store->method);
    if (lookup == NULL || X509_LOOKUP_set_method_data(lookup, store) != 1)
        die("out of memory");
}

struct trust_store *trust_open(const char *ca_file, const char *ca_path, struct complaint *complaint)
{
    struct trust_store *store = calloc(1, sizeof *store);
    if (store == NULL || (store->roots = X509_STORE_new()) == NULL ||
        (store->decoded = calloc(KEPT, sizeof *store->decoded)) == NULL ||
        (store->name = store_name(ca_file, ca_path)) == NULL)
        die("out of memory");
    bool given = ca_file != NULL || ca_path != NULL;
    struct loading loading = {.store = store, .trusted = true, .given = given};
    bool loaded = !given || load_given(&loading, ca_file, ca_path, complaint);
    store->size = store->known_count;
    loading.trusted = !given;
    loading.given = false;
    if (loaded)
        load_system(&loading);
    if (!given)
        store->size = store->known_count;
    free(loading.files);
    free(loading.texts_from);
    arena_release(&loading.texts);
    if (!loaded) {
        trust_close(store);
        return NULL;
    }
    if (store->known_count != 0)
        qsort(store->known, store->known_count, sizeof *store->known, compare_roots);
    add_lookup(store);
    return store;
}

void trust_close(struct trust_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < KEPT; i++)
        X509_free(store->decoded[i].certificate);
    for (size_t i = 0; i < store->known_count; i++) {
        X509_free(store->known[i].certificate);
        free((void *)store->known[i].der.data);
    }
    X509_STORE_free(store->roots);
    X509_LOOKUP_meth_free(store->method);
    free(store->known);
    free(store->decoded);
    free(store->name);
    free(store);
}

const char *trust_name(const struct trust_store *store) { return store->name; }
size_t trust_size(const struct trust_store *store) { return store->size; }

// --- looking up ------------------------------------------------------------------------------------

static X509 *decode(struct bytes der)
{
    const unsigned char *next = der.data;
    X509 *certificate = der.size == 0 || der.size > INT_MAX ? NULL : d2i_X509(NULL, &next, (long)der.size);
    ERR_clear_error();
    return certificate;
}

X509 *trust_decode(const struct trust_store *store, struct bytes der)
{
    uint8_t digest[32];
    digest_sha256(der, digest);
    struct trust_decoded *kept = &store->decoded[digest[0] % KEPT];
    if (kept->certificate == NULL || memcmp(kept->digest, digest, sizeof digest) != 0) {
        X509_free(kept->certificate);
        kept->certificate = decode(der);
        memcpy(kept->digest, digest, sizeof digest);
    }
    if (kept->certificate != NULL)
        X509_up_ref(kept->certificate);
    return kept->certificate;
}

const struct trust_root *trust_known(const struct trust_store *store, const X509_NAME *name, size_t *count)
{
    uint64_t hash = hash_name(name);
    size_t low = 0, high = store->known_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (store->known[middle].name < hash)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    if (store->known_count == 0)
        return NULL;
    for (; low + *count < store->known_count && store->known[low + *count].name == hash; ++*count)
        if (store->known[low + *count].der.size != 0)
            decode_root(store, &store->known[low + *count]);
    return &store->known[low];
}
