// SPDX-License-Identifier: Apache-2.0
//
// A chain's object "transparency": the SCTs that came along, and what the policies of programs make of them.
#include "check/transparency.h"

#include "report/tree.h"

static json_t *standing(struct arena *scratch, const struct ct_log *log, enum ct_program program)
{
    return tree_text(scratch, log == NULL ? NULL : ct_state_name(log->standing[program].state));
}

static json_t *sct_row(struct arena *scratch, const struct sct_fact *row)
{
    const struct ct_log *log = row->log;
    json_t *object = tree_object();
    tree_set(object, "source", tree_text(scratch, sct_source_name(row->source)));
    tree_set(object, "version", tree_number_or_null(row->version));
    tree_set(object, "log_id", tree_text(scratch, row->log_id));
    tree_set(object, "log", tree_text(scratch, log == NULL ? NULL : log->name));
    tree_set(object, "operator", tree_text(scratch, log == NULL ? NULL : log->operator));
    tree_set(object, "api", tree_text(scratch, log == NULL ? NULL : log->tiled ? "static-ct-api" : "rfc6962"));
    tree_set(object, "chrome", standing(scratch, log, CT_CHROME));
    tree_set(object, "apple", standing(scratch, log, CT_APPLE));
    tree_set(object, "timestamp", row->has_time ? tree_time(scratch, row->time) : tree_text(scratch, NULL));
    tree_set_fact(scratch, object, &row->fact);
    return object;
}

static json_t *policy_row(struct arena *scratch, const struct ct_policy_fact *row, enum ct_program program)
{
    json_t *object = tree_object();
    tree_set(object, "policy", tree_text(scratch, ct_program_name(program)));
    tree_set(object, "date", tree_text(scratch, row->date));
    tree_set(object, "required", tree_number_or_null(row->required));
    tree_set(object, "counted", tree_number(row->counted));
    tree_set_fact(scratch, object, &row->fact);
    return object;
}

json_t *tree_transparency(struct arena *scratch, const struct transparency_fact *fact)
{
    if (fact == NULL)
        return tree_text(scratch, NULL);
    json_t *object = tree_fact(scratch, &fact->fact), *scts = tree_list(), *policies = tree_list();
    for (size_t i = 0; i < fact->sct_count; i++)
        tree_add(scts, sct_row(scratch, &fact->scts[i]));
    for (size_t i = 0; i < CT_PROGRAMS; i++)
        tree_add(policies, policy_row(scratch, &fact->policies[i], (enum ct_program)i));
    tree_set(object, "logs", tree_text(scratch, fact->logs));
    tree_set(object, "scts", scts);
    tree_set(object, "policies", policies);
    return object;
}
