// SPDX-License-Identifier: Apache-2.0
//
// A table and three searches from its first row: the CAs that most servers have come first.
#include "wire/issuers.h"

#include <string.h>

#include "base/text.h"

static const struct issuer rows[] = {
#define ISSUER(organisation, ca, domains) {organisation, ca, domains},
#include "issuers.def"
#undef ISSUER
};

const struct issuer *issuer_rows(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

const struct issuer *issuer_find(const char *organisation)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].organisation[0] != '\0' && text_same(rows[i].organisation, organisation))
            return &rows[i];
    return NULL;
}

bool issuer_recognizes(const struct issuer *issuer, const char *domain)
{
    size_t size = strlen(domain);
    for (const char *next = issuer->domains; size != 0;) {
        size_t length = strcspn(next, " ");
        if (length == size && memcmp(next, domain, size) == 0)
            return true;
        if (next[length] == '\0')
            return false;
        next += length + 1;
    }
    return false;
}

const struct issuer *issuer_of_domain(const char *domain)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (issuer_recognizes(&rows[i], domain))
            return &rows[i];
    return NULL;
}
