// SPDX-License-Identifier: Apache-2.0
//
// Completions for three shells and the OPTIONS section of the manual, from the table of options.
// What they print is committed under completions/ and man/; a test compares.
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

#define FISH_NAMES(list) "(shakedown --list " list " 2>/dev/null | string split -f 1 \" \")"
#define MAN_WIDTH        76
#define NAMES(list)      "$(shakedown --list " list " 2>/dev/null | cut -d\" \" -f1)"

static bool is_hidden(const struct option_row *row) { return row->group == GROUP_HIDDEN; }

// Words with something else than '|' between them.
static void print_words(FILE *file, const char *words, char between)
{
    for (const char *c = words; *c != '\0'; c++)
        fputc(*c == '|' ? between : *c, file);
}

static void print_choices(FILE *file, const struct option_row *row, char between)
{
    print_words(file, row->argument, between);
}

static void print_quoted_words(FILE *file, const char *words)
{
    fputs("-W \"", file);
    print_words(file, words, ' ');
    fputc('"', file);
}

// --- bash ------------------------------------------------------------------------------------------

static void print_bash_words(FILE *file, const struct option_row *row)
{
    switch (row->kind) {
    case PATH:
    case OUTPUT:
        fputs("compgen -f -- \"$word\"", file);
        break;
    case FOLDER:
        fputs("compgen -d -- \"$word\"", file);
        break;
    case CHECKS:
        fputs("compgen -W \"" NAMES("checks") "\" -- \"$word\"", file);
        break;
    case FORMAT:
    case FORMAT_FILE:
        fputs("compgen -W \"" NAMES("formats") "\" -- \"$word\"", file);
        break;
    case POLICY:
        fputs("compgen -f -W \"" NAMES("policies") "\" -- \"$word\"", file);
        break;
    case WORDS:
    case CHOICE:
        fputs("compgen -W \"", file);
        print_choices(file, row, ' ');
        fputs("\" -- \"$word\"", file);
        break;
    default:
        fputs("true", file);
    }
}

// `--json FILE` is a target, `--json=FILE` an option's value: only then does '=' stand before it.
static void print_bash_case(FILE *file, const struct option_row *row)
{
    if (row->kind == FLAG)
        return;
    fputs("    ", file);
    if (row->letter != 0)
        fprintf(file, "-%c|", row->letter);
    fprintf(file, "--%s%s) mapfile -t COMPREPLY < <(", row->name, row->kind == OUTPUT ? "=" : "");
    print_bash_words(file, row);
    fputs(") ;;\n", file);
}

// What stands behind a command that takes no hosts.
static void print_bash_operand(FILE *file, const struct command_row *row)
{
    if (row->kind == OPERAND_HOST)
        return;
    fprintf(file, "            %s)\n                mapfile -t COMPREPLY < <(compgen ", row->name);
    if (row->kind == OPERAND_FILE)
        fputs("-f", file);
    else if (row->kind == OPERAND_ABOUT)
        fputs("-W \"" NAMES("findings") " " NAMES("policies") "\"", file);
    else
        print_quoted_words(file, row->operands);
    fputs(" -- \"$word\")\n                ;;\n", file);
}

static void print_bash(FILE *file)
{
    fputs("# SPDX-License-Identifier: Apache-2.0\n"
          "# bash completion for shakedown; made by `shakedown --print-completion bash`.\n"
          "\n"
          "_shakedown()\n"
          "{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    COMPREPLY=()\n"
          "    # bash cuts words at '=': --name=value is three of them.\n"
          "    if [ \"$word\" = \"=\" ]; then\n"
          "        word=\n"
          "        [ \"$option\" != --json ] || option=--json=\n"
          "    elif [ \"$option\" = \"=\" ]; then\n"
          "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "        [ \"$option\" != --json ] || option=--json=\n"
          "    fi\n"
          "    case $option in\n",
          file);
    for (size_t i = 0; i < option_count(); i++)
        if (!is_hidden(option_at(i)))
            print_bash_case(file, option_at(i));
    fputs("    *)\n"
          "        case $word in\n"
          "        -*) mapfile -t COMPREPLY < <(compgen -W \"",
          file);
    for (size_t i = 0; i < option_count(); i++)
        if (!is_hidden(option_at(i)))
            fprintf(file, "%s--%s", i == 0 ? "" : " ", option_at(i)->name);
    fputs("\" -- \"$word\") ;;\n"
          "        *)\n"
          "            case ${COMP_WORDS[1]} in\n",
          file);
    for (size_t i = 0; i < command_count(); i++)
        print_bash_operand(file, command_at(i));
    fputs("            *)\n"
          "                if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "                    mapfile -t COMPREPLY < <(compgen -W \"",
          file);
    for (size_t i = 0; i < command_count(); i++)
        fprintf(file, "%s%s", i == 0 ? "" : " ", command_at(i)->name);
    fputs("\" -A hostname -- \"$word\")\n"
          "                else\n"
          "                    mapfile -t COMPREPLY < <(compgen -A hostname -- \"$word\")\n"
          "                fi\n"
          "                ;;\n"
          "            esac\n"
          "            ;;\n"
          "        esac\n"
          "        ;;\n"
          "    esac\n"
          "}\n"
          "complete -o bashdefault -o default -F _shakedown shakedown\n",
          file);
}

// --- zsh -------------------------------------------------------------------------------------------

// Inside '...' and [...]: the quote, the brackets and the colon are special.
static void print_zsh_text(FILE *file, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            fputs("'\\''", file);
            continue;
        }
        if (strchr("[]:\\", *c) != NULL)
            fputc('\\', file);
        fputc(*c, file);
    }
}

static void print_zsh_action(FILE *file, const struct option_row *row)
{
    switch (row->kind) {
    case PATH:
    case OUTPUT:
        fputs("_files", file);
        break;
    case FOLDER:
        fputs("_files -/", file);
        break;
    case CHECKS:
        fputs("_values -s , check ${(f)\"" NAMES("checks") "\"}", file);
        break;
    case FORMAT:
        fputs("{compadd -- ${(f)\"" NAMES("formats") "\"}}", file);
        break;
    case FORMAT_FILE:
        fputs("{compadd -S : -- ${(f)\"" NAMES("formats") "\"}}", file);
        break;
    case POLICY:
        fputs("{compadd -- ${(f)\"" NAMES("policies") "\"}; _files}", file);
        break;
    case WORDS:
        fputs("_values -s , word ", file);
        print_choices(file, row, ' ');
        break;
    case CHOICE:
        fputc('(', file);
        print_choices(file, row, ' ');
        fputc(')', file);
        break;
    default:
        break;
    }
}

static void print_zsh_row(FILE *file, const struct option_row *row)
{
    const char *suffix = row->kind == FLAG ? "" : row->kind == OUTPUT ? "=-" : "=";
    if (row->letter != 0)
        fprintf(file, "  '(-%c --%s)'{-%c%s,--%s%s}'[", row->letter, row->name, row->letter,
                row->kind == FLAG ? "" : "+", row->name, suffix);
    else
        fprintf(file, "  '--%s%s[", row->name, suffix);
    print_zsh_text(file, row->help);
    fputc(']', file);
    if (row->kind != FLAG) {
        fputs(row->kind == OUTPUT ? "::" : ":", file);
        print_zsh_text(file, row->kind == CHOICE || row->kind == WORDS ? row->name : row->argument);
        fputc(':', file);
        print_zsh_action(file, row);
    }
    fputs("' \\\n", file);
}

static void print_zsh_operand(FILE *file, const struct command_row *row)
{
    if (row->kind == OPERAND_HOST)
        return;
    fprintf(file, "(%s) ", row->name);
    if (row->kind == OPERAND_FILE) {
        fputs("_files", file);
    } else if (row->kind == OPERAND_ABOUT) {
        fputs("compadd -- ${(f)\"" NAMES("findings") "\"} ${(f)\"" NAMES("policies") "\"}", file);
    } else {
        fputs("compadd -- ", file);
        print_words(file, row->operands, ' ');
    }
    fputs(";; ", file);
}

static void print_zsh(FILE *file)
{
    fputs("#compdef shakedown\n"
          "# SPDX-License-Identifier: Apache-2.0\n"
          "# zsh completion for shakedown; made by `shakedown --print-completion zsh`.\n"
          "\n"
          "_arguments -s -S \\\n",
          file);
    for (size_t i = 0; i < option_count(); i++)
        if (!is_hidden(option_at(i)))
            print_zsh_row(file, option_at(i));
    fputs("  '1:command or target:{_alternative \"commands:command:(", file);
    for (size_t i = 0; i < command_count(); i++)
        fprintf(file, "%s%s", i == 0 ? "" : " ", command_at(i)->name);
    fputs(")\" \"hosts:host:_hosts\"}' \\\n  '*:operand:{case ${words[2]} in ", file);
    for (size_t i = 0; i < command_count(); i++)
        print_zsh_operand(file, command_at(i));
    fputs("(*) _hosts;; esac}'\n", file);
}

// --- fish ------------------------------------------------------------------------------------------

static void print_fish_text(FILE *file, const char *text)
{
    fputc('\'', file);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'' || *c == '\\')
            fputc('\\', file);
        fputc(*c, file);
    }
    fputc('\'', file);
}

static void print_fish_argument(FILE *file, const struct option_row *row)
{
    switch (row->kind) {
    case FLAG:
        break;
    case PATH:
        fputs(" -r -F", file);
        break;
    case OUTPUT:
        fputs(" -F", file);
        break;
    case FOLDER:
        fputs(" -x -a '(__fish_complete_directories)'", file);
        break;
    case CHECKS:
        fputs(" -x -a '" FISH_NAMES("checks") "'", file);
        break;
    case FORMAT:
    case FORMAT_FILE:
        fputs(" -x -a '" FISH_NAMES("formats") "'", file);
        break;
    case POLICY:
        fputs(" -r -F -a '" FISH_NAMES("policies") "'", file);
        break;
    case WORDS:
    case CHOICE:
        fputs(" -x -a '", file);
        print_choices(file, row, ' ');
        fputc('\'', file);
        break;
    default:
        fputs(" -x", file);
    }
}

static void print_fish_command(FILE *file, const struct command_row *row)
{
    fprintf(file, "complete -c shakedown -n __fish_use_subcommand -a %s -d ", row->name);
    print_fish_text(file, row->help);
    fputc('\n', file);
    if (row->kind == OPERAND_HOST)
        return;
    fprintf(file, "complete -c shakedown -n '__fish_seen_subcommand_from %s'", row->name);
    if (row->kind == OPERAND_FILE) {
        fputs(" -F", file);
    } else if (row->kind == OPERAND_ABOUT) {
        fputs(" -a '" FISH_NAMES("findings") " " FISH_NAMES("policies") "'", file);
    } else {
        fputs(" -a '", file);
        print_words(file, row->operands, ' ');
        fputc('\'', file);
    }
    fputc('\n', file);
}

static void print_fish(FILE *file)
{
    fputs("# SPDX-License-Identifier: Apache-2.0\n"
          "# fish completion for shakedown; made by `shakedown --print-completion fish`.\n"
          "\n"
          "complete -c shakedown -f\n",
          file);
    for (size_t i = 0; i < command_count(); i++)
        print_fish_command(file, command_at(i));
    fputs("complete -c shakedown -n 'not __fish_seen_subcommand_from", file);
    for (size_t i = 0; i < command_count(); i++)
        if (command_at(i)->kind != OPERAND_HOST)
            fprintf(file, " %s", command_at(i)->name);
    fputs("' -a '(__fish_print_hostnames)'\n", file);
    for (size_t i = 0; i < option_count(); i++) {
        const struct option_row *row = option_at(i);
        if (is_hidden(row))
            continue;
        fprintf(file, "complete -c shakedown -l %s", row->name);
        if (row->letter != 0)
            fprintf(file, " -s %c", row->letter);
        print_fish_argument(file, row);
        fputs(" -d ", file);
        print_fish_text(file, row->help);
        fputc('\n', file);
    }
}

// --- manual ----------------------------------------------------------------------------------------

// Lines of the source shall not be long, and none may begin like a request.
static void print_man_sentence(FILE *file, const char *text)
{
    size_t column = (size_t)fprintf(file, "%c", *text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text);
    for (text++; *text != '\0';) {
        size_t length = strcspn(text + 1, " ") + 1;
        if (*text == ' ' && column + length > MAN_WIDTH && text[1] != '.' && text[1] != '\'') {
            fputc('\n', file);
            text++;
            length--;
            column = 0;
        }
        fprintf(file, "%.*s", (int)length, text);
        column += length;
        text += length;
    }
    fputs(".\n", file);
}

// "auto|never" as "Cm auto Ns | Ns Cm never"
static void print_man_choices(FILE *file, const char *words)
{
    fputs(" Ns = Ns Cm ", file);
    for (; *words != '\0'; words++)
        if (*words == '|')
            fputs(" Ns | Ns Cm ", file);
        else
            fputc(*words, file);
}

static void print_man_row(FILE *file, const struct option_row *row)
{
    fputs(".It ", file);
    if (row->letter != 0)
        fprintf(file, "Fl %c , ", row->letter);
    fprintf(file, "Fl -%s", row->name);
    if (row->kind == CHOICE || row->kind == WORDS)
        print_man_choices(file, row->argument);
    else if (row->kind == OUTPUT)
        fprintf(file, " Ns Oo = Ns Ar %s Oc", row->argument);
    else if (row->kind != FLAG)
        fprintf(file, " Ns = Ns Ar %s", row->argument);
    fputc('\n', file);
    print_man_sentence(file, row->help);
}

static void print_man_options(FILE *file)
{
    for (enum option_group group = 0; group < GROUP_HIDDEN; group++) {
        fprintf(file, ".Ss %s\n.Bl -tag -width Ds\n", option_group_title(group));
        for (size_t i = 0; i < option_count(); i++)
            if (option_at(i)->group == group)
                print_man_row(file, option_at(i));
        fputs(".El\n", file);
    }
}

bool options_print_completion(FILE *file, const char *form)
{
    static const struct {
        const char *name;
        void (*print)(FILE *file);
    } forms[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}, {"man-options", print_man_options}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].name, form) == 0) {
            forms[i].print(file);
            return true;
        }
    return false;
}
