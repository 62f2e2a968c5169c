// SPDX-License-Identifier: Apache-2.0
//
// Which name breaks which constraint (RFC 5280 section 4.2.1.10), once libcrypto has found that one does.
// For the files of wire/ that verify (trust*.c); for nobody else.
#ifndef WIRE_TRUST_CONSTRAINT_H
#define WIRE_TRUST_CONSTRAINT_H

struct arena;
struct stack_st_X509;

// A sentence about the first DNS name or address of the certificate at `depth` of the path that one
// above it does not permit, or excludes. NULL: it is none of these, or cannot be read.
const char *trust_constraint_told(struct arena *arena, const struct stack_st_X509 *path, int depth);

#endif
