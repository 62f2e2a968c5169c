// SPDX-License-Identifier: Apache-2.0
//
// A list holds fingerprints. Its yes needs a path that holds and ends in a root at hand whose
// fingerprint it has. Its no must hold whatever roots the list has that are not at hand: either the leaf
// alone breaks a rule, or every path ends in a root at hand and none of the names on the way is that of
// a listed root which is not. All else is unknown, and says what is missing.
#include "wire/trust_lists.h"

#include <openssl/x509.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/trust_reason.h"

#define NAMES 64

// The first path of each kind; TRUST_PATHS: there is none.
struct kinds {
    size_t failing;  // ends in a listed root, and does not hold
    size_t unsure;   // ends in a listed root that is trusted up to a day that is not known
    size_t over;     // ... up to a day before the leaf's
    size_t disputed; // ends in a root about which sources disagree
    size_t blocked;
    size_t absent;
    size_t open; // ends in no root
};

static const struct trust_node *last_of(const struct trust_path *path) { return path->node[path->count - 1]; }

static int64_t not_before(X509 *certificate)
{
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool read = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notBefore(certificate)) == 1;
    ASN1_TIME_free(epoch);
    return read ? (int64_t)days * 86400 + seconds : INT64_MAX;
}

static void note(size_t *kind, size_t index)
{
    if (*kind == TRUST_PATHS)
        *kind = index;
}

// Sorts a path in; true: it is a yes.
static bool sort_in(const struct trust_case *all, size_t list, size_t index, struct kinds *kinds)
{
    const struct trust_path *path = &all->paths->path[index];
    const uint8_t *digest = last_of(path)->digest;
    const struct root_limit *limit = root_limit(list, digest);
    if (!path->ends) {
        note(&kinds->open, index);
        return false;
    }
    switch (root_standing(list, digest)) {
    case ROOT_ABSENT:
        note(&kinds->absent, index);
        return false;
    case ROOT_BLOCKED:
        note(&kinds->blocked, index);
        return false;
    case ROOT_DISPUTED:
        note(all->result[index].trusted ? &kinds->disputed : &kinds->failing, index);
        return false;
    case ROOT_LISTED:
        break;
    }
    int64_t begins = limit == NULL ? 0 : not_before(path->node[0]->certificate);
    if (!all->result[index].trusted)
        note(&kinds->failing, index);
    else if (limit == NULL || begins <= limit->holds_until)
        return true;
    else
        note(begins > limit->over_after ? &kinds->over : &kinds->unsure, index);
    return false;
}

// --- names of roots that are not at hand -------------------------------------------------------------

// What every list is asked about, gathered once.
struct names {
    const char *issuer[NAMES]; // of every certificate on the paths: each may have a root's certificate too
    size_t issuer_count;
    bool full;
    const char *root[TRUST_PATHS]; // digests of the roots that are at hand
    size_t root_count;
};

static bool have(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static void gather(struct arena *arena, const struct trust_paths *paths, struct names *names)
{
    for (size_t i = 0; i < paths->count; i++) {
        const struct trust_path *path = &paths->path[i];
        if (path->ends) {
            char *digest = arena_alloc(arena, 65);
            root_digest(last_of(path)->digest, digest);
            names->root[names->root_count++] = digest;
        }
        for (size_t at = 0; at < path->count; at++) {
            const char *issuer = trust_issuer(arena, path->node[at]->certificate);
            if (have(names->issuer, names->issuer_count, issuer))
                continue;
            if (names->issuer_count < NAMES)
                names->issuer[names->issuer_count++] = issuer;
            else
                names->full = true;
        }
    }
}

// The name of a root that the list has, that is not at hand, and that could end a path; NULL: there is none.
static const char *root_elsewhere(const struct names *names, size_t list)
{
    for (size_t i = 0; i < names->issuer_count; i++)
        if (root_named(list, names->issuer[i], names->root, names->root_count))
            return names->issuer[i];
    return NULL;
}

// --- verdicts ----------------------------------------------------------------------------------------

// A list that is being asked.
struct asked {
    struct arena *arena;
    const struct trust_case *all;
    const char *list; // "Mozilla's list of 2026-07-19"
    struct trust_result *out;
};

// As far as a path goes. The sentence: `before`, the path's end, `between`, the list, `after`.
static void say(const struct asked *asked, size_t index, bool known, const char *reason, const char *before,
                const char *between, const char *after)
{
    const struct trust_path *path = &asked->all->paths->path[index];
    const char **text = arena_array(asked->arena, path->count, sizeof *text);
    for (size_t i = 0; i < path->count; i++)
        text[i] = trust_subject(asked->arena, path->node[i]->certificate);
    *asked->out = (struct trust_result){.known = known, .reason = reason, .path = {text, path->count}};
    asked->out->at = text[path->count - 1];
    if (path->ends)
        asked->out->root = text_hex(asked->arena, (struct bytes){last_of(path)->digest, 32});
    asked->out->sentence = arena_text(asked->arena, "%s%s%s%s%s", before, asked->out->at, between, asked->list, after);
}

static void say_open(const struct asked *asked, size_t index, const char *elsewhere)
{
    const struct trust_path *path = &asked->all->paths->path[index];
    const char *issuer = trust_issuer(asked->arena, last_of(path)->certificate);
    say(asked, index, false, "root_not_at_hand", "", "", "");
    asked->out->sentence =
        elsewhere != NULL
            ? arena_text(asked->arena, "%s has a root named %s, whose certificate was not sent and is not at hand.",
                         asked->list, elsewhere)
            : arena_text(asked->arena,
                         "%s, the issuer of %s, was not sent and is not at hand; %s has no root of that name.", issuer,
                         asked->out->at, asked->list);
}

static void keep(const struct asked *asked, const struct trust_result *result) { *asked->out = *result; }

// Without a yes: what it comes to, in this order. What follows the first three may be otherwise for a root
// that is not at hand.
static void settle(const struct asked *asked, const struct kinds *kinds, bool cut, const char *elsewhere)
{
    const struct trust_case *all = asked->all;
    if (!all->leaf.trusted)
        keep(asked, &all->leaf);
    else if (kinds->disputed != TRUST_PATHS)
        say(asked, kinds->disputed, false, "sources_disagree", "Sources disagree whether ",
            " stands for TLS servers in ", ".");
    else if (kinds->unsure != TRUST_PATHS)
        say(asked, kinds->unsure, false, "distrust_date", "", " is trusted for older certificates alone by ",
            ", and it is not known well enough up to which day.");
    else if (cut)
        *asked->out =
            (struct trust_result){.reason = "too_many_paths", .sentence = "There are more paths than are looked at."};
    else if (elsewhere != NULL)
        say_open(asked, kinds->open != TRUST_PATHS ? kinds->open : 0, elsewhere);
    else if (kinds->failing != TRUST_PATHS)
        keep(asked, &all->result[kinds->failing]);
    else if (kinds->over != TRUST_PATHS)
        say(asked, kinds->over, true, "distrusted_after", "", " is trusted for older certificates alone by ", ".");
    else if (kinds->blocked != TRUST_PATHS)
        say(asked, kinds->blocked, true, "distrusted", "", " is one that is not to be trusted in ", ".");
    else if (kinds->open != TRUST_PATHS)
        say_open(asked, kinds->open, NULL);
    else if (all->paths->path[kinds->absent].count == 1)
        say(asked, kinds->absent, true, "self_signed", "", " signs itself and is not in ", ".");
    else
        say(asked, kinds->absent, true, "unknown_issuer", "", ", the root, is not in ", ".");
}

void trust_lists_judge(struct arena *arena, const struct trust_case *all, struct trust_result out[ROOT_LISTS])
{
    struct names names = {.issuer_count = 0};
    gather(arena, all->paths, &names);
    bool cut = all->paths->cut || all->paths->count == 0 || names.full;
    for (size_t list = 0; list < ROOT_LISTS; list++) {
        struct kinds kinds = {TRUST_PATHS, TRUST_PATHS, TRUST_PATHS, TRUST_PATHS,
                              TRUST_PATHS, TRUST_PATHS, TRUST_PATHS};
        const struct root_list *row = root_list_at(list);
        struct asked asked = {arena, all, arena_text(arena, "%s's list of %s", row->name, row->date), &out[list]};
        size_t index = 0;
        while (index < all->paths->count && !sort_in(all, list, index, &kinds))
            index++;
        if (index < all->paths->count)
            keep(&asked, &all->result[index]);
        else
            settle(&asked, &kinds, cut, root_elsewhere(&names, list));
    }
}
