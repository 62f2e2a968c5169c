// SPDX-License-Identifier: Apache-2.0
//
// Which protocol versions does the server have? SSLv2 and SSLv3 are prohibited (RFC 6176, RFC
// 7568), TLS 1.0 and 1.1 deprecated (RFC 8996). How a version is found: version_find.c.
#include "check/versions.h"
#include "base/arena.h"
#include "check/farm.h"

static enum progress run(struct host *host, struct facts *facts);

extern const struct check versions_check;
const struct check versions_check = {
    .id = "versions",
    .question = "Which protocol versions, from SSLv2 to TLS 1.3, does the server have?",
    .citations = "RFC 6101, RFC 8446, RFC 8996, RFC 9325",
    .flags = CHECK_DEFAULT,
    .run = run,
};

static void tell_of_farm(struct host *host, struct facts *facts, const struct farm *farm,
                         struct version_found found[VERSIONS])
{
    struct evidence evidence = {0};
    for (size_t i = 0; farm->mixed && i < VERSIONS; i++)
        if (farm->accepted != NULL && found[i].version == farm->version) {
            found[i].fact.verdict = VERDICT_YES;
            evidence_add(host->scratch, &found[i].fact.evidence, farm->accepted->key);
            evidence = found[i].fact.evidence;
        } else if (found[i].fact.verdict == VERDICT_NO) {
            farm_doubt(&found[i].fact);
        }
    if (farm->accepted != NULL)
        anomaly_add(&host->facts_memory, facts, "mixed_backends",
                    "a version was once refused and once accepted: several servers behind one address, or one that "
                    "changes",
                    evidence);
}

static enum progress run(struct host *host, struct facts *facts)
{
    struct version_found found[VERSIONS];
    struct farm farm;
    enum progress progress = versions_find(host, found);
    if (farm_find(host, found, &farm) == WAIT || progress == WAIT)
        return WAIT;
    facts->farm = farm.mixed;
    tell_of_farm(host, facts, &farm, found);
    struct version_fact *rows = arena_array(&host->facts_memory, VERSIONS + 1, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < VERSIONS; i++) {
        rows[count++] = (struct version_fact){found[i].version, fact_keep(&host->facts_memory, found[i].fact)};
        if (found[i].draft == 0)
            continue;
        rows[count] = (struct version_fact){found[i].draft, rows[count - 1].fact};
        rows[count++].fact.verdict = VERDICT_YES;
    }
    facts->versions = rows;
    facts->version_count = count;
    return DONE;
}
