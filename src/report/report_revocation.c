// SPDX-License-Identifier: Apache-2.0
//
// A chain's object "revocation": whether the promise of a staple is kept, and for each certificate its status with
// every source that was looked at.
#include "check/revocation_facts.h"
#include "report/tree.h"

static void set_standing(struct arena *scratch, json_t *object, const struct standing_fact *fact)
{
    tree_set(object, "status", tree_text(scratch, standing_name(fact->standing)));
    tree_set(object, "reason", tree_text(scratch, fact->reason));
    tree_set(object, "sentence", tree_text(scratch, fact->sentence));
    tree_set(object, "evidence", tree_evidence(scratch, fact->evidence));
}

static json_t *source(struct arena *scratch, const struct revocation_row *row)
{
    const struct revocation_result *said = &row->said;
    json_t *object = tree_object();
    tree_set(object, "source", tree_text(scratch, revocation_source_name(row->source)));
    tree_set(object, "url", tree_text(scratch, row->url));
    set_standing(scratch, object, &row->fact);
    tree_set(object, "this_update", tree_time(scratch, said->this_update));
    tree_set(object, "next_update", tree_time(scratch, said->next_update));
    tree_set(object, "produced_at", tree_time(scratch, said->produced_at));
    tree_set(object, "revoked_at", tree_time(scratch, said->revoked_at));
    tree_set(object, "revocation_reason", tree_text(scratch, said->revocation_reason));
    tree_set(object, "signer", tree_text(scratch, said->signer));
    tree_set(object, "delegated", tree_truth(said->delegated));
    tree_set(object, "no_check", tree_truth(said->no_check));
    tree_set(object, "number", tree_text(scratch, said->number));
    tree_set(object, "unissued", row->controlled ? tree_fact(scratch, &row->unissued) : tree_text(scratch, NULL));
    return object;
}

static json_t *certificate(struct arena *scratch, const struct certificate_revocation *found, size_t index)
{
    json_t *object = tree_object(), *sources = tree_list();
    tree_set(object, "certificate", tree_number(index));
    set_standing(scratch, object, &found->fact);
    for (size_t i = 0; i < found->row_count; i++)
        tree_add(sources, source(scratch, &found->rows[i]));
    tree_set(object, "sources", sources);
    return object;
}

json_t *tree_revocation(struct arena *scratch, const struct chain_revocation *found, size_t count)
{
    if (found == NULL)
        return tree_text(scratch, NULL);
    json_t *object = tree_object(), *certificates = tree_list();
    tree_set(object, "must_staple_kept", tree_fact(scratch, &found->must_staple));
    for (size_t i = 0; i < count; i++)
        tree_add(certificates, certificate(scratch, &found->certificates[i], i));
    tree_set(object, "certificates", certificates);
    return object;
}
