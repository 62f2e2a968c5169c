// SPDX-License-Identifier: Apache-2.0
//
// How many files and sockets this process may have open.
#ifndef RUN_DESCRIPTORS_H
#define RUN_DESCRIPTORS_H

// Raises the soft limit to the hard one and returns it; 0: not known.
unsigned descriptors_raise(void);

unsigned descriptors_limit(void);

#endif
