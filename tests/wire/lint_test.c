// SPDX-License-Identifier: Apache-2.0
//
// Every rule has a certificate that keeps it and one that breaks it, and each certificate breaks
// those rules and no others (fixtures/lint). Then certificates are mistreated: cut, and with each of
// their elements dropped, emptied, lengthened, repeated.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#include "../support/fixture.h"
#include "base/arena.h"
#include "base/text.h"
#include "wire/lint.h"
#include "wire/lint_rules.h"

#define LINE 20000
#define MOST 400

static struct fixture {
    const char *name, *breaks; // "rule,?rule" or "-"
    bool leaf;
    struct bytes der;
} fixtures[MOST];
static size_t fixture_count;

static struct example {
    const char *rule, *good, *bad;
} examples[MOST];
static size_t example_count;

static struct arena kept;

static int load(void **state)
{
    (void)state;
    static char line[LINE];
    FILE *file = fopen("fixtures/lint/certificates.txt", "r");
    if (file == NULL)
        return -1;
    while (fgets(line, sizeof line, file) != NULL && fixture_count < MOST && example_count < MOST) {
        const char *word[5] = {0};
        size_t count = 0;
        for (char *at = strtok(line, " \n"); at != NULL && count < 5; at = strtok(NULL, " \n"))
            word[count++] = arena_text(&kept, "%s", at);
        if (count == 5 && strcmp(word[0], "certificate") == 0) {
            struct fixture *fixture = &fixtures[fixture_count++];
            *fixture = (struct fixture){word[1], word[3], strcmp(word[2], "leaf") == 0, {0}};
            if (!text_from_base64(&kept, word[4], &fixture->der))
                return -1;
        } else if (count == 4 && strcmp(word[0], "case") == 0) {
            examples[example_count++] = (struct example){word[1], word[2], word[3]};
        }
    }
    fclose(file);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    arena_release(&kept);
    return 0;
}

static const struct fixture *fixture_named(const char *name)
{
    for (size_t i = 0; i < fixture_count; i++)
        if (strcmp(fixtures[i].name, name) == 0)
            return &fixtures[i];
    fail_msg("no certificate %s", name);
    return NULL;
}

static size_t rule_named(const char *id)
{
    for (size_t i = 0; i < lint_rule_count(); i++)
        if (strcmp(lint_rule_at(i)->id, id) == 0)
            return i;
    fail_msg("no rule %s", id);
    return 0;
}

// A copy of its own, so that a sanitizer sees a read past its end. What must hold of any result is
// held against it.
static void check_value(const char *text)
{
    assert_non_null(text);
    assert_true(text[0] != '\0' && strlen(text) <= 400);
    for (; *text != '\0'; text++)
        assert_true((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void lint(struct arena *arena, struct bytes der, bool leaf, struct lint_result *out)
{
    uint8_t *copy = test_malloc(der.size + 1);
    if (der.size != 0)
        memcpy(copy + 1, der.data, der.size);
    struct certificate certificate;
    certificate_read(arena, (struct bytes){copy + 1, der.size}, &certificate);
    test_free(copy);
    lint_certificate(arena, &certificate, leaf, out);
    if (out->error != NULL) {
        assert_int_equal(out->held + out->broken + out->unknown + out->not_applicable + out->row_count, 0);
        return;
    }
    assert_int_equal(out->held + out->broken + out->unknown + out->not_applicable, lint_rule_count());
    assert_int_equal(out->broken + out->unknown, out->row_count);
    for (size_t i = 0; i < out->row_count; i++) {
        const struct lint_row *row = &out->rows[i];
        if (i != 0)
            assert_true(strcmp(out->rows[i - 1].rule->id, row->rule->id) < 0);
        if (row->verdict == LINT_BROKEN)
            check_value(row->value);
        else
            assert_true(row->reason != NULL && row->sentence != NULL && row->value == NULL);
    }
}

// "a,?b": what a certificate breaks and leaves open.
static const char *breaks(struct arena *arena, const struct lint_result *result)
{
    const char *text = "";
    if (result->error != NULL)
        return result->error;
    for (size_t i = 0; i < result->row_count; i++)
        text = arena_text(arena, "%s%s%s%s", text, i == 0 ? "" : ",",
                          result->rows[i].verdict == LINT_UNKNOWN ? "?" : "", result->rows[i].rule->id);
    return text[0] == '\0' ? "-" : text;
}

static size_t words(const char *list)
{
    size_t count = 1;
    for (; *list != '\0'; list++)
        count += *list == ',';
    return count;
}

static bool among(const char *word, size_t size, const char *list)
{
    for (;; list++) {
        size_t other = strcspn(list, ",");
        if (other == size && memcmp(word, list, size) == 0)
            return true;
        list += other;
        if (*list == '\0')
            return false;
    }
}

static bool same_words(const char *a, const char *b)
{
    if (words(a) != words(b))
        return false;
    for (;; a++) {
        size_t size = strcspn(a, ",");
        if (!among(a, size, b))
            return false;
        a += size;
        if (*a == '\0')
            return true;
    }
}

// --- the table -------------------------------------------------------------------------------------------

static bool is_day(int day)
{
    int month = day / 100 % 100, date = day % 100;
    return day == 0 || (day >= 19990101 && day <= 20300101 && month >= 1 && month <= 12 && date >= 1 && date <= 31);
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < lint_rule_count(); i++) {
        const struct lint_rule *rule = lint_rule_at(i);
        assert_int_equal(strspn(rule->id, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(rule->id));
        assert_int_equal(rule_named(rule->id), i);
        assert_true((rule->kinds & ~(unsigned)LINT_ANY) == 0 && rule->kinds != 0);
        assert_true(is_day(rule->from) && is_day(rule->until));
        assert_true(rule->public == (strncmp(rule->document, "CA/B Forum", 10) == 0));
        assert_true(rule->sentence[strlen(rule->sentence) - 1] == '.' && rule->section[0] != '\0');
        size_t of_it = 0;
        for (size_t j = 0; j < example_count; j++)
            of_it += strcmp(examples[j].rule, rule->id) == 0;
        if (of_it != 1)
            fail_msg("%s has %zu examples", rule->id, of_it);
    }
    assert_int_equal(example_count, lint_rule_count());
}

// --- the fixtures ----------------------------------------------------------------------------------------

static void test_fixtures(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < fixture_count; i++) {
        struct arena arena = {0};
        struct lint_result result;
        lint(&arena, fixtures[i].der, fixtures[i].leaf, &result);
        const char *got = breaks(&arena, &result);
        if (!same_words(got, fixtures[i].breaks)) {
            print_error("%s breaks %s, not %s\n", fixtures[i].name, got, fixtures[i].breaks);
            failed++;
        }
        arena_release(&arena);
    }
    assert_int_equal(failed, 0);
}

static void test_examples(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < example_count; i++) {
        struct arena arena = {0};
        struct lint_result good, bad;
        size_t rule = rule_named(examples[i].rule);
        const struct fixture *keeps = fixture_named(examples[i].good), *breaks_it = fixture_named(examples[i].bad);
        lint(&arena, keeps->der, keeps->leaf, &good);
        lint(&arena, breaks_it->der, breaks_it->leaf, &bad);
        if (good.error != NULL || good.verdicts[rule] != LINT_HELD) {
            print_error("%s does not keep %s\n", keeps->name, examples[i].rule);
            failed++;
        }
        if (bad.error != NULL || bad.verdicts[rule] != LINT_BROKEN) {
            print_error("%s does not break %s\n", breaks_it->name, examples[i].rule);
            failed++;
        }
        arena_release(&arena);
    }
    assert_int_equal(failed, 0);
}

// --- dates -----------------------------------------------------------------------------------------------

// Where a time of so many octets stands; the certificate's first one is notBefore.
static uint8_t *time_in(struct bytes der, unsigned number)
{
    for (size_t i = 0; i + 15 <= der.size; i++)
        if (der.data[i] == DER_UTC_TIME && der.data[i + 1] == 13 && number-- == 0)
            return (uint8_t *)der.data + i + 2;
    return NULL;
}

static void write_day(uint8_t *time, int day)
{
    char text[32];
    snprintf(text, sizeof text, "%06d000000Z", day % 1000000);
    memcpy(time, text, 13);
}

static int day_before(int day)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int month = day / 100 % 100;
    if (day % 100 > 1)
        return day - 1;
    return month == 1 ? day - 10000 + 1130 : day - 101 + length[month - 2];
}

// A rule applies from its first day on, and no earlier. Roots would lose their signature.
static void test_first_days(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < example_count; i++) {
        const struct lint_rule *rule = lint_rule_at(rule_named(examples[i].rule));
        const struct fixture *fixture = fixture_named(examples[i].bad);
        struct arena arena = {0};
        struct bytes der = arena_copy(&arena, fixture->der);
        uint8_t *time = time_in(der, 0);
        struct lint_result on, before;
        if (time != NULL && time - der.data < 300 && rule->from != 0 && rule->kinds != LINT_ROOT &&
            strncmp(rule->id, "validity_", 9) != 0) {
            write_day(time, rule->from);
            lint(&arena, der, fixture->leaf, &on);
            write_day(time, day_before(rule->from));
            lint(&arena, der, fixture->leaf, &before);
            if (on.verdicts[rule_named(rule->id)] != LINT_BROKEN ||
                before.verdicts[rule_named(rule->id)] != LINT_NOT_APPLICABLE)
                fail_msg("%s does not begin on %d", rule->id, rule->from);
            tried++;
        }
        arena_release(&arena);
    }
    assert_true(tried >= 90);
}

// Both ends count: a certificate to 23:59:59 is valid for whole days.
static void test_validity(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after, *want;
    } periods[] = {
        {"180301000000Z", "220301000000Z", "-"},
        {"180302000000Z", "200603235959Z", "-"},
        {"180302000000Z", "200604000000Z", "validity_825_days"},
        {"200831235959Z", "221204235958Z", "-"},
        {"200831235959Z", "221204235959Z", "validity_825_days"},
        {"200901000000Z", "211003235959Z", "-"},
        {"200901000000Z", "211004000000Z", "validity_398_days"},
        {"260314235959Z", "270416235958Z", "-"},
        {"260314235959Z", "270416235959Z", "validity_398_days"},
        {"260315000000Z", "260930235959Z", "-"},
        {"260315000000Z", "261001000000Z", "validity_200_days"},
        {"270314235959Z", "270930235958Z", "-"},
        {"270315000000Z", "270622235959Z", "-"},
        {"270315000000Z", "270623000000Z", "validity_100_days"},
        {"290315000000Z", "290430235959Z", "-"},
        {"290315000000Z", "290501000000Z", "validity_47_days"},
        {"280229000000Z", "280607235959Z", "-"},
        {"280229000000Z", "280608000000Z", "validity_100_days"},
    };
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++) {
        struct arena arena = {0};
        struct lint_result result;
        struct bytes der = arena_copy(&arena, fixture_named("server")->der);
        memcpy(time_in(der, 0), periods[i].before, 13);
        memcpy(time_in(der, 1), periods[i].after, 13);
        lint(&arena, der, true, &result);
        const char *got = breaks(&arena, &result);
        if (strcmp(got, periods[i].want) != 0)
            fail_msg("%s to %s breaks %s", periods[i].before, periods[i].after, got);
        arena_release(&arena);
    }
}

// --- what a certificate is ---------------------------------------------------------------------------------

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool leaf;
        unsigned want;
    } kinds[] = {
        {"root", false, LINT_ROOT},
        {"root", true, LINT_SUBSCRIBER},
        {"intermediate", false, LINT_SUBORDINATE},
        {"rsa", true, LINT_SUBSCRIBER},
        {"rsa", false, LINT_SUBSCRIBER},
        {"cross-root", false, LINT_SUBORDINATE},
        {"version1", false, LINT_ANY},
        {"odd/ml-dsa-self-issued", false, LINT_SUBSCRIBER},
        {"odd/path-length-negative", false, LINT_ANY}, // its constraints are malformed
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct arena arena = {0};
        struct lint_result result;
        lint(&arena, fixture_certificate(&arena, kinds[i].name), kinds[i].leaf, &result);
        if (result.kinds != kinds[i].want)
            fail_msg("%s is %s", kinds[i].name, lint_kind_name(result.kinds));
        arena_release(&arena);
    }
}

static void test_names_of_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool want;
    } puny[] = {
        {"bcher-kva", true},
        {"egbpdaj6bu4bxfgehfvwxn", true},
        {"ihqwcrb4cv8a8dqg056pqjye", true},
        {"ihqwctvzc91f659drss3x8bo0yb", true},
        {"-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n", true},
        {"tckwe", true},
        {"p1ai", true},
        {"BCHER-KVA", true},
        {"abc-", false},      // nothing but what is basic
        {"bcher-kv", false},  // cut short
        {"bcher-kv_", false}, // no digit
        {"99999999", false},  // past Unicode
        {"99999999999999999999", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof puny / sizeof *puny; i++)
        if (lint_dns_is_punycode(bytes_of_text(puny[i].text)) != puny[i].want)
            fail_msg("Punycode %s", puny[i].text);
    static const struct {
        const char *text;
        bool want;
    } special[] = {
        {"mail.corp", true},          {"localhost", true}, {"a.b.LOCAL", true},
        {"local.example.com", false}, {"notlocal", false}, {"mail.com", false},
        {"www.example.com", false},   {"x.alt", true},     {"a.home", true},
        {"home.arpa", false},         {"", false},
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (lint_dns_is_special(bytes_of_text(special[i].text)) != special[i].want)
            fail_msg("name %s", special[i].text);
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        uint8_t octets[16];
        size_t size;
        bool want;
    } addresses[] = {
        {{10, 255, 255, 255}, 4, true},
        {{11, 0, 0, 0}, 4, false},
        {{172, 15, 255, 255}, 4, false},
        {{172, 31, 255, 255}, 4, true},
        {{172, 32, 0, 0}, 4, false},
        {{100, 64, 0, 0}, 4, true},
        {{100, 127, 0, 0}, 4, true},
        {{100, 128, 0, 0}, 4, false},
        {{255, 255, 255, 255}, 4, true},
        {{224, 0, 0, 1}, 4, false},
        {{198, 19, 0, 0}, 4, true},
        {{198, 20, 0, 0}, 4, false},
        {{0xfe, 0x80}, 16, true},
        {{0xfe, 0xc0}, 16, false},
        {{0xfd}, 16, true},
        {{0x20, 0x01, 0x0d, 0xb8}, 16, true},
        {{0x20, 0x01, 0x02}, 16, false},
        {{0x20, 0x01, 0x01, 0xff}, 16, true},
        {{0}, 16, true},
        {{0x26, 0}, 16, false},
        {{10, 0, 0}, 3, false},
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        if (lint_address_is_special((struct bytes){addresses[i].octets, addresses[i].size}) != addresses[i].want)
            fail_msg("address %zu", i);
}

// --- against libcrypto -------------------------------------------------------------------------------------

// What X509_V_FLAG_X509_STRICT complains of, and the rule that says the same.
static const struct strictness {
    int error;
    const char *rule;
} strictness[] = {
    {X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3, "version_for_extensions"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, "signature_identifiers_equal"},
    {X509_V_ERR_SUBJECT_NAME_EMPTY, "authority_subject_empty"},
    {X509_V_ERR_SUBJECT_NAME_EMPTY, "subject_or_alternative_name"},
    {X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL, "alternative_names_critical"},
    {X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN, "path_length"},
    {X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA, "key_usage_without_authority"},
    {X509_V_ERR_CA_BCONS_NOT_CRITICAL, "authority_constraints"},
    {X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER, "authority_key_id"},
    {X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER, "authority_subject_key_id"},
};
#define STRICTNESS (sizeof strictness / sizeof *strictness)

static X509 *decode(struct bytes der)
{
    const unsigned char *next = der.data;
    return d2i_X509(NULL, &next, (long)der.size);
}

// What stops a path from the certificate by way of the good authority to the good root.
static int strict_error(X509 *certificate)
{
    X509 *root = decode(fixture_named("root")->der), *authority = decode(fixture_named("subordinate")->der);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *untrusted = sk_X509_new_null();
    X509_STORE_add_cert(store, root);
    sk_X509_push(untrusted, authority);
    X509_STORE_CTX_init(context, store, certificate, untrusted);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT | X509_V_FLAG_NO_CHECK_TIME);
    X509_verify_cert(context);
    int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    sk_X509_free(untrusted);
    X509_STORE_free(store);
    X509_free(root);
    X509_free(authority);
    ERR_clear_error();
    return error;
}

// It names one complaint of several; a certificate without any breaks none of these rules.
static bool agrees(int error, const struct lint_result *result)
{
    bool named = false, broken = false, any = false;
    for (size_t i = 0; i < STRICTNESS; i++) {
        bool breaks_it = result->verdicts[rule_named(strictness[i].rule)] == LINT_BROKEN;
        any = any || breaks_it;
        named = named || strictness[i].error == error;
        broken = broken || (strictness[i].error == error && breaks_it);
    }
    return named ? broken : error != X509_V_OK || !any;
}

static void test_libcrypto(void **state)
{
    (void)state;
    size_t complaints = 0, passed = 0;
    for (size_t i = 0; i < fixture_count; i++) {
        struct arena arena = {0};
        struct lint_result result;
        X509 *certificate = decode(fixtures[i].der);
        ERR_clear_error();
        if (certificate == NULL)
            continue;
        int error = strict_error(certificate);
        X509_free(certificate);
        // A server's certificate is a subscriber's here; libcrypto minds what it says of itself.
        lint(&arena, fixtures[i].der, fixtures[i].leaf && strcmp(fixtures[i].name, "server_no_authority") != 0,
             &result);
        // It asks for no extensions where there are none.
        if (strcmp(fixtures[i].name, "version_3") != 0 && !agrees(error, &result))
            fail_msg("%s: %s", fixtures[i].name, X509_verify_cert_error_string(error));
        for (size_t j = 0; j < STRICTNESS; j++)
            if (strictness[j].error == error) {
                complaints++;
                break;
            }
        passed += error == X509_V_OK;
        arena_release(&arena);
    }
    assert_true(complaints >= 10);
    assert_true(passed >= 100);
}

// --- mistreated --------------------------------------------------------------------------------------------

enum change { DROP, EMPTY, SHORTEN, LENGTHEN, ONES, RETAG, TWICE, MANY, CHANGES };

static size_t repetitions(enum change change)
{
    return change == DROP ? 0 : change == TWICE ? 2 : change == MANY ? 2000 : 1;
}

static void put(struct builder *out, uint8_t tag, struct bytes content)
{
    builder_u8(out, tag);
    if (content.size < 128) {
        builder_u8(out, (uint8_t)content.size);
    } else {
        builder_u8(out, 0x83);
        builder_u24(out, (uint32_t)content.size);
    }
    builder_add(out, content);
}

static struct bytes changed(struct arena *arena, struct bytes content, enum change change)
{
    uint8_t *copy = arena_alloc(arena, content.size + 1);
    if (content.size != 0)
        memcpy(copy, content.data, content.size);
    if (change == ONES)
        memset(copy, 0xff, content.size);
    size_t size = change == EMPTY                          ? 0
                  : change == SHORTEN && content.size != 0 ? content.size - 1
                  : change == LENGTHEN                     ? content.size + 1
                                                           : content.size;
    return (struct bytes){copy, size};
}

static bool holds_elements(struct element element)
{
    struct cursor inside = cursor_of(element.content);
    while (inside.left != 0)
        der_next(&inside);
    return (element.tag & 0x20) != 0 || (element.tag == DER_OCTET_STRING && element.content.size > 1 && !inside.bad);
}

// The elements again, the one at `target` changed; lengths around it follow.
static struct bytes rebuild(struct arena *arena, struct bytes list, enum change change, size_t target, size_t *at)
{
    struct builder out = builder_in(arena);
    struct cursor all = cursor_of(list);
    while (all.left != 0) {
        struct element element = der_next(&all);
        bool here = (*at)++ == target;
        struct bytes content = element.content;
        if (holds_elements(element))
            content = rebuild(arena, content, change, target, at);
        uint8_t tag = here && change == RETAG ? element.tag ^ 1 : element.tag;
        if (here)
            content = changed(arena, content, change);
        for (size_t i = here ? repetitions(change) : 1; i != 0; i--)
            put(&out, tag, content);
    }
    return builder_bytes(&out);
}

// Whatever is done to a certificate, there is a verdict about each rule, or a reason for none.
static void mistreat(struct bytes der, bool leaf, enum change first, enum change last)
{
    struct arena arena = {0};
    for (size_t target = 0, count = 1; target < count; target++)
        for (enum change change = first; change <= last; change++) {
            struct lint_result result;
            count = 0;
            struct bytes spoilt = rebuild(&arena, der, change, target, &count);
            if (spoilt.size < 262144)
                lint(&arena, spoilt, leaf, &result);
            arena_release(&arena);
        }
}

static const char *const mistreated[] = {"policies",       "othernames",     "constrained-ca", "explicit",
                                         "odd/timestamps", "odd/many-parts", "manynames"};

static void test_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < fixture_count && strcmp(fixtures[i].name, "days-825") != 0; i++)
        mistreat(fixtures[i].der, fixtures[i].leaf, 0, TWICE);
    for (size_t i = 0; i < sizeof mistreated / sizeof *mistreated; i++) {
        struct arena arena = {0};
        mistreat(fixture_certificate(&arena, mistreated[i]), true, 0, TWICE);
        arena_release(&arena);
    }
}

// Thousands of names, attributes, extensions, policies: as much as a server can send.
static void test_many(void **state)
{
    (void)state;
    static const char *const names[] = {"ev", "address", "constrained", "with-statement"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        mistreat(fixture_named(names[i])->der, fixture_named(names[i])->leaf, MANY, MANY);
}

static void cut(struct bytes der)
{
    struct arena arena = {0};
    for (size_t size = 0; size < der.size; size++) {
        struct lint_result result;
        lint(&arena, (struct bytes){der.data, size}, true, &result);
        assert_non_null(result.error);
        arena_release(&arena);
    }
}

// All certificates of the project, whole and cut.
static size_t lint_folder(const char *folder, const char *prefix)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char *ending = strstr(entry->d_name, ".pem");
        if (ending == NULL)
            continue;
        struct arena arena = {0};
        struct lint_result leaf, other;
        const char *name = arena_text(&arena, "%s%.*s", prefix, (int)(ending - entry->d_name), entry->d_name);
        struct bytes der = fixture_certificate(&arena, name);
        lint(&arena, der, true, &leaf);
        lint(&arena, der, false, &other);
        if (der.size < 2000 && strcmp(name, "odd/trailing") != 0) // which is whole before its end
            cut(der);
        arena_release(&arena);
        count++;
    }
    closedir(directory);
    return count;
}

static void test_all(void **state)
{
    (void)state;
    assert_true(lint_folder("fixtures/certificates", "") >= 60);
    assert_true(lint_folder("fixtures/certificates/odd", "odd/") >= 50);
    assert_true(lint_folder("fixtures/pki/servers", "../pki/servers/") >= 30);
    for (size_t i = 0; i < fixture_count; i++)
        if (strcmp(fixtures[i].name, "trailing_data") != 0)
            cut(fixtures[i].der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),      cmocka_unit_test(test_fixtures),       cmocka_unit_test(test_examples),
        cmocka_unit_test(test_first_days), cmocka_unit_test(test_validity),       cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_addresses),  cmocka_unit_test(test_names_of_hosts), cmocka_unit_test(test_changed),
        cmocka_unit_test(test_many),       cmocka_unit_test(test_libcrypto),      cmocka_unit_test(test_all),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
