// SPDX-License-Identifier: Apache-2.0
//
// Whatever a transcript holds: a complaint or whole targets, whose hosts are finished and whose
// text is fit to print.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "run/transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct trust_store *no_store(void *context, const char *ca_file, const char *ca_path)
{
    (void)context, (void)ca_file, (void)ca_path;
    return NULL;
}

static void check_printable(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        always((unsigned char)*text >= 0x20 && *text != 0x7f);
}

// What was read can be written, and every outcome has its sentence.
static void check(void *context, const struct transcript_run *run, const struct finished *finished)
{
    struct arena arena = {0};
    FILE *null = context;
    check_printable(finished->trouble);
    check_printable(finished->target->host);
    for (size_t i = 0; i < finished->endpoint_count; i++) {
        const struct host *host = &finished->endpoints[i]->host;
        always(host_finished(host));
        for (const struct answer *answer = host->ledger.first; answer != NULL; answer = answer->next) {
            always(answer->outcome != NULL);
            check_printable(answer->outcome->detail);
            check_printable(outcome_sentence(&arena, answer->outcome));
        }
    }
    always(transcript_write(null, run, finished));
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *null;
    if (null == NULL)
        null = fopen("/dev/null", "w");
    FILE *file = size == 0 ? NULL : fmemopen((void *)(uintptr_t)data, size, "r");
    if (file == NULL)
        return 0;
    struct complaint complaint = {0};
    struct transcript_reader reader = {.open_store = no_store, .replay = check, .context = null};
    bool good = transcript_read(file, "fuzz", &reader, &complaint);
    always(good == (complaint.text[0] == '\0'));
    fclose(file);
    return 0;
}
