// SPDX-License-Identifier: Apache-2.0
//
// Every file of fixtures/revocation: our verdict is that of its index, and where the two judge alike that of
// openssl-ocsp(1) and openssl-verify(1); cut short it says nothing. And the request, which openssl reads.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/fixture.h"
#include "base/arena.h"
#include "base/text.h"
#include "wire/crl.h"
#include "wire/der.h"
#include "wire/ocsp.h"

#define NOW  1790000000 // 2026-09-21
#define ROWS 80
#define PKI  "fixtures/pki/"

struct row {
    char file[32], kind[8], certificate[32], issuer[32], status[16], reason[32];
};

// Everything that one row needs.
struct scene {
    struct arena arena;
    struct bytes octets;
    struct certificate certificate, issuer;
    struct revocation_question question;
    const char *certificate_path, *issuer_path, *octets_path;
    bool is_ocsp;
};

static void field(const char **text, char *out, size_t size)
{
    size_t length = strcspn(*text, ",\n");
    assert_true(length < size);
    memcpy(out, *text, length);
    out[length] = '\0';
    *text += length + ((*text)[length] == ',');
}

static size_t read_rows(struct row rows[ROWS])
{
    char line[256];
    size_t count = 0;
    FILE *file = fopen("fixtures/revocation/index.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file)); // the heads of the columns
    while (fgets(line, sizeof line, file) != NULL) {
        assert_true(count < ROWS);
        struct row *row = &rows[count++];
        const char *rest = line;
        field(&rest, row->file, sizeof row->file);
        field(&rest, row->kind, sizeof row->kind);
        field(&rest, row->certificate, sizeof row->certificate);
        field(&rest, row->issuer, sizeof row->issuer);
        field(&rest, row->status, sizeof row->status);
        field(&rest, row->reason, sizeof row->reason);
    }
    fclose(file);
    return count;
}

static struct bytes read_octets(struct arena *arena, const char *path)
{
    uint8_t octets[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(octets, 1, sizeof octets, file);
    fclose(file);
    assert_true(size != 0 && size < sizeof octets);
    return arena_copy(arena, (struct bytes){octets, size});
}

static const char *find_path(struct arena *arena, const char *name)
{
    const char *path = arena_text(arena, PKI "servers/%s.pem", name);
    return access(path, R_OK) == 0 ? path : arena_text(arena, PKI "authorities/%s.pem", name);
}

static void set_scene(struct scene *scene, const struct row *row)
{
    struct bytes der;
    *scene = (struct scene){0};
    scene->is_ocsp = strcmp(row->kind, "ocsp") == 0;
    scene->octets_path = arena_text(&scene->arena, "fixtures/revocation/%s.der", row->file);
    scene->octets = read_octets(&scene->arena, scene->octets_path);
    scene->certificate_path = find_path(&scene->arena, row->certificate);
    scene->issuer_path = arena_text(&scene->arena, PKI "authorities/%s.pem", row->issuer);
    assert_int_equal(fixture_chain(&scene->arena, scene->certificate_path, &der, 1), 1);
    certificate_read(&scene->arena, der, &scene->certificate);
    assert_int_equal(fixture_chain(&scene->arena, scene->issuer_path, &der, 1), 1);
    certificate_read(&scene->arena, der, &scene->issuer);
    scene->question = (struct revocation_question){&scene->certificate, &scene->issuer, NOW};
}

static struct revocation_result judge(struct scene *scene, struct bytes octets)
{
    struct revocation_result result;
    if (scene->is_ocsp)
        ocsp_judge(&scene->arena, octets, &scene->question, &result);
    else
        crl_judge(&scene->arena, octets, &scene->question, &result);
    assert_int_equal(result.status == REVOCATION_UNKNOWN, result.reason != NULL);
    assert_non_null(result.sentence);
    return result;
}

static const char *status_name(enum revocation status)
{
    static const char *const names[] = {"unknown", "good", "revoked"};
    return names[status];
}

static void test_rows(void **state)
{
    (void)state;
    struct row rows[ROWS];
    size_t count = read_rows(rows);
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        set_scene(&scene, &rows[i]);
        struct revocation_result got = judge(&scene, scene.octets);
        const char *reason = got.reason == NULL ? "" : got.reason;
        if (strcmp(status_name(got.status), rows[i].status) != 0 || strcmp(reason, rows[i].reason) != 0) {
            print_error("%s: want %s %s, got %s %s: %s\n", rows[i].file, rows[i].status, rows[i].reason,
                        status_name(got.status), reason, got.sentence);
            failed++;
        }
        arena_release(&scene.arena);
    }
    assert_int_equal(failed, 0);
    assert_true(count > 70);
}

static void test_cut(void **state)
{
    (void)state;
    struct row rows[ROWS];
    size_t count = read_rows(rows);
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        set_scene(&scene, &rows[i]);
        bool trailing = strstr(rows[i].file, "trailing") != NULL;
        for (size_t size = 0; size + trailing < scene.octets.size; size++) {
            uint8_t *exact = malloc(size + 1);
            assert_non_null(exact);
            memcpy(exact, scene.octets.data, size);
            struct revocation_result got = judge(&scene, (struct bytes){exact, size});
            assert_int_equal(got.status, REVOCATION_UNKNOWN);
            assert_string_equal(got.reason, "malformed");
            free(exact);
        }
        arena_release(&scene.arena);
    }
}

// A statement cannot be changed by a bit: what is not signed is not looked at, or says nothing.
static void test_bits(void **state)
{
    (void)state;
    static const char *const files[] = {"good", "crl-good", "revoked"};
    struct row rows[ROWS];
    size_t count = read_rows(rows);
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        bool wanted = false;
        for (size_t k = 0; k < sizeof files / sizeof *files; k++)
            wanted = wanted || strcmp(rows[i].file, files[k]) == 0;
        if (!wanted)
            continue;
        set_scene(&scene, &rows[i]);
        enum revocation truth = judge(&scene, scene.octets).status;
        for (size_t bit = 0; bit < scene.octets.size * 8; bit += 3) {
            uint8_t *octets = (uint8_t *)scene.octets.data;
            octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
            enum revocation found = judge(&scene, scene.octets).status;
            assert_true(found == REVOCATION_UNKNOWN || found == truth);
            octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        arena_release(&scene.arena);
    }
}

static void test_details(void **state)
{
    (void)state;
    struct row row = {"revoked", "ocsp", "revoked", "issuing", "", ""};
    struct scene scene;
    set_scene(&scene, &row);
    struct revocation_result got = judge(&scene, scene.octets);
    assert_string_equal(text_time(&scene.arena, got.this_update), "2026-09-20T00:00:00Z");
    assert_string_equal(text_time(&scene.arena, got.next_update), "2026-09-27T00:00:00Z");
    assert_string_equal(text_time(&scene.arena, got.produced_at), "2026-09-20T00:00:00Z");
    assert_string_equal(text_time(&scene.arena, got.revoked_at), "2026-06-01T00:00:00Z");
    assert_string_equal(got.revocation_reason, "keyCompromise");
    assert_string_equal(got.signer, "CN=PKI Responder,O=Shakedown PKI,C=ZZ");
    assert_true(got.delegated && got.no_check);
    arena_release(&scene.arena);

    row = (struct row){"crl-revoked-plain", "crl", "revoked", "issuing", "", ""};
    set_scene(&scene, &row);
    got = judge(&scene, scene.octets);
    assert_string_equal(got.number, "1001");
    assert_null(got.revocation_reason);
    assert_int_equal(got.produced_at, INT64_MIN);
    assert_string_equal(got.signer, "CN=PKI Issuing,O=Shakedown PKI,C=ZZ");
    assert_false(got.delegated);
    arena_release(&scene.arena);
}

// --- openssl(1) ------------------------------------------------------------------------------------

static const char *output_of(struct arena *arena, const char *command)
{
    char text[16384];
    FILE *output = popen(command, "r");
    assert_non_null(output);
    size_t size = fread(text, 1, sizeof text, output);
    pclose(output);
    return arena_string(arena, (struct bytes){(const uint8_t *)text, size});
}

static bool contains(const char *text, const char *part) { return strstr(text, part) != NULL; }

// What openssl says, times left out: it judges those by the clock.
static enum revocation ask_about_response(struct scene *scene)
{
    const char *text =
        output_of(&scene->arena, arena_text(&scene->arena,
                                            "openssl ocsp -respin %s -CAfile " PKI "authorities/root.pem "
                                            "-verify_other " PKI "authorities/issuing.pem -attime %d -no_nonce "
                                            "-issuer %s -cert %s 2>&1",
                                            scene->octets_path, NOW, scene->issuer_path, scene->certificate_path));
    if (!contains(text, "Response verify OK"))
        return REVOCATION_UNKNOWN;
    return contains(text, "\nrevoked") || contains(text, ": revoked") ? REVOCATION_REVOKED
           : contains(text, "\ngood") || contains(text, ": good")     ? REVOCATION_GOOD
                                                                      : REVOCATION_UNKNOWN;
}

static enum revocation ask_about_list(struct scene *scene)
{
    const char *text =
        output_of(&scene->arena, arena_text(&scene->arena,
                                            "openssl verify -partial_chain -trusted %s -crl_check -extended_crl "
                                            "-CRLfile %s -attime %d %s 2>&1",
                                            scene->issuer_path, scene->octets_path, NOW, scene->certificate_path));
    return contains(text, "error 23 at") ? REVOCATION_REVOKED
           : contains(text, ".pem: OK")  ? REVOCATION_GOOD
                                         : REVOCATION_UNKNOWN;
}

// Where openssl is known to judge otherwise.
static const char *const otherwise[] = {
    // It asks by SHA-1, and takes the first answer and the first signer that fits by name.
    "good-sha256",
    "revoked-twice",
    "second-signer",
    // It passes over these extensions, what follows, and what is beside a time.
    "critical",
    "critical-single",
    "trailing",
    "crl-trailing",
    "crl-entry-critical",
    "bad-time",
    // It lets an old word of being on hold count, and an old one of being revoked not.
    "hold-stale",
    "crl-hold-stale",
    "crl-revoked-stale",
    // It reads indirect lists, and believes for ever what does not say until when.
    "crl-indirect",
    "crl-no-next",
    // It looks for the whole path of a list's issuer, and takes an entry that says "removed" at its word.
    "crl-no-sign",
    "crl-removed",
    // Times of responses, which it judges by the clock and only warns about.
    "stale",
    "stale-no-next",
    "early",
};

static bool is_otherwise(const char *file)
{
    for (size_t i = 0; i < sizeof otherwise / sizeof *otherwise; i++)
        if (strcmp(file, otherwise[i]) == 0)
            return true;
    return false;
}

static void test_openssl(void **state)
{
    (void)state;
    struct row rows[ROWS];
    size_t count = read_rows(rows);
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        set_scene(&scene, &rows[i]);
        enum revocation got = judge(&scene, scene.octets).status;
        enum revocation theirs = scene.is_ocsp ? ask_about_response(&scene) : ask_about_list(&scene);
        if (got != theirs && !is_otherwise(rows[i].file)) {
            print_error("%s: openssl says %s, got %s\n", rows[i].file, status_name(theirs), status_name(got));
            failed++;
        }
        arena_release(&scene.arena);
    }
    assert_int_equal(failed, 0);
}

static void test_request(void **state)
{
    (void)state;
    struct row row = {"good", "ocsp", "good", "issuing", "", ""};
    char path[] = "/tmp/shakedown-request-XXXXXX";
    struct scene scene;
    set_scene(&scene, &row);
    struct bytes request = ocsp_request(&scene.arena, &scene.certificate, &scene.issuer);
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, request.data, request.size) == (ssize_t)request.size);
    close(file);
    const char *theirs =
        output_of(&scene.arena, arena_text(&scene.arena, "openssl ocsp -no_nonce -issuer %s -cert %s -req_text 2>&1",
                                           scene.issuer_path, scene.certificate_path));
    const char *ours = output_of(&scene.arena, arena_text(&scene.arena, "openssl ocsp -reqin %s -req_text 2>&1", path));
    unlink(path);
    assert_string_equal(ours, theirs);
    assert_true(contains(ours, "Serial Number: 1102"));
    scene.certificate.serial_octets.size = 0;
    assert_int_equal(ocsp_request(&scene.arena, &scene.certificate, &scene.issuer).size, 0);
    arena_release(&scene.arena);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool want;
    } rows[] = {
        {"01", "01", true},   {"01", "0001", true},  {"00", "00", true},
        {"00", "0000", true}, {"80", "FF80", true},  {"80", "0080", false},
        {"01", "02", false},  {"0100", "01", false}, {"11", "010000000011", false},
        {"", "", false},      {"", "00", false},     {"FF", "FFFF", true},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes a, b;
        assert_true(text_from_hex(&arena, rows[i].a, &a) && text_from_hex(&arena, rows[i].b, &b));
        assert_int_equal(der_integer_equal(a, b), rows[i].want);
        assert_int_equal(der_integer_equal(b, a), rows[i].want);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),    cmocka_unit_test(test_cut),     cmocka_unit_test(test_bits),
        cmocka_unit_test(test_details), cmocka_unit_test(test_openssl), cmocka_unit_test(test_request),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
