// SPDX-License-Identifier: Apache-2.0
//
// Who is asked, as a file says it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "run/resolv_conf.h"

static const struct {
    const char *file, *want;
} rows[] = {
    {"nameserver 192.0.2.53\n", "192.0.2.53"},
    {"# mine\nsearch example.com\n  nameserver\t2001:db8::53 # here\nnameserver 192.0.2.53", "2001:db8::53 192.0.2.53"},
    {"nameserver fe80::1%eth0\r\n", "fe80::1%eth0"},
    {"nameserver\nnameserver # nobody\n", "127.0.0.1"},
    {"", "127.0.0.1"},
    {"options edns0\n", "127.0.0.1"},
    {"nameserver 1\nnameserver 2\nnameserver 3\nnameserver 4\nnameserver 5\nnameserver 6\nnameserver 7\nnameserver 8\n"
     "nameserver 9\n",
     "1 2 3 4 5 6 7 8"},
};

static void reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[] = "/tmp/shakedown-resolv-XXXXXX";
        struct arena arena = {0};
        int descriptor = mkstemp(name);
        size_t size = strlen(rows[i].file);
        print_message("%s\n", rows[i].file);
        assert_int_equal(write(descriptor, rows[i].file, size), size);
        close(descriptor);
        assert_string_equal(resolv_conf_servers(&arena, name), rows[i].want);
        assert_int_equal(unlink(name), 0);
        assert_string_equal(resolv_conf_servers(&arena, name), "");
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
