// SPDX-License-Identifier: Apache-2.0
//
// Any octets as a policy file: a policy or one sentence comes of them.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fail.h"
#include "report/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("policy", MFD_CLOEXEC);
    always(file >= 0 && write(file, data, size) == (ssize_t)size);
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    struct arena memory = {0};
    struct complaint complaint = {0};
    json_t *texts = json_array();
    const struct policy *policy = policy_load(&memory, name, texts, &complaint);
    always((policy == NULL) == (complaint.text[0] != '\0'));
    json_decref(texts);
    arena_release(&memory);
    close(file);
    return 0;
}
