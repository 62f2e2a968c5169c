// SPDX-License-Identifier: Apache-2.0
//
// Any octets as a list of SCTs, as a certificate and as a staple with one: reading and judging must end, give a reason,
// and never find good what no log can have signed. The first octet says where the octets stand.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/ct_policy.h"
#include "wire/sct.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
    struct sct sct[SCTS];
    struct sct_judgement judgement[SCTS];
    struct ct_row row[SCTS];
    size_t count;
};

static void judge(struct arena *arena, const struct sct_question *question, struct found *found)
{
    for (size_t i = 0; i < found->count; i++) {
        struct sct_judgement *out = &found->judgement[i];
        sct_judge(arena, question, &found->sct[i], out);
        always((out->reason == NULL) == (out->sentence == NULL));
        always(out->answer == SCT_GOOD ? out->log != NULL : out->reason != NULL);
        found->row[i] = (struct ct_row){&found->sct[i], out};
    }
}

static void ask_policies(const struct found *found, int64_t now)
{
    struct ct_question question = {
        .row = found->row, .count = found->count, .not_before = now - 86400, .not_after = now + 86400, .now = now};
    for (size_t i = 0; i < CT_PROGRAMS; i++) {
        struct ct_verdict verdict;
        ct_policy_judge((enum ct_program)i, &question, &verdict);
        always((verdict.answer == CT_YES) == (verdict.reason == NULL));
        always(found->count != 0 || verdict.answer == CT_NO);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct found found = {.count = 0};
    bool there = true, good = true;
    if (size == 0)
        return 0;
    struct bytes octets = {data + 1, size - 1}, list = octets, rest;
    if (data[0] == 1)
        good = sct_in_certificate(octets, &there, &list);
    else if (data[0] == 2)
        good = sct_in_staple(octets, &there, &list);
    rest = sct_precertificate(&arena, octets);
    always(rest.size == 0 || rest.size < octets.size);
    if (good && there) {
        enum sct_source source = data[0] == 1 ? SCT_IN_CERTIFICATE : data[0] == 2 ? SCT_IN_OCSP : SCT_IN_TLS;
        const struct sct_question question = {octets, octets, 1770000000, 1780000000, ct_logs_built_in()};
        bool whole = sct_list_read(list, source, found.sct, &found.count);
        always(found.count <= SCTS && (!whole || found.count != 0));
        judge(&arena, &question, &found);
        ask_policies(&found, question.now);
    }
    arena_release(&arena);
    return 0;
}
