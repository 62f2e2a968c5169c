// SPDX-License-Identifier: Apache-2.0
//
// A line of the caller's is good until the next one is asked for, and so all its targets are made before that.
#include "source.h"

#include "run/target.h"
#include "settings.h"

const char shakedown_later[] = "";

bool source_open(struct source *source, struct results *results, const char *server_name)
{
    *source = (struct source){.results = results, .server_name = server_name, .seen.most = SOURCE_REMEMBERED};
    return settings_shard(results->settings, &source->shard, &source->shards, &results->complaint);
}

void source_close(struct source *source) { seen_release(&source->seen); }

static void reject(struct source *source, const char *text, const struct complaint *wrong)
{
    const struct shakedown_calls *calls = source->results->calls;
    source->results->rejected++;
    calls->reject(calls->context, text, wrong->text);
}

// The next text of one target. A wrong list of ports is one bad target, not thousands.
static enum source_answer next_text(struct source *source, const char **text)
{
    const struct shakedown_calls *calls = source->results->calls;
    *text = NULL;
    while (results_go_on(source->results) && (*text = expansion_next(&source->expansion)) == NULL) {
        struct complaint wrong = {0};
        const char *line = calls->next(calls->context);
        if (line == NULL)
            return SOURCE_END;
        if (line == shakedown_later)
            return SOURCE_LATER;
        if (expansion_begin(&source->expansion, line, &wrong))
            continue;
        source->expansion = (struct expansion){0};
        reject(source, line, &wrong);
    }
    return *text == NULL ? SOURCE_END : SOURCE_TARGET;
}

static bool is_ours(const struct source *source, const struct seen_digest *digest)
{
    return source->shards == 0 || seen_number(digest) % source->shards == source->shard;
}

static bool is_wanted(struct source *source, const struct target *target)
{
    struct seen_digest digest = seen_digest_of(target);
    if (source->results->settings->queued)
        return true;
    if (!is_ours(source, &digest)) {
        source->results->elsewhere++;
        return false;
    }
    if (source->results->journaled && seen_has(&source->results->journal.finished, &digest)) {
        source->results->progress.passed++;
        return false;
    }
    if (!seen_add(&source->seen, &digest)) {
        source->results->duplicates++;
        return false;
    }
    return true;
}

enum source_answer source_next(struct source *source, struct arena *arena, struct target *out)
{
    const struct shakedown_settings *settings = source->results->settings;
    const char *text;
    enum source_answer answer;
    struct arena_mark before = arena_mark(arena);
    while ((answer = next_text(source, &text)) == SOURCE_TARGET) {
        struct complaint wrong = {0};
        bool good = target_parse(arena, text, out, &wrong) && settings_want_target(settings, out, &wrong);
        settings_apply_name(settings, source->server_name, out);
        if (good && is_wanted(source, out))
            return SOURCE_TARGET;
        if (!good) {
            source->expansion = (struct expansion){0};
            reject(source, text, &wrong);
        }
        arena_rewind(arena, before);
    }
    return answer;
}
