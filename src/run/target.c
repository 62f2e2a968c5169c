// SPDX-License-Identifier: Apache-2.0
//
// A target is taken apart from the outside in: scheme and path, then port, then host. A host with
// octets outside ASCII goes through IDNA (TR46, non-transitional) first and is judged afterwards,
// because the mapping can turn what looks like a letter into a dot, a slash or a digit. What DNS
// can resolve is allowed, underscores included; what cannot be meant is refused with a sentence.
#include "run/target.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/text.h"
#include "wire/names.h"

#define NAME_LIMIT  253 // RFC 1035 section 2.3.4, as text and without the trailing dot
#define LABEL_LIMIT 63

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_control(char c) { return (c >= 0 && c <= ' ') || c == 0x7f; }

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static char *copy(struct arena *arena, const char *text, size_t size)
{
    return arena_string(arena, (struct bytes){(const uint8_t *)text, size});
}

static void lower(char *text)
{
    for (; *text != '\0'; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

// --- names -----------------------------------------------------------------------------------------

static char *to_ascii(struct arena *arena, const char *name, struct complaint *complaint)
{
    char *label = NULL;
    int result = idn2_to_ascii_8z(name, &label, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    char *ascii = NULL;
    if (result == IDN2_OK)
        ascii = copy(arena, label, strlen(label));
    else
        complain(complaint, "the name is no valid internationalized name: %s", idn2_strerror(result));
    idn2_free(label);
    return ascii;
}

// The name for people. Only an A-label that decodes differs from its text.
static const char *to_unicode(struct arena *arena, const char *host)
{
    char *unicode = NULL;
    const char *display = host;
    if (idn2_to_unicode_8z8z(host, &unicode, 0) == IDN2_OK && strcmp(unicode, host) != 0)
        display = copy(arena, unicode, strlen(unicode));
    idn2_free(unicode);
    return display;
}

static bool check_label(const char *label, size_t size, struct complaint *complaint)
{
    if (size == 0)
        return complain(complaint, "the host name has an empty label");
    if (size > LABEL_LIMIT)
        return complain(complaint, "the host name has a label of more than %d characters", LABEL_LIMIT);
    for (size_t i = 0; i < size; i++) {
        char c = label[i];
        if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_')
            return complain(complaint, "a host name cannot contain '%c'", c);
    }
    return true;
}

// Resolvers read "127.1" and "0x7f.0.0.1" as addresses of their own liking.
static bool is_numeric(const char *label, size_t size)
{
    size_t i = size > 1 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X') ? 2 : 0;
    bool hex = i == 2;
    for (; i < size; i++)
        if (!is_digit(label[i]) && !(hex && strchr("abcdefABCDEF", label[i]) != NULL))
            return false;
    return true;
}

// "192.0.2.1-9", "192.0.2.*", "192.0.2.1-192.0.2.9", as other programs have it. No name has such a last label.
static bool is_span(const char *name)
{
    size_t digits = strspn(name, "0123456789.");
    return (name[digits] == '-' || name[digits] == '*') && strchr(name, '.') != NULL &&
           name[strspn(name, "0123456789.-*")] == '\0';
}

// ASCII, in any case, perhaps with a trailing dot.
static bool check_name(const char *name, struct complaint *complaint)
{
    size_t size = strlen(name);
    if (size != 0 && name[size - 1] == '.')
        size--;
    if (size == 0)
        return complain(complaint, "the host name is empty");
    if (size > NAME_LIMIT)
        return complain(complaint, "the host name has more than %d characters", NAME_LIMIT);
    if (name[0] == '-')
        return complain(complaint, "a host name cannot begin with '-'");
    if (is_span(name))
        return complain(complaint, "a range of addresses is written with a prefix, such as 192.0.2.0/24");
    size_t start = 0, last = 0;
    for (size_t i = 0; i <= size; i++) {
        if (i < size && name[i] != '.')
            continue;
        if (!check_label(name + start, i - start, complaint))
            return false;
        last = start;
        start = i + 1;
    }
    if (strspn(name, "0123456789") == size && size <= 5)
        return complain(complaint, "a port alone is no target: write host:%s", name);
    if (is_numeric(name + last, size - last))
        return complain(complaint, "the host looks like an IPv4 address, but is none");
    return true;
}

static const char *without_dot(struct arena *arena, const char *name)
{
    size_t size = strlen(name);
    return size != 0 && name[size - 1] == '.' ? copy(arena, name, size - 1) : name;
}

// Lower-case A-labels of a name or the text of an IPv4 address; NULL and a complaint otherwise.
static char *name_of(struct arena *arena, const char *text, struct complaint *complaint)
{
    char *name = is_ascii(text) ? copy(arena, text, strlen(text)) : to_ascii(arena, text, complaint);
    int family;
    unsigned char octets[16];
    if (name == NULL || name_is_address(name, &family, octets))
        return name;
    if (!check_name(name, complaint))
        return NULL;
    lower(name);
    return name;
}

// --- targets ---------------------------------------------------------------------------------------

// RFC 4291 section 2.5.5.2: IPv4 in the notation of IPv6. A socket speaks IPv4 there.
static bool is_mapped(const unsigned char octets[16])
{
    static const unsigned char prefix[12] = {[10] = 0xFF, [11] = 0xFF};
    return memcmp(octets, prefix, sizeof prefix) == 0;
}

const char *target_address(struct arena *arena, const char *text)
{
    int family;
    unsigned char octets[16];
    char canonical[INET6_ADDRSTRLEN];
    if (!name_is_address(text, &family, octets))
        return NULL;
    bool mapped = family == 6 && is_mapped(octets);
    inet_ntop(family == 4 || mapped ? AF_INET : AF_INET6, octets + (mapped ? 12 : 0), canonical, sizeof canonical);
    return copy(arena, canonical, strlen(canonical));
}

// Fills host and its kin when the text is an address.
static bool set_address(struct arena *arena, const char *text, struct target *out)
{
    out->host = target_address(arena, text);
    if (out->host == NULL)
        return false;
    out->display = out->host;
    out->is_address = true;
    out->sni = NULL;
    return true;
}

static bool set_host(struct arena *arena, const char *text, struct target *out, struct complaint *complaint)
{
    if (text[0] == '\0')
        return complain(complaint, "the host name is empty");
    const char *name = name_of(arena, text, complaint);
    if (name == NULL)
        return false;
    if (set_address(arena, name, out))
        return true;
    out->host = name;
    out->display = to_unicode(arena, name);
    out->is_address = false;
    out->sni = without_dot(arena, name);
    return true;
}

static bool set_port(const char *text, struct target *out, struct complaint *complaint)
{
    unsigned long port = 0;
    const char *c = text;
    for (; is_digit(*c) && port <= UINT16_MAX; c++)
        port = port * 10 + (unsigned long)(*c - '0');
    if (c == text || *c != '\0' || port == 0 || port > UINT16_MAX)
        return complain(complaint, "the port must be a number from 1 to 65535");
    out->port = (uint16_t)port;
    out->port_given = true;
    return true;
}

// "[v6]" or "[v6]:port"
static bool set_bracketed(struct arena *arena, const char *text, struct target *out, struct complaint *complaint)
{
    const char *end = strchr(text, ']');
    if (end == NULL)
        return complain(complaint, "the ']' after the IPv6 address is missing");
    const char *inside = copy(arena, text + 1, (size_t)(end - text - 1));
    if (strchr(inside, '%') != NULL)
        return complain(complaint, "an IPv6 address with a zone is not supported");
    if (strchr(inside, ':') == NULL || !set_address(arena, inside, out))
        return complain(complaint, "there is no IPv6 address between '[' and ']'");
    if (end[1] == '\0')
        return true;
    if (end[1] != ':')
        return complain(complaint, "only ':' and a port may follow ']'");
    return set_port(end + 2, out, complaint);
}

// "host", "host:port", or an IPv6 address without brackets
static bool set_plain(struct arena *arena, const char *text, struct target *out, struct complaint *complaint)
{
    const char *colon = strchr(text, ':');
    if (colon == NULL)
        return set_host(arena, text, out, complaint);
    if (strchr(colon + 1, ':') != NULL) {
        if (strchr(text, '%') != NULL)
            return complain(complaint, "an IPv6 address with a zone is not supported");
        return set_address(arena, text, out) ||
               complain(complaint, "more than one ':', but no IPv6 address (with a port, write [address]:port)");
    }
    return set_port(colon + 1, out, complaint) &&
           set_host(arena, copy(arena, text, (size_t)(colon - text)), out, complaint);
}

// What stands between "https://" and the path; or the whole text when it is no URL. NULL and a
// complaint for what is neither.
static const char *authority(struct arena *arena, const char *text, struct complaint *complaint)
{
    const char *mark = strstr(text, "://");
    const char *rest = text;
    if (mark != NULL && text + strcspn(text, "/?#") == mark + 1) {
        if (!text_same(copy(arena, text, (size_t)(mark - text)), "https")) {
            complain(complaint, "the only URLs understood are those with https://");
            return NULL;
        }
        rest = copy(arena, mark + 3, strcspn(mark + 3, "/?#"));
    }
    if (strchr(rest, '@') != NULL) {
        complain(complaint, "a user name does not belong in a target");
        return NULL;
    }
    if (strchr(rest, '/') != NULL) {
        complain(complaint, "a path needs https:// before the host, and a range of addresses is not one target");
        return NULL;
    }
    return rest;
}

bool target_parse(struct arena *arena, const char *text, struct target *out, struct complaint *complaint)
{
    *out = (struct target){.port = TARGET_DEFAULT_PORT};
    if (text[0] == '\0')
        return complain(complaint, "the target is empty");
    for (const char *c = text; *c != '\0'; c++)
        if (is_control(*c))
            return complain(complaint, "a target cannot contain spaces or control characters");
    const char *rest = authority(arena, text, complaint);
    if (rest == NULL)
        return false;
    out->input = copy(arena, text, strlen(text));
    out->port_given = rest != text;
    return rest[0] == '[' ? set_bracketed(arena, rest, out, complaint) : set_plain(arena, rest, out, complaint);
}

const char *target_server_name(struct arena *arena, const char *text, struct complaint *complaint)
{
    int family;
    unsigned char octets[16];
    const char *name = strchr(text, ':') == NULL ? name_of(arena, text, complaint) : text;
    if (name == NULL)
        return NULL;
    if (name_is_address(name, &family, octets)) {
        complain(complaint, "an address cannot be sent as server name");
        return NULL;
    }
    if (strchr(name, ':') != NULL) {
        complain(complaint, "a host name cannot contain ':'");
        return NULL;
    }
    return without_dot(arena, name);
}
