// SPDX-License-Identifier: Apache-2.0
//
// Records go through the parsers, so that what stands in a golden file is what a name server could have sent.
#include "dns_sample.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define KEY      "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
#define ECH                                                                                                            \
    "0045FE0D00411E00200020462F67BD4E21708CAFF0D5983D026466EE68171F3DCF8DF7CFD264C534CC660D0004000100010012"           \
    "636C6F7564666C6172652D6563682E636F6D0000"

static struct bytes hex(struct arena *arena, const char *text)
{
    struct bytes bytes;
    if (!text_from_hex(arena, text, &bytes))
        die("a sample is not hex: %s", text);
    return bytes;
}

static struct fact with(struct fact fact, struct evidence evidence)
{
    fact.evidence = evidence;
    return fact;
}

static void fill_caa(struct arena *arena, struct evidence evidence, const char *leaf, struct caa_facts *caa)
{
    static const char *const records[] = {
        "00056973737565"
        "6C657473656E63727970742E6F72673B206163636F756E743D31", // issue letsencrypt.org; account=1
        "0005696F646566"
        "6D61696C746F3A78406578616D706C652E636F6D", // iodef mailto:x@example.com
        "8009697373756577696C64"
        "3B", // critical issuewild ;
        "00056973737565"
        "2525", // issue %%
        "0009", // cut short
    };
    struct caa_row *rows = arena_array(arena, COUNT(records), sizeof *rows);
    for (size_t i = 0; i < COUNT(records); i++) {
        rows[i].name = "example.com";
        caa_read(arena, hex(arena, records[i]), &rows[i].record);
    }
    struct dns_lookup_fact *lookups = arena_array(arena, 2, sizeof *lookups);
    lookups[0] = (struct dns_lookup_fact){.name = "www.example.com",
                                          .type = RECORD_CAA,
                                          .alias = "cdn.example.net",
                                          .fact = with(fact_of(VERDICT_NO), evidence),
                                          .dnssec = "insecure"};
    lookups[1] = (struct dns_lookup_fact){
        .name = "example.com", .type = RECORD_CAA, .fact = with(fact_of(VERDICT_YES), evidence), .dnssec = "secure"};
    struct caa_issuer *issuers = arena_array(arena, 2, sizeof *issuers);
    issuers[0] =
        (struct caa_issuer){.leaf = leaf,
                            .covers = "www.example.com",
                            .issuer = "Let's Encrypt",
                            .ca = "Let's Encrypt",
                            .name = "example.com",
                            .fact = with(fact_because(VERDICT_YES, "listed", "the records name it"), evidence)};
    issuers[1] = (struct caa_issuer){
        .leaf = leaf,
        .covers = "*.example.com",
        .issuer = "Let's Encrypt",
        .ca = "Let's Encrypt",
        .name = "example.com",
        .fact = with(fact_because(VERDICT_NO, "nobody_may_issue", "the records let nobody issue"), evidence)};
    *caa = (struct caa_facts){.fact = with(fact_of(VERDICT_YES), evidence),
                              .name = "example.com",
                              .dnssec = "insecure",
                              .lookups = lookups,
                              .lookup_count = 2,
                              .records = rows,
                              .record_count = COUNT(records),
                              .issuers = issuers,
                              .issuer_count = 2};
}

static void fill_tlsa(struct arena *arena, struct evidence evidence, const char *leaf, bool keeps,
                      struct tlsa_facts *tlsa)
{
    static const char *const records[] = {"030101" KEY, "020001" KEY,
                                          "FF0203"
                                          "00",
                                          "0401"};
    struct tlsa_record *rows = arena_array(arena, COUNT(records), sizeof *rows);
    struct dane_match *matches = arena_array(arena, COUNT(records), sizeof *matches);
    for (size_t i = 0; i < COUNT(records); i++) {
        tlsa_read(arena, hex(arena, records[i]), &rows[i]);
        matches[i].fact = rows[i].unusable != NULL ? fact_because(VERDICT_NOT_APPLICABLE, "unusable", rows[i].unusable)
                                                   : fact_because(VERDICT_NO, "no_match", "the leaf is another one");
    }
    if (keeps)
        matches[0] = (struct dane_match){.matches = true, .certificate = leaf, .fact = fact_of(VERDICT_YES)};
    struct dane_chain *chain = arena_alloc(arena, sizeof *chain);
    *chain = (struct dane_chain){.leaf = leaf, .fact = with(matches[0].fact, evidence), .matches = matches};
    struct dns_lookup_fact *lookup = arena_alloc(arena, sizeof *lookup);
    *lookup = (struct dns_lookup_fact){.name = "_443._tcp.www.example.com",
                                       .type = RECORD_TLSA,
                                       .fact = with(fact_of(VERDICT_YES), evidence),
                                       .dnssec = "secure"};
    *tlsa = (struct tlsa_facts){.fact = with(fact_of(VERDICT_YES), evidence),
                                .name = lookup->name,
                                .dnssec = "secure",
                                .lookups = lookup,
                                .lookup_count = 1,
                                .records = rows,
                                .record_count = COUNT(records),
                                .chains = chain,
                                .chain_count = 1};
}

static void fill_https(struct arena *arena, struct evidence evidence, bool keeps, struct https_facts *https)
{
    static const char *const records[] = {
        "000100"
        "0000000400010003"
        "0001000602683202"
        "6833"
        "00030002"
        "20FB"
        "00040004C0000211"
        "00050047" ECH "00060010"
        "20010DB8000000000000000000000017"
        "FDE9000105", // everything
        "0002"
        "03737663"
        "03636F6D"
        "00"
        "0002"
        "0000", // no-default-alpn without alpn
    };
    static const struct https_row agreement[] = {
        {.id = "well_formed", .fact = {.verdict = VERDICT_YES}},
        {.id = "port", .fact = {.verdict = VERDICT_YES}},
        {.id = "ipv4_hints",
         .value = "www.example.com",
         .fact = {.verdict = VERDICT_NO,
                  .reason = "other_address",
                  .sentence = "192.0.2.17 is no address of www.example.com"}},
    };
    struct https_record *rows = arena_array(arena, COUNT(records), sizeof *rows);
    for (size_t i = 0; i < COUNT(records); i++) {
        rows[i].name = "www.example.com";
        svcb_read(arena, hex(arena, records[i]), &rows[i].record);
    }
    struct https_row *all = arena_array(arena, COUNT(agreement) + 2, sizeof *all);
    memcpy(all, agreement, sizeof agreement);
    all[3] = (struct https_row){
        .id = "alpn", .value = "h2", .of_address = true, .fact = with(fact_of(VERDICT_YES), evidence)};
    if (!keeps)
        all[3].fact =
            with(fact_because(VERDICT_NO, "not_selected_by_server", "the server does not select it"), evidence);
    all[4] = (struct https_row){
        .id = "ech",
        .value = "cloudflare-ech.com",
        .of_address = true,
        .fact = fact_because(VERDICT_NOT_TESTED, "not_selected", "the check that would tell was not selected")};
    struct dns_lookup_fact *lookup = arena_alloc(arena, sizeof *lookup);
    *lookup = (struct dns_lookup_fact){.name = "www.example.com",
                                       .type = RECORD_HTTPS,
                                       .fact = with(fact_of(VERDICT_YES), evidence),
                                       .dnssec = "secure"};
    *https = (struct https_facts){.fact = with(fact_of(VERDICT_YES), evidence),
                                  .name = lookup->name,
                                  .target = NULL,
                                  .dnssec = "secure",
                                  .lookups = lookup,
                                  .lookup_count = 1,
                                  .records = rows,
                                  .record_count = COUNT(records),
                                  .rows = all,
                                  .row_count = COUNT(agreement) + 2};
}

const struct dns_facts *dns_sample(struct arena *arena, struct evidence evidence, const char *leaf, bool keeps)
{
    struct dns_facts *dns = arena_alloc(arena, sizeof *dns);
    *dns = (struct dns_facts){
        .name = "www.example.com", .fact = with(fact_of(VERDICT_YES), evidence), .dnssec = "insecure"};
    fill_caa(arena, evidence, leaf, &dns->caa);
    fill_tlsa(arena, evidence, leaf, keeps, &dns->tlsa);
    fill_https(arena, evidence, keeps, &dns->https);
    return dns;
}

const struct dns_facts *dns_sample_hostile(struct arena *arena, struct evidence evidence)
{
    static const char nasty[] = "\033[2J\xFF,\xE2\x80\xAE\n";
    static const char leaf[] = "00000000000000000000000000000000000000000000000000000000000000FF";
    struct dns_facts *dns = arena_alloc(arena, sizeof *dns);
    struct caa_row *row = arena_alloc(arena, sizeof *row);
    struct caa_issuer *issuer = arena_alloc(arena, sizeof *issuer);
    struct https_row *agreement = arena_alloc(arena, sizeof *agreement);
    const struct fact unknown = with(fact_because(VERDICT_UNKNOWN, "bogus", nasty), evidence);
    *row = (struct caa_row){.name = nasty, .record = {.tag_text = nasty, .value = nasty, .issuer = nasty}};
    *issuer = (struct caa_issuer){.leaf = leaf, .covers = nasty, .issuer = nasty, .fact = unknown};
    *agreement = (struct https_row){.id = "alpn", .value = nasty, .of_address = true, .fact = unknown};
    *dns = (struct dns_facts){
        .name = nasty, .fact = with(fact_of(VERDICT_YES), evidence), .dnssec = "bogus", .why = nasty};
    dns->caa = (struct caa_facts){
        .fact = unknown, .name = nasty, .records = row, .record_count = 1, .issuers = issuer, .issuer_count = 1};
    dns->tlsa = (struct tlsa_facts){.fact = unknown, .name = nasty};
    dns->https =
        (struct https_facts){.fact = unknown, .name = nasty, .target = nasty, .rows = agreement, .row_count = 1};
    return dns;
}
