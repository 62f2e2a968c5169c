// SPDX-License-Identifier: Apache-2.0
//
// What has to wait for the end of a rendering lies in a temporary file until then, not in memory: there may
// be ten thousand reports.
#include <stdio.h>

#include "report/rendering.h"

static void fail(struct rendering *rendering) { complain(&rendering->complaint, "cannot use a temporary file: %m"); }

void rendering_divert(struct rendering *rendering, struct spool *spool)
{
    if (spool != NULL && spool->file == NULL)
        spool->file = tmpfile();
    if (spool != NULL && spool->file == NULL)
        fail(rendering);
    rendering->spool = spool;
}

void spool_write(struct rendering *rendering, struct spool *spool, const char *text, size_t size)
{
    if (spool->file != NULL && fwrite(text, 1, size, spool->file) != size)
        fail(rendering);
}

void rendering_recall(struct rendering *rendering, struct spool *spool)
{
    char chunk[4096];
    size_t size;
    if (spool->file == NULL)
        return;
    if (fflush(spool->file) != 0)
        fail(rendering);
    rewind(spool->file);
    while ((size = fread(chunk, 1, sizeof chunk, spool->file)) != 0)
        rendering_put_octets(rendering, chunk, size);
    if (ferror(spool->file))
        fail(rendering);
    spool_close(spool);
}

void spool_close(struct spool *spool)
{
    if (spool->file != NULL)
        fclose(spool->file);
    spool->file = NULL;
}
