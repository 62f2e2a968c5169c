// SPDX-License-Identifier: Apache-2.0
//
// Looks a question up in its table and writes the record data.
#include "zone.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"
#include "probe/probe.h"

static struct bytes caa_rdata(struct arena *arena, const char *text)
{
    struct builder rdata = builder_in(arena);
    const char *space = strchr(text, ' ');
    builder_u8(&rdata, text[0] == '!' ? 128 : 0);
    text += text[0] == '!';
    size_t tag = builder_open(&rdata, 1);
    builder_add(&rdata, (struct bytes){(const uint8_t *)text, (size_t)(space - text)});
    builder_close(&rdata, tag, 1);
    if (space[1] != '\0')
        builder_add(&rdata, bytes_of_text(space + 1));
    return builder_bytes(&rdata);
}

static struct bytes rdata_of(struct arena *arena, const struct zone_row *row, const char *text)
{
    struct bytes rdata;
    if (row->type == RECORD_CAA)
        return caa_rdata(arena, text);
    if (!text_from_hex(arena, text, &rdata))
        die("%s has a record that is not hex: %s", row->name, text);
    return rdata;
}

static void fill(struct arena *arena, const struct zone_row *row, struct records_result *result)
{
    struct bytes *rdata = arena_array(arena, 4, sizeof *rdata);
    while (result->count < 4 && row->records[result->count] != NULL) {
        rdata[result->count] = rdata_of(arena, row, row->records[result->count]);
        result->count++;
    }
    result->rdata = rdata;
    result->have_data = result->count != 0;
    result->dnssec = row->dnssec;
    result->canonical_name = row->canonical;
    result->rcode = row->rcode;
    result->nxdomain = row->rcode == RCODE_NXDOMAIN;
    result->why = row->dnssec == DNSSEC_BOGUS ? "the signature is wrong" : NULL;
}

struct outcome zone_answer(const struct zone_row *zone, enum dnssec dnssec, struct ledger *ledger,
                           const struct answer *asked)
{
    struct probe probe;
    answer_decode(asked, &ledger->memory, &probe);
    always(probe.kind == PROBE_RECORDS);
    struct records_result *result = arena_alloc(&ledger->memory, sizeof *result);
    result->dnssec = dnssec;
    for (; zone->name != NULL; zone++) {
        if (strcmp(zone->name, probe.records.name) != 0 || zone->type != probe.records.type)
            continue;
        if (zone->kind != OUTCOME_REPLIED)
            return (struct outcome){.kind = zone->kind, .tries = 1};
        fill(&ledger->memory, zone, result);
        break;
    }
    return (struct outcome){.kind = OUTCOME_REPLIED, .records = result, .tries = 1};
}
