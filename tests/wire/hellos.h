// SPDX-License-Identifier: Apache-2.0
//
// The hellos that recorded flights answer, by name, and the entropy they are made from. Add to the
// end: fuzz corpora choose by number. A change to one means recording its flights again
// (fixtures/flights/make.py).
#ifndef TESTS_WIRE_HELLOS_H
#define TESTS_WIRE_HELLOS_H

#include <string.h>

#include "wire/hello.h"
#include "wire/registry.h"

static const struct entropy test_entropy = {.seed = {1, 2, 3, 4, 5, 6, 7, 8}, .key = UINT64_C(0x0123456789ABCDEF)};

#define LIST(...)                                                                                                      \
    {                                                                                                                  \
        (const uint16_t[]){__VA_ARGS__}, sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t)                    \
    }

#define SUITES_TLS12                                                                                                   \
    LIST(0xC02C, 0xC030, 0xC02B, 0xC02F, 0xCCA9, 0xCCA8, 0x009F, 0x009E, 0xC024, 0xC014, 0xC00A, 0x009D, 0x009C,       \
         0x0035, 0x002F, 0x0039, 0x0033, 0x00FF)
#define SUITES_PSK   LIST(0x008C, 0x0090, 0x0094, 0xC035, 0x00FF)
#define SUITES_ANON  LIST(0x006C, 0x0034, 0xC018, 0x00FF)
#define SUITES_TLS13 LIST(0x1301, 0x1302, 0x1303, 0x1304, 0x1305)
#define GROUPS       LIST(0x001D, 0x0017, 0x001E, 0x0018, 0x0019, 0x0100, 0x0101)
#define SCHEMES      LIST(0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)
#define EXTENSIONS_TLS12                                                                                               \
    (HELLO_SERVER_NAME | HELLO_EXTENDED_MASTER_SECRET | HELLO_RENEGOTIATION_INFO | HELLO_EC_POINT_FORMATS |            \
     HELLO_SESSION_TICKET | HELLO_STATUS_REQUEST | HELLO_SIGNED_CERTIFICATE_TIMESTAMP | HELLO_SUPPORTED_GROUPS |       \
     HELLO_SIGNATURE_ALGORITHMS)
#define EXTENSIONS_TLS13                                                                                               \
    (HELLO_SERVER_NAME | HELLO_STATUS_REQUEST | HELLO_KEY_SHARE | HELLO_PSK_KEY_EXCHANGE_MODES |                       \
     HELLO_SUPPORTED_VERSIONS | HELLO_SUPPORTED_GROUPS | HELLO_SIGNATURE_ALGORITHMS)

#define HELLO_TLS12(list)                                                                                              \
    {                                                                                                                  \
        .version = TLS12, .extensions = EXTENSIONS_TLS12, .session_id = true, .suites = list, .groups = GROUPS,        \
        .schemes = SCHEMES, .server_name = "localhost"                                                                 \
    }
#define HELLO_TLS13(list, ...)                                                                                         \
    {                                                                                                                  \
        .version = TLS12, .extensions = EXTENSIONS_TLS13, .session_id = true, .suites = list, .versions = LIST(TLS13), \
        .groups = GROUPS, .schemes = SCHEMES, .key_shares = __VA_ARGS__, .server_name = "localhost"                    \
    }

static const struct named_hello {
    const char *name;
    struct hello hello;
} hellos[] = {
    {"tls12", HELLO_TLS12(SUITES_TLS12)},
    {"tls12_psk", HELLO_TLS12(SUITES_PSK)},
    {"tls12_anon", HELLO_TLS12(SUITES_ANON)},
    {"tls10",
     {.version = TLS10, .extensions = EXTENSIONS_TLS12, .suites = SUITES_TLS12, .groups = GROUPS, .schemes = SCHEMES}},
    {"ssl3", {.version = SSL3, .suites = SUITES_TLS12}},
    {"ssl2", {.version = SSL2}},
    {"tls13", HELLO_TLS13(SUITES_TLS13, LIST(0x001D))},
    {"tls13_no_share", HELLO_TLS13(SUITES_TLS13, {0})},
    {"tls13_p256", HELLO_TLS13(LIST(0x1302), LIST(0x0017))},
    {"tls13_p384", HELLO_TLS13(LIST(0x1303), LIST(0x0018))},
    {"tls13_p521", HELLO_TLS13(LIST(0x1304), LIST(0x0019))},
    {"tls13_x448", HELLO_TLS13(LIST(0x1305), LIST(0x001E))},
    {"tls13_ffdhe2048", HELLO_TLS13(LIST(0x1301), LIST(0x0100))},
    {"no_extensions", {.version = TLS12, .suites = SUITES_TLS12}},
    {"grease",
     {.version = TLS12,
      .extensions = EXTENSIONS_TLS13,
      .suites = LIST(0x0A0A, 0x1301),
      .versions = LIST(0x2A2A, TLS13),
      .groups = LIST(0x1A1A, 0x001D),
      .schemes = SCHEMES}},
};

#define HELLOS (sizeof hellos / sizeof *hellos)

// NULL: no such hello.
static inline const struct hello *hello_named(const char *name)
{
    for (size_t i = 0; i < HELLOS; i++)
        if (strcmp(hellos[i].name, name) == 0)
            return &hellos[i].hello;
    return NULL;
}

#endif
