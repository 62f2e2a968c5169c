// SPDX-License-Identifier: Apache-2.0
//
// What the check `extensions` has asked, and the rows of its facts: kept apart since asking and
// telling are each a page.
#ifndef CHECK_EXTENSION_ROWS_H
#define CHECK_EXTENSION_ROWS_H

#include "check/rich.h"
#include "check/versions.h"

// The rich hello of one version and what came of it.
struct rich_version {
    uint16_t asked; // TLS12 stands for every version up to it
    struct opening opening;
    unsigned set;
    struct rich rich;
    bool settled;               // all of the above is known
    bool cbc;                   // nothing but suites with CBC was offered
    struct codes bare;          // suites with CBC, where there are none that come with a certificate
    struct fact suites;         // whether all suites with CBC were looked at
    const struct answer *again; // the second time a staple was asked for, or NULL
};

extern const struct codes compressions_asked; // zlib, brotli, zstd

struct compressions {
    uint16_t code[3];
    const struct answer *answer[3]; // by which it was seen
    size_t count;
    struct fact whole; // yes: the server has no other
};

// Asks the rich hello of each version, and for staples again; what the check itself has asked is not asked again.
enum progress extensions_ask(struct host *host, struct rich_version *older, struct rich_version *newer);

// What the rich hello of TLS 1.3 asks for: protocols too, where they are asked about.
unsigned extensions_set_13(const struct host *host);

// The suites of an accepted version, which the check `suites` has found already.
enum progress rows_suites(struct host *host, uint16_t version, struct removal_found *found);

// Asks for compressed certificates; and for a staple, which whoever does not compress shows then.
const struct answer *rows_ask_compression(struct host *host, const struct opening *opening, struct codes list,
                                          bool staple);

// Adds the rows. rows_of_rich leaves out what the other version tells better.
void rows_of_versions(struct host *host, struct facts *facts, const struct version_found versions[VERSIONS]);
void rows_of_rich(struct host *host, struct facts *facts, const struct rich_version *version,
                  const struct rich_version *other);
void rows_of_points(struct host *host, struct facts *facts, const struct rich_version *version);
void rows_of_13(struct host *host, struct facts *facts, const struct rich_version *version,
                const struct version_found *newest, const struct compressions *compressions);
void rows_of_unsolicited(struct host *host, struct facts *facts, const struct version_found versions[VERSIONS],
                         const struct rich_version *older, const struct rich_version *newer);

#endif
