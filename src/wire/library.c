// SPDX-License-Identifier: Apache-2.0
//
// Asks libcrypto for its name, so that nobody outside wire/ needs its headers for that.
#include "wire/library.h"

#include <openssl/crypto.h>

const char *library_version(void) { return OpenSSL_version(OPENSSL_VERSION); }
