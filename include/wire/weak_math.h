// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic behind weak_key.h: questions about one number or one point, each bounded in time
// and answered the same for the same octets always. libcrypto.
#ifndef WIRE_WEAK_MATH_H
#define WIRE_WEAK_MATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

// Whether a number is a square. Big-endian octets.
bool weak_math_square(struct bytes number);

// Whether so many rounds of Fermat's method find a factor: the number is (a + b)(a - b), where a is the
// least integer not below its square root, or one of the rounds - 1 after it.
bool weak_math_fermat(struct bytes number, unsigned rounds);

enum point { POINT_GOOD, POINT_WRONG, POINT_CURVE_UNKNOWN };

// Whether octets (SEC 1 section 2.3.3) are a point of the curve, of the order that it should have, and not
// the one at infinity. curve: an identifier in dotted decimal; unknown where this libcrypto lacks it.
enum point weak_math_point(const char *curve, struct bytes octets);

#endif
