// SPDX-License-Identifier: Apache-2.0
//
// What a user may write for a target, and what becomes of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "run/target.h"

#define L63  "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-123456789"
#define N253 L63 "." L63 "." L63 ".abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-1234567"

static const struct accepted {
    const char *text, *want_host, *want_display, *want_sni;
    uint16_t want_port;
    bool want_address;
} accepted[] = {
    {"example.com", "example.com", "example.com", "example.com", 443, false},
    {"Example.COM:8443", "example.com", "example.com", "example.com", 8443, false},
    {"localhost:1", "localhost", "localhost", "localhost", 1, false},
    {"localhost:65535", "localhost", "localhost", "localhost", 65535, false},
    {"host:00443", "host", "host", "host", 443, false},
    {"example.com.", "example.com.", "example.com.", "example.com", 443, false},
    {"example.com.:25", "example.com.", "example.com.", "example.com", 25, false},
    {"_sip._tcp.example.com", "_sip._tcp.example.com", "_sip._tcp.example.com", "_sip._tcp.example.com", 443, false},
    {"r3---sn-4g5e6nls.example", "r3---sn-4g5e6nls.example", "r3---sn-4g5e6nls.example", "r3---sn-4g5e6nls.example",
     443, false},
    {"ends-.example", "ends-.example", "ends-.example", "ends-.example", 443, false},
    {"1-3.2.example", "1-3.2.example", "1-3.2.example", "1-3.2.example", 443, false},
    {"1.2.3.example", "1.2.3.example", "1.2.3.example", "1.2.3.example", 443, false},
    {"3com.com", "3com.com", "3com.com", "3com.com", 443, false},
    {"https://example.com", "example.com", "example.com", "example.com", 443, false},
    {"https://example.com/", "example.com", "example.com", "example.com", 443, false},
    {"HTTPS://example.com:4433/a/b?c=d@e#f", "example.com", "example.com", "example.com", 4433, false},
    {"https://example.com?q=http://x/", "example.com", "example.com", "example.com", 443, false},
    {"https://[2001:db8::1]:8443/x", "2001:db8::1", "2001:db8::1", NULL, 8443, true},
    {"192.0.2.7", "192.0.2.7", "192.0.2.7", NULL, 443, true},
    {"192.0.2.7:8443", "192.0.2.7", "192.0.2.7", NULL, 8443, true},
    {"::1", "::1", "::1", NULL, 443, true},
    {"[::1]", "::1", "::1", NULL, 443, true},
    {"[::1]:8443", "::1", "::1", NULL, 8443, true},
    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::1", NULL, 443, true},
    {"::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7", NULL, 443, true},
    {"[::FFFF:c000:207]:8443", "192.0.2.7", "192.0.2.7", NULL, 8443, true},
    {"::fffe:192.0.2.7", "::fffe:c000:207", "::fffe:c000:207", NULL, 443, true},
    {"64:ff9b::192.0.2.7", "64:ff9b::c000:207", "64:ff9b::c000:207", NULL, 443, true},
    {"b\u00fccher.example", "xn--bcher-kva.example", "b\u00fccher.example", "xn--bcher-kva.example", 443, false},
    {"B\u00dcCHER.example:8443", "xn--bcher-kva.example", "b\u00fccher.example", "xn--bcher-kva.example", 8443, false},
    {"bu\u0308cher.example", "xn--bcher-kva.example", "b\u00fccher.example", "xn--bcher-kva.example", 443, false},
    {"stra\u00dfe.example", "xn--strae-oqa.example", "stra\u00dfe.example", "xn--strae-oqa.example", 443, false},
    {"xn--bcher-kva.example", "xn--bcher-kva.example", "b\u00fccher.example", "xn--bcher-kva.example", 443, false},
    {"XN--BCHER-KVA.example", "xn--bcher-kva.example", "b\u00fccher.example", "xn--bcher-kva.example", 443, false},
    {"b\u00fccher\u3002example", "xn--bcher-kva.example", "b\u00fccher.example", "xn--bcher-kva.example", 443, false},
    {"_dmarc.b\u00fccher.example", "_dmarc.xn--bcher-kva.example", "_dmarc.b\u00fccher.example",
     "_dmarc.xn--bcher-kva.example", 443, false},
    {"\uff11\uff12\uff17.0.0.1", "127.0.0.1", "127.0.0.1", NULL, 443, true},
    {L63 ".example", L63 ".example", L63 ".example", L63 ".example", 443, false},
    {N253, N253, N253, N253, 443, false},
    {N253 ".", N253 ".", N253 ".", N253, 443, false},
};

static const struct refused {
    const char *text, *want; // a part of the sentence
} refused[] = {
    {"", "empty"},
    {" ", "spaces"},
    {"two words", "spaces"},
    {"tab\there", "control"},
    {"esc\x1b[31m", "control"},
    {"del\x7f", "control"},
    {":443", "host name is empty"},
    {".", "host name is empty"},
    {"host:", "port must be"},
    {"host:0", "port must be"},
    {"host:65536", "port must be"},
    {"host:99999999999999999999999", "port must be"},
    {"host:-1", "port must be"},
    {"host:+443", "port must be"},
    {"host:https", "port must be"},
    {"host:443x", "port must be"},
    {"host:4:4", "more than one ':'"},
    {"2001:db8::1::2", "more than one ':'"},
    {"[::1", "']'"},
    {"[::1]443", "may follow"},
    {"[::1]:", "port must be"},
    {"[::1]:0", "port must be"},
    {"[]", "no IPv6 address"},
    {"[127.0.0.1]", "no IPv6 address"},
    {"[example.com]:443", "no IPv6 address"},
    {"[fe80::1%eth0]:443", "zone"},
    {"fe80::1%eth0", "zone"},
    {"1.2.3", "IPv4"},
    {"127.1:443", "IPv4"},
    {"2130706433", "IPv4"},
    {"443", "write host:443"},
    {"0x7f.0.0.1", "IPv4"},
    {"0x7f000001", "IPv4"},
    {"256.1.1.1", "IPv4"},
    {"1.2.3.4.", "IPv4"},
    {"10.0.0.0/8", "range of addresses"},
    {"10.0.0.1-9", "with a prefix"},
    {"10.0.0.1-10.0.0.9:8443", "with a prefix"},
    {"10.0.0.*", "with a prefix"},
    {"10.0.*.1-3", "with a prefix"},
    {"*.example.com", "contain '*'"},
    {"example.com/path", "https://"},
    {"http://example.com/", "https://"},
    {"smtp://example.com", "https://"},
    {"://example.com", "https://"},
    {"https://", "host name is empty"},
    {"https:///path", "host name is empty"},
    {"https://user:pw@example.com/", "user name"},
    {"user@example.com", "user name"},
    {"a..b", "empty label"},
    {".example.com", "empty label"},
    {"example.com..", "empty label"},
    {"-json", "begin with '-'"},
    {"ex*mple.com", "'*'"},
    {"100%.example", "'%'"},
    {"a,b", "','"},
    {"a" L63 ".example", "more than 63"},
    {"a" N253, "more than 253"},
    {"b\xc3.example", "internationalized"},
    {"\xff\xfe", "internationalized"},
    {"\u00ad", "empty"},
    {"a\uff0fb.example", "'/'"},
    {"\u202eabc.example", "internationalized"},
};

static void accepts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        const struct accepted *row = &accepted[i];
        struct arena arena = {0};
        struct complaint complaint = {0};
        struct target target;
        print_message("%s\n", row->text);
        if (!target_parse(&arena, row->text, &target, &complaint))
            fail_msg("refused: %s", complaint.text);
        assert_string_equal(target.input, row->text);
        assert_string_equal(target.host, row->want_host);
        assert_string_equal(target.display, row->want_display);
        assert_int_equal(target.port, row->want_port);
        assert_int_equal(target.is_address, row->want_address);
        assert_int_equal(target.sni == NULL, row->want_sni == NULL);
        if (row->want_sni != NULL)
            assert_string_equal(target.sni, row->want_sni);
        assert_int_equal(complaint.text[0], '\0');
        arena_release(&arena);
    }
}

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct arena arena = {0};
        struct complaint complaint = {0};
        struct target target;
        print_message("%s\n", refused[i].text);
        assert_false(target_parse(&arena, refused[i].text, &target, &complaint));
        if (strstr(complaint.text, refused[i].want) == NULL)
            fail_msg("the sentence is: %s", complaint.text);
        arena_release(&arena);
    }
}

static const struct server_name {
    const char *text, *want, *want_complaint;
} server_names[] = {
    {"Example.com", "example.com", NULL},
    {"example.com.", "example.com", NULL},
    {"b\u00fccher.example", "xn--bcher-kva.example", NULL},
    {"_x.example", "_x.example", NULL},
    {"", NULL, "empty"},
    {"127.0.0.1", NULL, "address"},
    {"::1", NULL, "address"},
    {"host:443", NULL, "':'"},
    {"two words", NULL, "' '"},
};

static void turns_server_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof server_names / sizeof *server_names; i++) {
        const struct server_name *row = &server_names[i];
        struct arena arena = {0};
        struct complaint complaint = {0};
        print_message("%s\n", row->text);
        const char *name = target_server_name(&arena, row->text, &complaint);
        assert_int_equal(name == NULL, row->want == NULL);
        if (row->want != NULL)
            assert_string_equal(name, row->want);
        else
            assert_non_null(strstr(complaint.text, row->want_complaint));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(refuses),
        cmocka_unit_test(turns_server_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
