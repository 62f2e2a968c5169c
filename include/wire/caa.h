// SPDX-License-Identifier: Apache-2.0
//
// One CAA record (RFC 8659 section 4): who may issue certificates for a name. The record data is a stranger's:
// bounded by its own length, every text escaped. What the records of a name mean together is check/'s to say.
#ifndef WIRE_CAA_H
#define WIRE_CAA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena;

// Property tags that IANA has; a CA must know the first three (RFC 8659 section 4, Baseline Requirements 3.2.2.8).
enum caa_tag {
    CAA_UNKNOWN,
    CAA_ISSUE,
    CAA_ISSUEWILD,
    CAA_IODEF,
    CAA_CONTACTEMAIL, // Baseline Requirements, appendix A.1
    CAA_CONTACTPHONE,
    CAA_ISSUEVMC,  // of mark certificates: not of those for servers
    CAA_ISSUEMAIL, // RFC 9495: likewise
};

// "accounturi", "validationmethods" (RFC 8657), or a CA's own.
struct caa_parameter {
    const char *tag, *value; // the tag in lower case
};

struct caa_record {
    const char *error; // a sentence: nothing else can be read; NULL: it is a record
    uint8_t flags;     // as sent
    bool critical;     // who does not know the tag must not issue
    enum caa_tag tag;
    const char *tag_text; // in lower case
    const char *value;    // whole
    // Of issue and issuewild. "": nobody. Also where the value breaks the grammar, which then is as if it were
    // empty (RFC 8659 section 4.2).
    const char *issuer; // a domain name in lower case
    bool malformed;     // it breaks the grammar
    const struct caa_parameter *parameters;
    size_t parameter_count;
};

void caa_read(struct arena *arena, struct bytes rdata, struct caa_record *out);

#endif
