// SPDX-License-Identifier: Apache-2.0
//
// Lists of targets, as people and programs write them: LF or CRLF, with or without a byte order
// mark or a last newline. An octet that no target may hold is left in, so that the target is
// refused with its line number.
#include "cli/input.h"

#include <string.h>

bool input_open(struct input *input, char *const *operands, int operand_count, const char *list,
                struct complaint *complaint)
{
    *input = (struct input){.operands = operands, .operand_count = operand_count};
    if (list == NULL)
        return true;
    bool standard = strcmp(list, "-") == 0;
    input->name = standard ? "standard input" : list;
    input->file = standard ? stdin : fopen(list, "r");
    return input->file != NULL || complain(complaint, "cannot read '%s': %m", list);
}

void input_close(struct input *input)
{
    if (input->file != NULL && input->file != stdin)
        fclose(input->file);
    input->file = NULL;
}

// False: there is no line any more. A NUL would hide the rest of a line.
static bool read_line(struct input *input)
{
    size_t size = 0;
    int c;
    while ((c = getc(input->file)) != EOF && c != '\n')
        if (size < INPUT_LINE - 1)
            input->text[size++] = c == '\0' ? '\1' : (char)c;
    input->text[size] = '\0';
    input->line++;
    return c != EOF || size != 0;
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
        return *input->operands++;
    }
    while (input->file != NULL) {
        if (!read_line(input)) {
            if (ferror(input->file))
                complain(complaint, "cannot read '%s': %m", input->name);
            input_close(input);
            break;
        }
        char *text = trim(without_mark(input, input->text));
        if (*text != '\0')
            return text;
    }
    return NULL;
}
