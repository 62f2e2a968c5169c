// SPDX-License-Identifier: Apache-2.0
//
// The limit on descriptors.
#include "run/descriptors.h"

#include <stdint.h>
#include <sys/resource.h>

static unsigned at_most(rlim_t count) { return count > UINT32_MAX ? UINT32_MAX : (unsigned)count; }

unsigned descriptors_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = soft;
    return at_most(limit.rlim_cur);
}

unsigned descriptors_limit(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) != 0 ? 0 : at_most(limit.rlim_cur);
}
