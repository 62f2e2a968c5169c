// SPDX-License-Identifier: Apache-2.0
//
// Two of libunbound's contexts: one that validates, and the one of dns.c, which does not. Whether the first
// is of any use is asked of the root; what is asked meanwhile waits.
#include "run/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unbound.h>

#include "base/arena.h"
#include "base/text.h"

#define CLASS_IN 1
#define TYPE_A   1
#define TYPE_NS  2
#define ROOT_MS  2000 // how long the root may take to validate

// KSK-2017 and KSK-2024 (https://data.iana.org/root-anchors/root-anchors.xml).
static const char *const root_keys[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

// Where distributions keep the root's keys of today.
static const char *const root_files[] = {
    "/usr/share/dns/root.key",
    "/usr/share/dnssec-root/trusted-key.key",
    "/etc/trusted-key.key",
};

enum standing { UNTRIED, TRYING, VALIDATING, PLAIN };

// Lives from the asking to libunbound's callback.
struct pending {
    struct lookups *lookups;
    uint64_t id;
    const char *name;
    uint16_t type;
    struct arena memory;
    struct pending *before, *next; // in one of the lists
    struct ub_ctx *at;             // where it is asked; NULL: it waits
    int number;
};

struct lookups {
    struct ub_ctx *validating;
    struct dns *dns;
    struct lookup_sink sink;
    enum standing standing;
    const char *why; // it is PLAIN
    struct pending *waiting, *asked;
};

static void link_to(struct pending **list, struct pending *pending)
{
    pending->before = NULL;
    pending->next = *list;
    if (*list != NULL)
        (*list)->before = pending;
    *list = pending;
}

static void unlink_from(struct pending **list, struct pending *pending)
{
    if (pending->before == NULL)
        *list = pending->next;
    else
        pending->before->next = pending->next;
    if (pending->next != NULL)
        pending->next->before = pending->before;
}

static void release(struct pending *pending)
{
    arena_release(&pending->memory);
    free(pending);
}

// --- answers ---------------------------------------------------------------------------------------

static int compare_octets(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    size_t size = x->size < y->size ? x->size : y->size;
    int order = size == 0 ? 0 : memcmp(x->data, y->data, size);
    return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

// Sorted, for servers rotate them. What is over the limits is left out.
static void take_rdata(struct arena *arena, const struct ub_result *from, struct records_result *out)
{
    struct bytes *rdata = arena_array(arena, RECORDS_MOST, sizeof *rdata);
    size_t octets = 0;
    for (size_t i = 0; from->data != NULL && from->data[i] != NULL && out->count < RECORDS_MOST; i++) {
        size_t size = from->len[i] < 0 ? 0 : (size_t)from->len[i];
        if (octets + size > RECORDS_OCTETS)
            break;
        octets += size;
        rdata[out->count++] = arena_copy(arena, (struct bytes){(const uint8_t *)from->data[i], size});
    }
    if (out->count != 0)
        qsort(rdata, out->count, sizeof *rdata, compare_octets);
    out->rdata = rdata;
    out->have_data = out->count != 0;
}

static enum dnssec standing_of(const struct pending *pending, const struct ub_result *from)
{
    if (pending->at != pending->lookups->validating)
        return DNSSEC_UNVALIDATED;
    return from->secure ? DNSSEC_SECURE : from->bogus ? DNSSEC_BOGUS : DNSSEC_INSECURE;
}

// Insecure is a proof that nothing is signed. A failure proves nothing.
static void read_result(struct pending *pending, const struct ub_result *from, struct records_result *out)
{
    struct arena *arena = &pending->memory;
    *out = (struct records_result){.rcode = from->rcode, .nxdomain = from->nxdomain != 0};
    out->dnssec = standing_of(pending, from);
    out->ttl = from->ttl < 0 ? 0 : (uint32_t)from->ttl;
    if (from->canonname != NULL)
        out->canonical_name = text_escape(arena, bytes_of_text(from->canonname));
    if (from->why_bogus != NULL)
        out->why = text_escape(arena, bytes_of_text(from->why_bogus));
    else if (out->dnssec == DNSSEC_UNVALIDATED)
        out->why = pending->lookups->why;
    take_rdata(arena, from, out);
    if (out->dnssec == DNSSEC_INSECURE && out->rcode != RCODE_NOERROR && out->rcode != RCODE_NXDOMAIN)
        out->dnssec = DNSSEC_UNVALIDATED;
}

static void told(void *argument, int error, struct ub_result *result)
{
    struct pending *pending = argument;
    struct lookups *lookups = pending->lookups;
    const struct lookup_sink *sink = &lookups->sink;
    unlink_from(&lookups->asked, pending);
    if (error != 0 || result == NULL) {
        const char *why = arena_text(&pending->memory, "the look-up failed: %s", ub_strerror(error));
        sink->answer(sink->context, pending->id, NULL, why);
    } else {
        struct records_result read;
        read_result(pending, result, &read);
        sink->answer(sink->context, pending->id, &read, NULL);
    }
    ub_resolve_free(result);
    release(pending);
}

// --- questions -------------------------------------------------------------------------------------

static void start(struct pending *pending)
{
    struct lookups *lookups = pending->lookups;
    pending->at = lookups->standing == PLAIN ? dns_context(lookups->dns) : lookups->validating;
    link_to(&lookups->asked, pending);
    int error = ub_resolve_async(pending->at, pending->name, pending->type, CLASS_IN, pending, told, &pending->number);
    if (error == 0)
        return;
    unlink_from(&lookups->asked, pending);
    release(pending); // whoever asked will notice by the time
}

static void start_waiting(struct lookups *lookups)
{
    if (lookups->standing != VALIDATING && lookups->standing != PLAIN)
        return;
    for (struct pending *pending; (pending = lookups->waiting) != NULL;) {
        unlink_from(&lookups->waiting, pending);
        start(pending);
    }
}

static void root_told(void *argument, int error, struct ub_result *result)
{
    struct lookups *lookups = argument;
    bool secure = error == 0 && result != NULL && result->secure;
    ub_resolve_free(result);
    if (lookups->standing != TRYING)
        return;
    lookups->standing = secure ? VALIDATING : PLAIN;
    lookups->why = "the root of DNS does not validate through this resolver";
    start_waiting(lookups);
}

static void root_is_late(void *context)
{
    struct lookups *lookups = context;
    if (lookups->standing != TRYING)
        return;
    lookups->standing = PLAIN;
    lookups->why = "the resolver tells nothing of the root of DNS";
    start_waiting(lookups);
}

static void try_root(struct lookups *lookups, uint64_t now_ms)
{
    lookups->standing = TRYING;
    dns_set_alarm(lookups->dns, (struct dns_alarm){now_ms + ROOT_MS, root_is_late, lookups});
    if (ub_resolve_async(lookups->validating, ".", TYPE_NS, CLASS_IN, lookups, root_told, NULL) != 0)
        root_told(lookups, UB_SERVFAIL, NULL);
}

void lookups_ask(struct lookups *lookups, uint64_t now_ms, uint64_t id, const char *name, uint16_t type)
{
    struct pending *pending = calloc(1, sizeof *pending);
    if (pending == NULL)
        die("out of memory");
    *pending = (struct pending){.lookups = lookups, .id = id, .type = type};
    // With its dot, or search domains would be tried.
    pending->name = arena_text(&pending->memory, "%s.", name);
    link_to(&lookups->waiting, pending);
    if (lookups->standing == UNTRIED)
        try_root(lookups, now_ms);
    start_waiting(lookups);
}

// --- the library -----------------------------------------------------------------------------------

static bool readable(const char *file)
{
    FILE *opened = fopen(file, "r");
    if (opened != NULL)
        fclose(opened);
    return opened != NULL;
}

static int add_root(struct ub_ctx *unbound)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < sizeof root_keys / sizeof *root_keys; i++)
        error = ub_ctx_add_ta(unbound, root_keys[i]);
    for (size_t i = 0; error == 0 && i < sizeof root_files / sizeof *root_files; i++)
        if (readable(root_files[i]))
            return ub_ctx_add_ta_file(unbound, root_files[i]);
    return error;
}

// A file without any would have libunbound call everything insecure. ';' begins a comment.
static bool has_key(FILE *opened)
{
    char line[4096];
    bool found = false;
    while (!found && fgets(line, sizeof line, opened) != NULL) {
        line[strcspn(line, ";\n")] = '\0';
        for (char *word = strtok(line, " \t\r"); word != NULL && !found; word = strtok(NULL, " \t\r"))
            found = strcasecmp(word, "DS") == 0 || strcasecmp(word, "DNSKEY") == 0;
    }
    return found;
}

// libunbound would read a folder without an end.
static bool holds_key(const char *file, struct complaint *complaint)
{
    struct stat status;
    FILE *opened = fopen(file, "r");
    if (opened == NULL || fstat(fileno(opened), &status) != 0)
        complain(complaint, "cannot read the trust anchor '%s': %m", file);
    else if (!S_ISREG(status.st_mode))
        complain(complaint, "the trust anchor '%s' is no plain file", file);
    else if (!has_key(opened))
        complain(complaint, "'%s' holds no trust anchor: no DS or DNSKEY record", file);
    if (opened != NULL)
        fclose(opened);
    return complaint->text[0] == '\0';
}

// libunbound reads the file with its first question: one that never leaves the machine.
bool lookups_anchor_good(const char *file, struct complaint *complaint)
{
    if (!holds_key(file, complaint))
        return false;
    struct ub_ctx *unbound = ub_ctx_create();
    struct ub_result *result = NULL;
    if (unbound == NULL)
        die("out of memory");
    ub_ctx_debugout(unbound, NULL);
    int error = ub_ctx_add_ta_file(unbound, file);
    if (error == 0)
        error = ub_resolve(unbound, "localhost", TYPE_A, CLASS_IN, &result);
    ub_resolve_free(result);
    ub_ctx_delete(unbound);
    return error == 0 || complain(complaint, "'%s' holds no trust anchor that libunbound can read", file);
}

struct lookups *lookups_new(struct dns *dns, const struct dns_settings *settings, struct lookup_sink sink,
                            struct complaint *complaint)
{
    struct ub_ctx *unbound = ub_ctx_create();
    int error = UB_NOMEM;
    if (unbound != NULL)
        error = settings->anchor != NULL ? ub_ctx_add_ta_file(unbound, settings->anchor) : add_root(unbound);
    if (error == 0)
        error = dns_configure(unbound, settings); // after which no anchor is taken any more
    if (error != 0) {
        complain(complaint, "the validating resolver cannot start: %s", ub_strerror(error));
        ub_ctx_delete(unbound);
        return NULL;
    }
    struct lookups *lookups = calloc(1, sizeof *lookups);
    if (lookups == NULL)
        die("out of memory");
    *lookups = (struct lookups){.validating = unbound, .dns = dns, .sink = sink};
    // An anchor that the user has given need not be the root's.
    lookups->standing = settings->anchor != NULL ? VALIDATING : UNTRIED;
    return lookups;
}

// What libunbound cannot cancel any more it tells no more either, once the contexts are gone.
void lookups_free(struct lookups *lookups)
{
    if (lookups == NULL)
        return;
    for (struct pending *pending; (pending = lookups->asked) != NULL;) {
        unlink_from(&lookups->asked, pending);
        ub_cancel(pending->at, pending->number);
        release(pending);
    }
    for (struct pending *pending; (pending = lookups->waiting) != NULL;) {
        unlink_from(&lookups->waiting, pending);
        release(pending);
    }
    ub_ctx_delete(lookups->validating);
    free(lookups);
}

int lookups_descriptor(const struct lookups *lookups) { return ub_fd(lookups->validating); }

void lookups_process(struct lookups *lookups) { ub_process(lookups->validating); }
