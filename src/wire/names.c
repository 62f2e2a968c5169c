// SPDX-License-Identifier: Apache-2.0
//
// One walk over the entries that could name the host, one over those that a laxer reader would
// have taken for it, and a sentence. Each entry that comes near has its own reason. Entries are compared as
// certificate_read escaped them: an escape holds a backslash, which no host name has, so a forged NUL matches nothing.
#include "wire/names.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define SHOWN 3 // entries listed in a sentence

bool name_is_address(const char *text, int *family, unsigned char octets[16])
{
    memset(octets, 0, 16);
    if (inet_pton(AF_INET, text, octets) == 1)
        *family = 4;
    else if (inet_pton(AF_INET6, text, octets) == 1)
        *family = 6;
    else
        return false;
    return true;
}

static bool same_address(const char *a, const char *b)
{
    unsigned char octets_a[16], octets_b[16];
    int family_a, family_b;
    return name_is_address(a, &family_a, octets_a) && name_is_address(b, &family_b, octets_b) && family_a == family_b &&
           memcmp(octets_a, octets_b, 16) == 0;
}

// "*.", then a name without a star (RFC 9525 section 6.3); the star stands for one whole label.
static bool wildcard_well_formed(const char *entry)
{
    return strncmp(entry, "*.", 2) == 0 && entry[2] != '\0' && entry[2] != '.' && strchr(entry + 1, '*') == NULL;
}

static bool name_matches(const char *entry, const char *host)
{
    if (strchr(entry, '*') == NULL)
        return text_same(entry, host);
    const char *dot = strchr(host, '.');
    return wildcard_well_formed(entry) && dot != NULL && dot != host && text_same(entry + 1, dot);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

// The laxest reading of a star, any octets at all; to tell a misused wildcard from a foreign name.
static bool glob_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (lower(*pattern) == lower(*text)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static const char *find_name(const struct strings *names, const char *host)
{
    for (size_t i = 0; i < names->count; i++)
        if (name_matches(names->text[i], host))
            return names->text[i];
    return NULL;
}

static const char *find_address(const struct strings *addresses, const char *host)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (same_address(addresses->text[i], host))
            return addresses->text[i];
    return NULL;
}

// --- what comes near -----------------------------------------------------------------------------

// A star beside other characters of its label.
static bool has_partial_star(const char *entry)
{
    for (const char *star = strchr(entry, '*'); star != NULL; star = strchr(star + 1, '*'))
        if ((star != entry && star[-1] != '.') || (star[1] != '.' && star[1] != '\0'))
            return true;
    return false;
}

static bool is_ascii(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 0x80 && *text != '\\')
        text++;
    return *text == '\0';
}

// Label by label the same, but that some are not ASCII where the host has an A-label. Which one it is is not worked
// out: no client would do so.
static bool near_u_label(const char *entry, const char *host)
{
    bool other = false;
    while (*entry != '\0' && *host != '\0') {
        size_t size = strcspn(entry, "."), its = strcspn(host, ".");
        bool foreign = false;
        for (size_t i = 0; i < size; i++)
            foreign = foreign || (unsigned char)entry[i] >= 0x80 || entry[i] == '\\';
        if (foreign ? strncasecmp(host, "xn--", 4) != 0 : size != its || strncasecmp(entry, host, size) != 0)
            return false;
        other = other || foreign;
        entry += size + (entry[size] == '.');
        host += its + (host[its] == '.');
    }
    return other && *entry == '\0' && *host == '\0';
}

static bool ends_with(const char *host, const char *tail)
{
    size_t size = strlen(host), end = strlen(tail);
    return size >= end && text_same(host + size - end, tail);
}

// A wildcard that would have to stand for no label, or for several.
static bool near_wildcard(const char *entry, const char *host)
{
    return wildcard_well_formed(entry) && (text_same(entry + 2, host) || ends_with(host, entry + 1));
}

static bool near_dot(const char *entry, const char *host)
{
    size_t size = strlen(host);
    return strncasecmp(entry, host, size) == 0 && strcmp(entry + size, ".") == 0;
}

// Why an entry that comes near the host is no match; NULL: it is not near.
static const char *near_miss(const char *entry, const char *host, bool address)
{
    bool star = strchr(entry, '*') != NULL, odd = star && !wildcard_well_formed(entry);
    if (star && address)
        return glob_matches(entry, host) ? "wildcard_for_address" : NULL;
    if (address)
        return same_address(entry, host) ? "address_as_name" : NULL;
    if (odd && glob_matches(entry, host))
        return has_partial_star(entry) ? "wildcard_partial_label" : "wildcard_misplaced";
    if (near_wildcard(entry, host))
        return "wildcard_one_label";
    if (host[0] != '\0' && near_dot(entry, host))
        return "trailing_dot";
    return !is_ascii(entry) && near_u_label(entry, host) ? "not_ascii" : NULL;
}

static const struct near {
    const char *reason, *rule;
} nears[] = {
    {"wildcard_partial_label", "a wildcard is a whole label, never a part of one"},
    {"wildcard_misplaced", "a wildcard is the left-most label of a name, and no other"},
    {"wildcard_for_address", "a wildcard stands for no part of an address"},
    {"address_as_name", "addresses are looked for among iPAddress entries, and this is a dNSName"},
    {"wildcard_one_label", "a wildcard stands for exactly one label"},
    {"trailing_dot", "names in certificates do not end in a dot"},
    {"not_ascii", "names in certificates are ASCII, with A-labels (xn--) for all other letters"},
};

// The nearest of the certificate's entries, by the order of the table.
static const struct near *find_near(const struct strings *names, const char *host, bool address, const char **entry)
{
    for (size_t i = 0; i < sizeof nears / sizeof *nears; i++)
        for (size_t k = 0; k < names->count; k++) {
            const char *reason = near_miss(names->text[k], host, address);
            *entry = names->text[k];
            if (reason != NULL && strcmp(reason, nears[i].reason) == 0)
                return &nears[i];
        }
    return NULL;
}

// --- wide wildcards ------------------------------------------------------------------------------

static bool is_country(const char *label)
{
    return strlen(label) == 2 && ((label[0] | 0x20) >= 'a' && (label[0] | 0x20) <= 'z') &&
           ((label[1] | 0x20) >= 'a' && (label[1] | 0x20) <= 'z');
}

enum name_width name_width(const char *entry)
{
    static const char *const registries[] = {"ac",   "co",  "com", "edu", "gob", "gov",
                                             "gouv", "mil", "ne",  "net", "or",  "org"};
    if (strcmp(entry, "*") == 0)
        return WIDTH_REGISTRY;
    if (!wildcard_well_formed(entry))
        return WIDTH_USUAL;
    const char *suffix = entry + 2, *dot = strchr(suffix, '.');
    if (dot == NULL)
        return WIDTH_REGISTRY;
    for (size_t i = 0; i < sizeof registries / sizeof *registries; i++)
        if (is_country(dot + 1) && strlen(registries[i]) == (size_t)(dot - suffix) &&
            strncasecmp(registries[i], suffix, (size_t)(dot - suffix)) == 0)
            return WIDTH_PERHAPS_REGISTRY;
    return WIDTH_USUAL;
}

// --- words ---------------------------------------------------------------------------------------

static void put(struct builder *list, const char *text)
{
    if (text[0] != '\0')
        builder_add(list, bytes_of_text(text));
}

static const char *list_text(struct arena *arena, const struct certificate *leaf)
{
    struct builder list = builder_in(arena);
    size_t shown = 0, all = leaf->dns_names.count + leaf->ip_addresses.count;
    for (; shown < all && shown < SHOWN; shown++) {
        bool name = shown < leaf->dns_names.count;
        put(&list, shown == 0 ? "" : ", ");
        put(&list, name ? leaf->dns_names.text[shown] : leaf->ip_addresses.text[shown - leaf->dns_names.count]);
    }
    if (all > shown)
        put(&list, arena_text(arena, " and %zu more", all - shown));
    return arena_string(arena, builder_bytes(&list));
}

static void tell_match(struct arena *arena, const char *host, const char *by, struct name_match *out)
{
    enum name_width width = by[0] == '*' ? name_width(by) : WIDTH_USUAL;
    out->matched = true;
    out->by = by;
    out->reason = width == WIDTH_REGISTRY           ? "wide_wildcard"
                  : width == WIDTH_PERHAPS_REGISTRY ? "perhaps_wide_wildcard"
                                                    : NULL;
    out->sentence = arena_text(arena, "The certificate names %s%s%s.%s", text_escape(arena, bytes_of_text(host)),
                               text_same(host, by) ? "" : " by ", text_same(host, by) ? "" : by,
                               width == WIDTH_REGISTRY ? " This wildcard covers a whole top-level domain."
                               : width == WIDTH_PERHAPS_REGISTRY
                                   ? " This wildcard seems to cover all names of a registry: some clients refuse it."
                                   : "");
}

static bool common_name_matches(const struct certificate *leaf, const char *host, bool address)
{
    return leaf->common_name != NULL &&
           (address ? same_address(leaf->common_name, host) : name_matches(leaf->common_name, host));
}

static void tell_mismatch(struct arena *arena, const struct certificate *leaf, const char *host, bool address,
                          struct name_match *out)
{
    const char *entry;
    const struct near *near = find_near(&leaf->dns_names, host, address, &entry);
    const char *shown = text_escape(arena, bytes_of_text(host));
    bool unnamed = leaf->dns_names.count + leaf->ip_addresses.count == 0;
    if (near != NULL) {
        out->reason = near->reason;
        out->sentence = arena_text(arena, "%s does not match %s: %s.", entry, shown, near->rule);
    } else if (common_name_matches(leaf, host, address)) {
        out->reason = "common_name_only";
        out->sentence = arena_text(arena,
                                   "Only the common name is %s; clients look at subject alternative names, "
                                   "and %s.",
                                   leaf->common_name, unnamed ? "there are none" : "none of them matches");
    } else if (unnamed) {
        out->reason = "no_names";
        out->sentence = arena_text(arena, "The certificate has no subject alternative name for a host or an address.");
    } else {
        out->reason = "no_match";
        out->sentence = arena_text(arena, "The certificate names %s, not %s.", list_text(arena, leaf), shown);
    }
}

// The reference without the one trailing dot that makes it absolute; an address has none.
static char *reference(struct arena *arena, const char *host, bool address)
{
    struct bytes text = bytes_of_text(host);
    if (!address && text.size > 1 && text.data[text.size - 1] == '.')
        text.size--;
    return arena_string(arena, text);
}

void names_match(struct arena *arena, const struct certificate *leaf, const char *host, struct name_match *out)
{
    unsigned char octets[16];
    int family;
    bool address = name_is_address(host, &family, octets);
    const char *wanted = reference(arena, host, address);
    const char *by = address ? find_address(&leaf->ip_addresses, wanted) : find_name(&leaf->dns_names, wanted);
    *out = (struct name_match){0};
    if (wanted[0] == '\0')
        by = NULL;
    if (by != NULL)
        tell_match(arena, wanted, by, out);
    else
        tell_mismatch(arena, leaf, wanted, address, out);
}
