// SPDX-License-Identifier: Apache-2.0
//
// Settings that are text: lists of checks, names and addresses.
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/host.h"
#include "run/target.h"
#include "wire/registry.h"

#define PROTOCOLS 255 // octets of a list for ALPN

static bool check_bit(const char *id, size_t size, uint64_t *bit)
{
    for (size_t i = 0; i < check_count(); i++)
        if (strlen(check_at(i)->id) == size && memcmp(check_at(i)->id, id, size) == 0) {
            *bit = UINT64_C(1) << i;
            return true;
        }
    return false;
}

// A list of ids as a set. Spaces and empty items are forgiven.
static bool check_set(const char *list, uint64_t *set, struct complaint *complaint)
{
    static const char between[] = ", ";
    *set = 0;
    for (list += strspn(list, between); *list != '\0'; list += strspn(list, between)) {
        size_t size = strcspn(list, between);
        uint64_t bit;
        if (!check_bit(list, size, &bit))
            return complain(complaint, "there is no check '%.*s' (see --list checks)", size > 64 ? 64 : (int)size,
                            list);
        *set |= bit;
        list += size;
    }
    return true;
}

// With those whose facts a check is about, for a check that was asked for by name.
static uint64_t with_needed(uint64_t set)
{
    static const struct {
        const char *check, *needed;
    } needs[] = {{"dns", "certificates"}, {"transparency", "certificates"}, {"revocation", "certificates"}};
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        uint64_t check, needed;
        if (check_bit(needs[i].check, strlen(needs[i].check), &check) &&
            check_bit(needs[i].needed, strlen(needs[i].needed), &needed) && (set & check) != 0)
            set |= needed;
    }
    return set;
}

// The check `certificates` alone asks for a part of what there is, and a part is nothing to be judged by.
static uint64_t with_judged(const struct shakedown_settings *settings, uint64_t set)
{
    bool judged = settings->policy != NULL || settings->fail_on != NULL || settings->baseline != NULL ||
                  settings->has_expires_within;
    uint64_t certificates, versions;
    if (judged && check_bit("certificates", strlen("certificates"), &certificates) && (set & certificates) != 0 &&
        check_bit("versions", strlen("versions"), &versions))
        set |= versions;
    return set;
}

// The checks that --sweep adds.
static bool sweep_set(const char *what, uint64_t *set, struct complaint *complaint)
{
    static const struct {
        const char *what, *checks;
    } sweeps[] = {
        {"suites", "sweep_suites"},
        {"groups", "sweep_groups"},
        {"signature_schemes", "sweep_schemes"},
        {"all", "sweep_suites,sweep_groups,sweep_schemes"},
    };
    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++)
        if (strcmp(sweeps[i].what, what) == 0)
            return check_set(sweeps[i].checks, set, complaint);
    return complain(complaint, "there is no sweep '%.64s'", what);
}

static bool selects(uint64_t selected, const char *id)
{
    uint64_t bit;
    return check_bit(id, strlen(id), &bit) && (selected & bit) != 0;
}

// What asks about certificates would go unanswered, which nobody should take for good news.
static bool judges_certificates(const struct shakedown_settings *settings, uint64_t selected,
                                struct complaint *complaint)
{
    const char *what = settings->weak_keys != NULL          ? "a list of weak keys"
                       : settings->compromised_keys != NULL ? "a list of compromised keys"
                                                            : NULL;
    if (settings->has_expires_within && !selects(selected, "certificates"))
        what = "a limit on expiry";
    else if (settings_want_trust(selected))
        return true;
    return what == NULL || complain(complaint, "%s needs the check 'certificates', which is not to run", what);
}

// ... and so would a list of logs.
static bool needs_no_transparency(const struct shakedown_settings *settings, struct complaint *complaint)
{
    return settings->ct_logs == NULL ||
           complain(complaint,
                    "a list of CT logs needs the checks 'certificates' and 'transparency', which are not both to run");
}

bool settings_checks(const struct shakedown_settings *settings, uint64_t *selected, struct complaint *complaint)
{
    uint64_t wanted = check_defaults(), skipped = 0, swept = 0;
    if (settings->only != NULL && !check_set(settings->only, &wanted, complaint))
        return false;
    if (settings->skip != NULL && !check_set(settings->skip, &skipped, complaint))
        return false;
    if (settings->sweep != NULL && !sweep_set(settings->sweep, &swept, complaint))
        return false;
    if (settings->only != NULL)
        wanted = with_needed(with_judged(settings, wanted));
    *selected = (wanted | swept) & ~skipped;
    if (*selected == 0)
        return complain(complaint, "no check is left to run");
    return judges_certificates(settings, *selected, complaint) &&
           ((selects(*selected, "certificates") && selects(*selected, "transparency")) ||
            needs_no_transparency(settings, complaint));
}

bool settings_want_trust(uint64_t selected)
{
    return selects(selected, "certificates") || selects(selected, "connect");
}

bool settings_want_dns(uint64_t selected) { return selects(selected, "dns"); }

bool settings_server_name(const struct shakedown_settings *settings, struct arena *arena, const char **name,
                          struct complaint *complaint)
{
    *name = NULL;
    if (settings->server_name == NULL)
        return true;
    if (settings->no_server_name)
        return complain(complaint, "a server name and no server name exclude each other");
    struct complaint wrong = {0};
    *name = target_server_name(arena, settings->server_name, &wrong);
    return *name != NULL || complain(complaint, "the server name to send is not usable: %s", wrong.text);
}

void settings_apply_name(const struct shakedown_settings *settings, const char *name, struct target *target)
{
    if (settings->no_server_name)
        target->sni = NULL;
    else if (name != NULL)
        target->sni = name;
}

// RFC 7301 section 3.1; what is not printable ASCII cannot be named here.
static bool is_protocol_list(const char *text)
{
    for (;; text++) {
        size_t size = strcspn(text, ",");
        for (size_t i = 0; i < size; i++)
            if (text[i] <= ' ' || text[i] > '~')
                return false;
        text += size;
        if (size == 0)
            return false;
        if (*text == '\0')
            return true;
    }
}

bool settings_offer(const struct shakedown_settings *settings, struct complaint *complaint)
{
    const char *tls = settings->tls, *alpn = settings->alpn;
    if (tls != NULL && strcmp(tls, "1.2") != 0 && strcmp(tls, "1.3") != 0)
        return complain(complaint, "a connection is made with TLS 1.2 or 1.3, not '%.64s'", tls);
    return alpn == NULL || (strlen(alpn) <= PROTOCOLS && is_protocol_list(alpn)) ||
           complain(complaint, "'%.64s' is no list of protocols for ALPN: names parted by commas, of %d octets at most",
                    alpn, PROTOCOLS);
}

void settings_apply_offer(const struct shakedown_settings *settings, struct target *target)
{
    if (settings->tls != NULL)
        target->pinned = strcmp(settings->tls, "1.2") == 0 ? TLS12 : TLS13;
    target->alpn = settings->alpn;
}

// Of an address: whether its kind was asked for.
static bool is_wanted(const struct shakedown_settings *settings, const char *address, struct complaint *complaint)
{
    bool ipv6 = strchr(address, ':') != NULL;
    if (ipv6 ? !settings->ipv4_only : !settings->ipv6_only)
        return true;
    return complain(complaint, "%s is an %s address, and only %s was asked for", address, ipv6 ? "IPv6" : "IPv4",
                    ipv6 ? "IPv4" : "IPv6");
}

bool settings_address(const struct shakedown_settings *settings, struct arena *arena, const char **address,
                      struct complaint *complaint)
{
    *address = NULL;
    if (settings->ipv4_only && settings->ipv6_only)
        return complain(complaint, "IPv4 only and IPv6 only exclude each other");
    if (settings->address == NULL)
        return true;
    *address = target_address(arena, settings->address);
    if (*address == NULL)
        return complain(complaint, "'%.64s' is not an IPv4 or IPv6 address", settings->address);
    return is_wanted(settings, *address, complaint);
}

// libunbound takes "IP@PORT".
bool settings_resolver(const struct shakedown_settings *settings, struct arena *arena, const char **resolver,
                       struct complaint *complaint)
{
    const char *text = settings->resolver_address;
    *resolver = NULL;
    if (text == NULL)
        return true;
    if (settings->system_resolver)
        return complain(complaint, "the system's resolver and a resolver's address exclude each other");
    const char *at = strchr(text, '@');
    char *host = arena_text(arena, "%s", text), *end = NULL;
    unsigned long port = at == NULL ? 53 : strtoul(at + 1, &end, 10);
    if (at != NULL)
        host[at - text] = '\0';
    bool good = target_address(arena, host) != NULL && port >= 1 && port <= UINT16_MAX;
    if (!good || (at != NULL && (at[1] < '0' || at[1] > '9' || *end != '\0')))
        return complain(complaint, "'%.64s' is not the address of a resolver: IP or IP@PORT", text);
    *resolver = arena_text(arena, "%s@%lu", host, port);
    return true;
}

bool settings_want_target(const struct shakedown_settings *settings, const struct target *target,
                          struct complaint *complaint)
{
    return !target->is_address || settings->address != NULL || is_wanted(settings, target->host, complaint);
}

// --- shards ----------------------------------------------------------------------------------------

// Digits and nothing else, up to a million. NULL is none.
static bool read_number(const char *text, unsigned *number)
{
    size_t size = text == NULL ? 0 : strspn(text, "0123456789");
    *number = size == 0 || size > 7 ? 0 : (unsigned)strtoul(text, NULL, 10);
    return size != 0 && size <= 7 && text[size] == '\0';
}

// Kubernetes tells an Indexed Job's pods their index; Slurm tells the tasks of an array more. count 0: it is not told.
static bool environment_shard(unsigned *index, unsigned *count)
{
    unsigned least = 0, step = 1;
    if (read_number(getenv("JOB_COMPLETION_INDEX"), index))
        return true;
    if (!read_number(getenv("SLURM_ARRAY_TASK_ID"), index))
        return false;
    read_number(getenv("SLURM_ARRAY_TASK_MIN"), &least);
    if (!read_number(getenv("SLURM_ARRAY_TASK_STEP"), &step) || step == 0)
        step = 1;
    *index = *index < least ? UINT32_MAX : (*index - least) / step;
    read_number(getenv("SLURM_ARRAY_TASK_COUNT"), count);
    return true;
}

// count 0: the user does not say. An array that has another number of tasks is a part of the one that is meant, one
// that is submitted again perhaps, and then its numbers do not tell which part of the list is whose.
static bool automatic_shard(unsigned *index, unsigned *count, struct complaint *complaint)
{
    unsigned tasks = 0;
    if (!environment_shard(index, &tasks))
        return complain(complaint,
                        "neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID is a number to take the shard from");
    if (*count == 0)
        *count = tasks;
    if (*count == 0)
        return complain(complaint, "the environment does not tell how many shards there are: write auto/N");
    return tasks == 0 || tasks == *count ||
           complain(complaint, "the array has %u tasks, and not %u: write I/%u for the part that this one is", tasks,
                    *count, *count);
}

bool settings_shard(const struct shakedown_settings *settings, unsigned *index, unsigned *count,
                    struct complaint *complaint)
{
    char first[16];
    const char *text = settings->shard, *slash = text == NULL ? NULL : strchr(text, '/');
    *index = *count = 0;
    if (text == NULL)
        return true;
    size_t size = slash == NULL ? strlen(text) : (size_t)(slash - text);
    snprintf(first, sizeof first, "%.*s", size > 15 ? 15 : (int)size, text);
    bool told = slash != NULL && read_number(slash + 1, count) && *count != 0;
    bool automatic = strcmp(first, "auto") == 0;
    if (automatic ? slash != NULL && !told : !told || !read_number(first, index))
        return complain(complaint, "'%.64s' is no shard: I/N (I from 0), auto, or auto/N", text);
    if (automatic && !automatic_shard(index, count, complaint))
        return false;
    return *index < *count || complain(complaint, "of %u shards the last one is %u", *count, *count - 1);
}

struct judge *settings_judge(const struct shakedown_settings *settings, bool before, struct complaint *complaint)
{
    struct judge_settings judge = {
        .policy = settings->policy,
        .waivers = settings->waivers,
        .baseline = settings->baseline,
        .before = before,
        .has_since = before && settings->has_since,
        .since = settings->since,
        .ignore = settings->ignore,
        .has_now = settings->has_now,
        .now = settings->now,
        .has_expires_within = settings->has_expires_within,
        .expires_within = settings->expires_within,
    };
    return judge_open(&judge, complaint);
}
