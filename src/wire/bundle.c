// SPDX-License-Identifier: Apache-2.0
//
// A certificate begins with a SEQUENCE inside its SEQUENCE, a message with an OBJECT IDENTIFIER.
#include "wire/bundle.h"

#include "wire/der.h"

// ContentInfo around SignedData: version, digestAlgorithms, contentInfo, then certificates [0] IMPLICIT SET OF.
static size_t read_message(struct cursor message, struct bytes *certificates, size_t most)
{
    static const uint8_t signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
    size_t count = 0;
    if (!bytes_equal(der_take(&message, DER_OID), (struct bytes){signed_data, sizeof signed_data}))
        return 0;
    struct cursor tagged = der_enter(&message, DER_CONTEXT_CONSTRUCTED), fields = der_enter(&tagged, DER_SEQUENCE);
    der_take(&fields, DER_INTEGER);
    der_take(&fields, DER_SET);
    der_take(&fields, DER_SEQUENCE);
    struct cursor set = der_enter(&fields, DER_CONTEXT_CONSTRUCTED);
    while (set.left != 0 && !set.bad && count < most) {
        struct element element = der_next(&set);
        if (element.tag == DER_SEQUENCE)
            certificates[count++] = element.whole;
    }
    return set.bad ? 0 : count;
}

size_t bundle_read(struct bytes document, struct bytes *certificates, size_t most)
{
    struct cursor file = cursor_of(document), copy = file;
    struct element whole = der_next(&copy);
    struct cursor inside = der_enter(&file, DER_SEQUENCE);
    if (!cursor_ended(&file) || most == 0)
        return 0;
    if (der_at(&inside, DER_OID))
        return read_message(inside, certificates, most);
    if (!der_at(&inside, DER_SEQUENCE))
        return 0;
    certificates[0] = whole.whole;
    return 1;
}
