// SPDX-License-Identifier: Apache-2.0
//
// CAs by the organisation that certificates name and by the domains of CAA records; and the table itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../support/fixture.h"
#include "base/arena.h"
#include "wire/caa.h"
#include "wire/certificate.h"
#include "wire/distinguished.h"
#include "wire/issuers.h"

static void organisations(void **state)
{
    (void)state;
    static const struct {
        const char *organisation, *domain;
        bool want_known, want_recognized;
    } rows[] = {
        {"Let's Encrypt", "letsencrypt.org", true, true},
        {"LET'S ENCRYPT", "letsencrypt.org", true, true},
        {"Let's Encrypt", "digicert.com", true, false},
        {"Let's Encrypt", "letsencrypt.or", true, false},
        {"Let's Encrypt", "encrypt.org", true, false},
        {"Let's Encrypt", "", true, false},
        {"DigiCert Inc", "digicert.com", true, true},
        {"DigiCert Inc", "rapidssl.com", true, true},
        {"DigiCert Inc", "pkioverheid.nl", true, true}, // the last of a row
        {"(STAGING) Let's Encrypt", "letsencrypt.org", false, false},
        {"Shakedown Test", "letsencrypt.org", false, false},
        {"", "trustasia.com", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct issuer *issuer = issuer_find(rows[i].organisation);
        assert_int_equal(issuer != NULL, rows[i].want_known);
        if (issuer != NULL && issuer_recognizes(issuer, rows[i].domain) != rows[i].want_recognized)
            fail_msg("%s and %s", rows[i].organisation, rows[i].domain);
    }
    assert_string_equal(issuer_of_domain("pki.goog")->ca, "Google Trust Services");
    assert_string_equal(issuer_of_domain("trustasia.com")->ca, "TrustAsia");
    assert_null(issuer_of_domain("ca.example"));
    assert_null(issuer_of_domain(""));
}

// Every domain is one that a record can hold, in the spelling it is compared in.
static void table(void **state)
{
    (void)state;
    struct arena arena = {0};
    size_t count;
    const struct issuer *rows = issuer_rows(&count);
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        assert_true(rows[i].ca[0] != '\0' && rows[i].domains[0] != '\0');
        for (size_t j = 0; j < i; j++)
            if (rows[i].organisation[0] != '\0' && strcmp(rows[i].organisation, rows[j].organisation) == 0)
                fail_msg("%s is there twice", rows[i].organisation);
        for (const char *next = rows[i].domains; *next != '\0'; next += *next == ' ') {
            size_t length = strcspn(next, " ");
            struct caa_record record;
            const char *text = arena_string(&arena, (struct bytes){(const uint8_t *)next, length});
            const char *rdata = arena_text(&arena, "x\005issue%s", text);
            caa_read(&arena, bytes_of_text(rdata), &record);
            if (record.malformed || strcmp(record.issuer, text) != 0 || !issuer_recognizes(&rows[i], text))
                fail_msg("%s: %s", rows[i].ca, text);
            next += length;
        }
    }
    arena_release(&arena);
}

static void organisation_of_a_certificate(void **state)
{
    (void)state;
    static const struct {
        const char *fixture, *want; // of the subject; NULL: it has none
    } rows[] = {{"ec", "Shakedown Test"}, {"multivalued", "A, \"B\" + C;D"}, {"selfsigned", NULL}};
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct certificate certificate;
        certificate_read(&arena, fixture_certificate(&arena, rows[i].fixture), &certificate);
        const char *organisation = distinguished_organization(&arena, certificate.subject_der);
        if (rows[i].want == NULL)
            assert_null(organisation);
        else
            assert_string_equal(organisation, rows[i].want);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(organisations),
        cmocka_unit_test(table),
        cmocka_unit_test(organisation_of_a_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
