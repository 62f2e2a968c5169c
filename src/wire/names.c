// SPDX-License-Identifier: Apache-2.0
//
// One walk over the entries that could name the host, one over those that a laxer reader would
// have taken for it, and a sentence. Entries are compared as certificate_read escaped them: an
// escape holds a backslash, which no host name has, so a forged NUL matches nothing.
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

// A star where RFC 9525 allows none: in an odd place, or for an address.
static const char *find_misuse(const struct strings *names, const char *host, bool address)
{
    for (size_t i = 0; i < names->count; i++)
        if (strchr(names->text[i], '*') != NULL && (address || !wildcard_well_formed(names->text[i])) &&
            glob_matches(names->text[i], host))
            return names->text[i];
    return NULL;
}

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
    bool broad = by[0] == '*' && strchr(by + 2, '.') == NULL;
    out->matched = true;
    out->by = by;
    out->sentence = arena_text(arena, "The certificate names %s%s%s.%s", text_escape(arena, bytes_of_text(host)),
                               text_same(host, by) ? "" : " by ", text_same(host, by) ? "" : by,
                               broad ? " This wildcard covers a whole top-level domain." : "");
}

static bool common_name_matches(const struct certificate *leaf, const char *host, bool address)
{
    return leaf->common_name != NULL &&
           (address ? same_address(leaf->common_name, host) : name_matches(leaf->common_name, host));
}

static void tell_mismatch(struct arena *arena, const struct certificate *leaf, const char *host, bool address,
                          struct name_match *out)
{
    const char *misuse = find_misuse(&leaf->dns_names, host, address);
    const char *shown = text_escape(arena, bytes_of_text(host));
    bool unnamed = leaf->dns_names.count + leaf->ip_addresses.count == 0;
    if (misuse != NULL) {
        out->reason = "wildcard_misuse";
        out->sentence = arena_text(arena,
                                   "%s does not match %s: a wildcard is the whole left-most label of a name, "
                                   "and nothing else.",
                                   misuse, shown);
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
