// SPDX-License-Identifier: Apache-2.0
//
// Lists of targets, as people and programs write them: LF or CRLF, with or without a byte order
// mark or a last newline. An octet that no target may hold is left in, so that the target is
// refused with its line number.
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shakedown.h"

bool input_open(struct input *input, char *const *operands, int operand_count, const char *list,
                struct complaint *complaint)
{
    *input = (struct input){.operands = operands, .operand_count = operand_count, .descriptor = -1};
    if (list == NULL)
        return true;
    bool standard = strcmp(list, "-") == 0;
    input->name = standard ? "standard input" : list;
    input->descriptor = standard ? STDIN_FILENO : open(list, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (input->descriptor != -1 && fstat(input->descriptor, &status) == 0 && S_ISREG(status.st_mode))
        input->length = (uint64_t)status.st_size;
    return input->descriptor != -1 || complain(complaint, "cannot read '%s': %m", list);
}

double input_read(const struct input *input)
{
    double operands = input->operands_given + input->operand_count;
    if (input->name == NULL || input->operand_count != 0)
        return operands == 0 || input->name != NULL ? 0 : input->operands_given / operands;
    double used = (double)(input->used - (input->end - input->next));
    return input->length == 0 ? 0 : used >= (double)input->length ? 1 : used / (double)input->length;
}

void input_close(struct input *input)
{
    if (input->descriptor != -1 && input->descriptor != STDIN_FILENO)
        close(input->descriptor);
    input->descriptor = -1;
}

enum progress { READ, LATER, ENDED };

// Never waits: a scan stands still meanwhile. The descriptor is left blocking, for others may share it.
static enum progress fill(struct input *input, struct complaint *complaint)
{
    struct pollfd readable = {.fd = input->descriptor, .events = POLLIN};
    if (poll(&readable, 1, 0) != 1)
        return LATER;
    ssize_t size = read(input->descriptor, input->buffer, sizeof input->buffer);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return LATER;
    if (size < 0)
        complain(complaint, "cannot read '%s': %m", input->name);
    input->next = 0;
    input->end = size > 0 ? (size_t)size : 0;
    input->used += input->end;
    return size > 0 ? READ : ENDED;
}

// A NUL would hide the rest of a line.
static bool take_line(struct input *input)
{
    while (input->next != input->end) {
        char c = input->buffer[input->next++];
        input->begun = true;
        if (c == '\n')
            return true;
        if (input->size < INPUT_LINE - 1)
            input->text[input->size++] = c == '\0' ? '\1' : c;
    }
    return false;
}

static enum progress read_line(struct input *input, struct complaint *complaint)
{
    enum progress progress = READ;
    while (!take_line(input) && (progress = fill(input, complaint)) == READ)
        continue;
    if (progress == LATER || (progress == ENDED && !input->begun))
        return progress;
    input->text[input->size] = '\0';
    input->size = 0;
    input->begun = false;
    input->line++;
    return READ;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static char *trim(char *text)
{
    char *end = text;
    while (*end != '\0' && !(*end == '#' && (end == text || is_blank(end[-1]))))
        end++;
    while (end != text && is_blank(end[-1]))
        end--;
    *end = '\0';
    while (is_blank(*text))
        text++;
    return text;
}

static char *without_mark(const struct input *input, char *text)
{
    static const char mark[] = "\xef\xbb\xbf";
    return input->line == 1 && strncmp(text, mark, sizeof mark - 1) == 0 ? text + sizeof mark - 1 : text;
}

const char *input_next(struct input *input, struct complaint *complaint)
{
    if (input->operand_count != 0) {
        input->operand_count--;
        input->operands_given++;
        return *input->operands++;
    }
    while (input->descriptor != -1) {
        enum progress progress = read_line(input, complaint);
        if (progress == LATER)
            return shakedown_later;
        if (progress == ENDED) {
            input_close(input);
            break;
        }
        char *text = trim(without_mark(input, input->text));
        if (*text != '\0')
            return text;
    }
    return NULL;
}
