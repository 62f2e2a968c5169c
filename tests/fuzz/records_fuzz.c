// SPDX-License-Identifier: Apache-2.0
//
// Any octets as the data of a CAA, TLSA and HTTPS record: the first octet says which. Reading must end, what is printed
// must be printable, and lists must not be longer than their octets allow.
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/caa.h"
#include "wire/svcb.h"
#include "wire/tlsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    for (; *text != '\0'; text++)
        always((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_list(struct strings list, size_t most)
{
    always(list.count <= most);
    for (size_t i = 0; i < list.count; i++)
        check_text(list.text[i]);
}

static void run_caa(struct arena *arena, struct bytes rdata)
{
    struct caa_record record;
    caa_read(arena, rdata, &record);
    check_text(record.tag_text);
    check_text(record.value);
    check_text(record.issuer);
    always(record.parameter_count <= rdata.size);
    always(!record.malformed || (record.issuer[0] == '\0' && record.parameter_count == 0));
    for (size_t i = 0; i < record.parameter_count; i++) {
        check_text(record.parameters[i].tag);
        check_text(record.parameters[i].value);
    }
}

static void run_tlsa(struct arena *arena, struct bytes rdata)
{
    struct tlsa_record record;
    struct certificate certificate;
    tlsa_read(arena, rdata, &record);
    certificate_read(arena, record.data, &certificate);
    if (tlsa_matches(&record, &certificate))
        always(record.unusable == NULL);
}

static void run_svcb(struct arena *arena, struct bytes rdata)
{
    struct svcb_record record;
    svcb_read(arena, rdata, &record);
    check_text(record.target);
    check_list(record.alpn, rdata.size / 2);
    check_list(record.ipv4_hints, rdata.size / 4);
    check_list(record.ipv6_hints, rdata.size / 16);
    always(record.param_count <= rdata.size / 4 && record.mandatory_count <= rdata.size / 2);
    always(record.priority != 0 || record.param_count == 0);
    always(record.ech.error == NULL || record.malformed != NULL);
    for (size_t i = 0; i < record.ech.count; i++)
        check_text(record.ech.configs[i].public_name);
    for (size_t i = 0; i < record.param_count; i++)
        check_text(svcb_key_name(arena, record.params[i].key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    if (size == 0)
        return 0;
    struct bytes rdata = {data + 1, size - 1};
    if (data[0] % 3 == 0)
        run_caa(&arena, rdata);
    else if (data[0] % 3 == 1)
        run_tlsa(&arena, rdata);
    else
        run_svcb(&arena, rdata);
    arena_release(&arena);
    return 0;
}
