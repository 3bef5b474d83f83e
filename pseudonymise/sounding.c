#include "pseudonymise/sounding.h"

#include <string.h>

#include "base/secret.h"

enum { NAME_MAX = 40, NAME_ROOM = NAME_MAX + 4 };

typedef struct Name {
    char letters[NAME_ROOM];
    size_t length;
} Name;

typedef struct Change {
    const char *from, *to;
} Change;

static bool is_vowel(char letter)
{
    return letter != '\0' && strchr("AEIOU", letter) != NULL;
}

static void take_letters(Text text, Name *name)
{
    for (size_t i = 0; i < text.length && name->length < NAME_MAX; i++) {
        char c = text.data[i];
        if (c >= 'a' && c <= 'z')
            name->letters[name->length++] = (char)(c - 'a' + 'A');
    }
}

static void change_start(Name *name)
{
    static const Change changes[] = {{"MAC", "MCC"}, {"KN", "NN"}, {"K", "C"},
                                     {"PH", "FF"},   {"PF", "FF"}, {"SCH", "SSS"}};

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        size_t length = strlen(changes[i].from);
        if (name->length < length || memcmp(name->letters, changes[i].from, length) != 0)
            continue;
        memcpy(name->letters, changes[i].to, length);
        return;
    }
}

static void change_end(Name *name)
{
    static const Change changes[] = {{"EE", "Y"}, {"IE", "Y"}, {"DT", "D"}, {"RT", "D"},
                                     {"RD", "D"}, {"NT", "D"}, {"ND", "D"}};

    for (size_t i = 0; i < sizeof changes / sizeof changes[0] && name->length > 2; i++) {
        if (memcmp(name->letters + name->length - 2, changes[i].from, 2) != 0)
            continue;
        name->letters[name->length - 2] = changes[i].to[0];
        name->letters[--name->length] = '\0';
        return;
    }
}

/* No NUL behind them: the name goes on. */
static void put_letters(char *here, const char *letters)
{
    for (; *letters != '\0'; letters++)
        *here++ = *letters;
}

/* Changes the letters from here on in place, as the rule says; what they become is read by the next step. */
static void change_at(Name *name, size_t at)
{
    char *here = name->letters + at, before = here[-1];

    if (here[0] == 'E' && here[1] == 'V')
        put_letters(here, "AF");
    else if (is_vowel(here[0]))
        here[0] = 'A';
    else if (here[0] == 'Q')
        here[0] = 'G';
    else if (here[0] == 'Z')
        here[0] = 'S';
    else if (here[0] == 'M')
        here[0] = 'N';
    else if (here[0] == 'K')
        here[0] = here[1] == 'N' ? 'N' : 'C';
    else if (here[0] == 'S' && here[1] == 'C' && here[2] == 'H')
        put_letters(here, "SSS");
    else if (here[0] == 'P' && here[1] == 'H')
        put_letters(here, "FF");
    else if ((here[0] == 'H' && (!is_vowel(before) || !is_vowel(here[1]))) ||
             (here[0] == 'W' && is_vowel(before)))
        here[0] = before;
}

static size_t drop_end(char *code, size_t length)
{
    if (length > 1 && code[length - 1] == 'S')
        length--;
    if (length > 2 && code[length - 2] == 'A' && code[length - 1] == 'Y') {
        code[length - 2] = 'Y';
        length--;
    }
    if (length > 1 && code[length - 1] == 'A')
        length--;
    return length;
}

size_t sounding_of(Text text, char out[SOUNDING_BYTES])
{
    Name name = {.length = 0};
    char code[NAME_ROOM];
    size_t length = 0;

    take_letters(text, &name);
    if (name.length == 0)
        return 0;
    change_start(&name);
    change_end(&name);
    code[length++] = name.letters[0];
    for (size_t i = 1; i < name.length; i++) {
        change_at(&name, i);
        if (name.letters[i] != code[length - 1])
            code[length++] = name.letters[i];
    }
    length = drop_end(code, length);
    if (length > SOUNDING_BYTES)
        length = SOUNDING_BYTES;
    memcpy(out, code, length);
    secret_wipe(&name, sizeof name);
    secret_wipe(code, sizeof code);
    return length;
}
