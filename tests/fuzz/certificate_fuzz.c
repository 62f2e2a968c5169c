// SPDX-License-Identifier: Apache-2.0
//
// Any octets as a certificate: reading them, matching names, asking whether it issued itself and which
// rules it breaks must end, whatever they are. What is printed must be printable.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/certificate.h"
#include "wire/lint.h"
#include "wire/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    for (; *text != '\0'; text++)
        always((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_list(struct strings list)
{
    always(list.count <= CERTIFICATE_NAMES);
    for (size_t i = 0; i < list.count; i++)
        check_text(list.text[i]);
}

static void check_rules(struct arena *arena, const struct certificate *certificate, bool leaf)
{
    struct lint_result result;
    lint_certificate(arena, certificate, leaf, &result);
    size_t all = result.held + result.broken + result.unknown + result.not_applicable;
    always(all == (result.error == NULL ? lint_rule_count() : 0));
    for (size_t i = 0; i < result.row_count; i++)
        check_text(result.rows[i].verdict == LINT_BROKEN ? result.rows[i].value : result.rows[i].sentence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hosts[] = {"localhost", "www.example.test.", "127.0.0.1", "::1", ""};
    struct arena arena = {0};
    struct certificate certificate;
    certificate_read(&arena, (struct bytes){data, size}, &certificate);
    always(strcmp(certificate_key(&arena, (struct bytes){data, size}).type, certificate.key_type) == 0);
    check_text(certificate.subject);
    check_text(certificate.issuer);
    check_text(certificate.key_type);
    check_text(certificate.signature_algorithm);
    check_list(certificate.dns_names);
    check_list(certificate.ip_addresses);
    check_list(certificate.other_names);
    check_list(certificate.unknown_critical);
    always(!certificate.self_signed || certificate_issued(&certificate, &certificate) == ISSUED_YES);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct name_match match;
        names_match(&arena, &certificate, hosts[i], &match);
        always(match.matched == (match.reason == NULL));
        check_text(match.sentence);
    }
    check_rules(&arena, &certificate, size % 2 == 0);
    arena_release(&arena);
    return 0;
}
