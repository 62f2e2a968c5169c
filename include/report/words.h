// SPDX-License-Identifier: Apache-2.0
//
// The words that a rule may use for a property, so that a typo in a policy is an error and not a
// rule that nothing ever breaks.
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <stdbool.h>

enum vocabulary {
    WORDS_ANY, // free text
    WORDS_VERSION,
    WORDS_SUITE,
    WORDS_KEY_EXCHANGE,
    WORDS_AUTHENTICATION,
    WORDS_CIPHER,
    WORDS_MAC,
    WORDS_GROUP,
    WORDS_GROUP_KIND,
    WORDS_SCHEME,
    WORDS_SIGNATURE,
    WORDS_HASH,
    WORDS_KEY_TYPE,
    WORDS_CURVE,
    WORDS_SIGNATURE_ALGORITHM,
    WORDS_KEY_USAGE,
    WORDS_PURPOSE,
    WORDS_VERDICT,
    WORDS_PREFERENCE,
    WORDS_RECOMMENDED,
};

// Whether anything of the kind has the name. A '*' at the start or end of a word stands for anything.
bool word_known(enum vocabulary vocabulary, const char *word);

// "cipher suite", for a complaint.
const char *word_kind(enum vocabulary vocabulary);

// Whether a name is a word: the same, or what its '*' leaves.
bool word_matches(const char *word, const char *name);

#endif
