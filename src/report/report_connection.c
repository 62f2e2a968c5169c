// SPDX-License-Identifier: Apache-2.0
//
// The endpoint's "connection": one handshake as a client makes it, what was agreed on, and what the client
// would say to it.
#include "check/connect.h"
#include "report/tree.h"
#include "wire/registry.h"

static json_t *version(struct arena *scratch, uint16_t code)
{
    return code == 0 ? tree_text(scratch, NULL) : tree_version(scratch, code);
}

// A name, or the number on the wire; 0: null.
static json_t *named(struct arena *scratch, uint16_t code, const char *name)
{
    if (code == 0)
        return tree_text(scratch, NULL);
    return name == NULL ? tree_code(scratch, code) : tree_text(scratch, name);
}

static json_t *offer(struct arena *scratch, const struct connection_fact *fact)
{
    json_t *object = tree_object();
    tree_set(object, "lowest", version(scratch, fact->lowest));
    tree_set(object, "highest", version(scratch, fact->highest));
    tree_set(object, "alpn", tree_text(scratch, fact->offered));
    return object;
}

static void set_agreed(struct arena *scratch, json_t *object, const struct connection_fact *fact)
{
    const struct suite *suite = suite_find(fact->suite);
    const struct group *group = group_find(fact->group);
    const struct scheme *scheme = scheme_find(fact->scheme);
    bool completed = fact->completed.verdict == VERDICT_YES;
    tree_set(object, "version", version(scratch, fact->version));
    tree_set(object, "suite", named(scratch, fact->suite, suite == NULL ? NULL : suite->name));
    tree_set(object, "group", named(scratch, fact->group, group == NULL ? NULL : group->name));
    tree_set(object, "signature_scheme", named(scratch, fact->scheme, scheme == NULL ? NULL : scheme->name));
    tree_set(object, "alpn", tree_text(scratch, fact->alpn));
    tree_set(object, "extended_master_secret",
             completed ? tree_truth(fact->extended_master_secret) : tree_text(scratch, NULL));
    tree_set(object, "secure_renegotiation",
             completed ? tree_truth(fact->secure_renegotiation) : tree_text(scratch, NULL));
}

static json_t *client_certificate(const struct connection_fact *fact)
{
    json_t *object = tree_object();
    tree_set(object, "requested", tree_truth(fact->certificate_requested));
    tree_set(object, "sent", tree_truth(fact->certificate_sent));
    return object;
}

static json_t *http(struct arena *scratch, const struct connection_fact *fact)
{
    json_t *object = tree_fact(scratch, &fact->http);
    tree_set(object, "status", tree_number_or_null(fact->status));
    tree_set(object, "head", tree_texts(scratch, fact->head));
    return object;
}

json_t *tree_connection(struct arena *scratch, const struct facts *facts, const struct tree_clock *clock, bool with_pem)
{
    const struct connection_fact *fact = facts->connection;
    if (fact == NULL)
        return tree_text(scratch, NULL);
    json_t *object = tree_fact(scratch, &fact->usable);
    tree_set(object, "completed", tree_fact(scratch, &fact->completed));
    tree_set(object, "trusted", tree_fact(scratch, &fact->trusted));
    tree_set(object, "offered", offer(scratch, fact));
    set_agreed(scratch, object, fact);
    tree_set(object, "client_certificate", client_certificate(fact));
    tree_set(object, "stapled", fact->chain == NULL ? tree_text(scratch, NULL) : tree_truth(fact->stapled));
    tree_set(object, "certificates",
             fact->chain == NULL ? tree_text(scratch, NULL) : tree_chain(scratch, fact->chain, clock, with_pem));
    tree_set(object, "http", http(scratch, fact));
    if (clock->shown) {
        tree_set(object, "connect_ms", tree_number_or_null(fact->connect_ms));
        tree_set(object, "ms", tree_number_or_null(fact->answer_ms));
    }
    return object;
}
