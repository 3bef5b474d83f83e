/* Two spellings of one address, made one as far as its words allow. What it cannot tell stays two: a home
 * that is not found costs less than two homes made one. */
#include <string.h>

#include "base/secret.h"
#include "pseudonymise/normalise.h"

enum { WORDS_MAX = 24, WORD_BYTES = 20, READ_MAX = 160, INWARD = 3 };

typedef struct Word {
    char text[WORD_BYTES];
    size_t length;
} Word;

typedef struct Words {
    Word of[WORDS_MAX];
    size_t count;
    bool too_many;
} Words;

/* ends: a kind of street, behind which stand locality, town and county. */
typedef struct Form {
    const char *written, *meant;
    bool ends;
} Form;

static const Form forms[] = {
    {"rd", "road", true},          {"road", "road", true},         {"street", "street", true},
    {"ave", "avenue", true},       {"av", "avenue", true},         {"avenue", "avenue", true},
    {"ln", "lane", true},          {"la", "lane", true},           {"lane", "lane", true},
    {"cl", "close", true},         {"close", "close", true},       {"dr", "drive", true},
    {"drv", "drive", true},        {"drive", "drive", true},       {"gdns", "gardens", true},
    {"gdn", "gardens", true},      {"gardens", "gardens", true},   {"cres", "crescent", true},
    {"cresc", "crescent", true},   {"crescent", "crescent", true}, {"terr", "terrace", true},
    {"ter", "terrace", true},      {"terrace", "terrace", true},   {"pl", "place", true},
    {"place", "place", true},      {"sq", "square", true},         {"square", "square", true},
    {"gr", "grove", true},         {"grv", "grove", true},         {"grove", "grove", true},
    {"ms", "mews", true},          {"mews", "mews", true},         {"wy", "way", true},
    {"way", "way", true},          {"ct", "court", true},          {"crt", "court", true},
    {"court", "court", true},      {"walk", "walk", true},         {"row", "row", true},
    {"hse", "house", false},       {"cott", "cottage", false},     {"bldg", "building", false},
    {"bldgs", "buildings", false}, {"apartment", "flat", false},   {"apt", "flat", false},
    {"appt", "flat", false},       {"flt", "flat", false},         {"unit", "flat", false},
    {"pk", "park", false},         {"hl", "hill", false},          {"grn", "green", false},
    {"upr", "upper", false},       {"lwr", "lower", false},        {"gnd", "ground", false},
    {"flr", "floor", false},
};

/* Typed where there is no home to name, with a number too. */
static const char *const nowhere[] = {
    "nfa",         "unknown",     "homeless", "abode",    "withheld",  "confidential", "known",
    "none",        "nil",         "null",     "given",    "confirmed", "confirm",      "tbc",
    "tba",         "dummy",       "same",     "missing",  "blank",     "invalid",      "redacted",
    "unspecified", "undisclosed", "refused",  "overseas", "abroad",    "anonymous",
};

/* Behind the street these tell one of its homes from another: what is cut off must not hold any. */
static const char *const units[] = {
    "flat",      "flats",      "annexe",     "annex",    "room",       "rooms",  "plot",        "floor",
    "suite",     "block",      "studio",     "basement", "maisonette", "rear",   "front",       "back",
    "top",       "bedsit",     "caravan",    "caravans", "pitch",      "berth",  "mooring",     "lodge",
    "lodges",    "house",      "houses",     "cottage",  "cottages",   "villa",  "villas",      "bungalow",
    "bungalows", "building",   "buildings",  "mansion",  "mansions",   "farm",   "farmhouse",   "barn",
    "barns",     "stable",     "stables",    "chalet",   "cabin",      "mobile", "trailer",     "boat",
    "houseboat", "penthouse",  "apartments", "units",    "attic",      "loft",   "cellar",      "ground",
    "upstairs",  "downstairs", "wing",       "tower",    "hostel",     "hotel",  "almshouses",  "halls",
    "estate",    "left",       "right",      "site",     "level",      "door",   "outbuilding", "garage",
};

static const char *const dropped[] = {"no", "number", "the"};

/* By the first letter, which most of what a word is asked for has not. */
static inline bool is(const Word *word, const char *text)
{
    return word->text[0] == text[0] && word->length == strlen(text) &&
           memcmp(word->text, text, word->length) == 0;
}

static bool is_any(const Word *word, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is(word, texts[i]))
            return true;
    return false;
}

#define IS_ANY(word, texts) is_any(word, texts, sizeof(texts) / sizeof *(texts))

static bool has_digit_first(const Word *word)
{
    return word->length > 0 && word->text[0] >= '0' && word->text[0] <= '9';
}

static void set(Word *word, const char *text)
{
    word->length = strlen(text);
    memcpy(word->text, text, word->length);
}

/* A word that is longer than any of ours is told apart by its start. */
static void append(Word *word, Text text)
{
    size_t room = WORD_BYTES - word->length;
    size_t taken = text.length < room ? text.length : room;

    memcpy(word->text + word->length, text.data, taken);
    word->length += taken;
}

static Text without_zeros(Text text)
{
    size_t zeros = 0;

    while (zeros + 1 < text.length && text.data[zeros] == '0')
        zeros++;
    return text_slice(text, zeros, text.length);
}

/* "12 a" is 12a and "john s" johns: what a space or an apostrophe parted. */
static bool belongs_before(const Words *words, Text text)
{
    if (words->count == 0 || text.length != 1 || text.data[0] < 'a' || text.data[0] > 'z')
        return false;
    bool behind_number = has_digit_first(&words->of[words->count - 1]);
    return behind_number || text.data[0] == 's';
}

static void add(Words *words, Text text)
{
    if (belongs_before(words, text)) {
        append(&words->of[words->count - 1], text);
        return;
    }
    if (words->count == WORDS_MAX) {
        words->too_many = true;
        return;
    }
    words->of[words->count].length = 0;
    append(&words->of[words->count++], without_zeros(text));
}

static void split(Text text, Words *words)
{
    size_t start = 0;

    words->count = 0;
    words->too_many = false;
    for (size_t i = 0; i <= text.length; i++) {
        if (i < text.length && text.data[i] != ' ')
            continue;
        if (i > start)
            add(words, text_slice(text, start, i));
        start = i + 1;
    }
}

/* Saint before a name, street behind one. */
static const char *meaning_of_st(const Words *words, size_t at)
{
    bool begins = at == 0 || has_digit_first(&words->of[at - 1]);

    return begins && at + 1 < words->count ? "saint" : "street";
}

/* Writes words out; returns how many of them stand up to the last kind of street, or all of them. */
static size_t write_out(Words *words)
{
    size_t end = 0;

    for (size_t i = 0; i < words->count; i++) {
        Word *word = &words->of[i];
        if (is(word, "st"))
            set(word, meaning_of_st(words, i));
        for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
            if (!is(word, forms[f].written))
                continue;
            set(word, forms[f].meant);
            end = forms[f].ends && i > 0 ? i + 1 : end;
            break;
        }
    }
    return end > 0 ? end : words->count;
}

static Word folded_postcode(Text postcode)
{
    Word whole = {.length = 0};

    for (size_t i = 0; i < postcode.length && whole.length < WORD_BYTES; i++) {
        char c = postcode.data[i];
        if (c != ' ')
            whole.text[whole.length++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    return whole;
}

/* TN24 8AA as one word or two. */
static bool is_of_postcode(const Word *word, const Word *whole)
{
    size_t inward = whole->length > INWARD ? whole->length - INWARD : 0;
    bool same_start = word->length <= whole->length && memcmp(word->text, whole->text, word->length) == 0;
    bool same_end = word->length == INWARD && memcmp(word->text, whole->text + inward, INWARD) == 0;

    return (same_start && (word->length == whole->length || word->length == inward)) || same_end;
}

static bool is_kept(const Word *word, const Word *postcode)
{
    return !IS_ANY(word, dropped) && !is_of_postcode(word, postcode);
}

/* 1st Avenue has a number of its own, 0 is nobody's. */
static bool is_house_number(const Word *word)
{
    static const char *const ordinals[] = {"st", "nd", "rd", "th"};
    const char *end = word->text + (word->length > 2 ? word->length - 2 : 0);

    if (!has_digit_first(word) || is(word, "0"))
        return false;
    for (size_t i = 0; word->length > 2 && i < sizeof ordinals / sizeof *ordinals; i++)
        if (memcmp(end, ordinals[i], 2) == 0)
            return false;
    return true;
}

/* A number and a name behind it: without a number a street and its town look like a house and its street. */
static bool has_number_and_name(const Words *words, size_t end, const Word *postcode)
{
    bool has_number = false;

    for (size_t i = 0; i < end; i++) {
        const Word *word = &words->of[i];
        if (!is_kept(word, postcode))
            continue;
        if (has_number && !has_digit_first(word))
            return true;
        has_number |= is_house_number(word);
    }
    return false;
}

static bool cuts_off_unit(const Words *words, size_t end, const Word *postcode)
{
    for (size_t i = end; i < words->count; i++) {
        const Word *word = &words->of[i];
        if (is_kept(word, postcode) && (has_digit_first(word) || word->length == 1 || IS_ANY(word, units)))
            return true;
    }
    return false;
}

static size_t join(const Words *words, size_t end, const Word *postcode, char out[NORMALISE_ADDRESS_BYTES])
{
    size_t length = 0;

    if (!has_number_and_name(words, end, postcode) || cuts_off_unit(words, end, postcode))
        return 0;
    for (size_t i = 0; i < end; i++) {
        const Word *word = &words->of[i];
        if (!is_kept(word, postcode))
            continue;
        if (length > 0)
            out[length++] = ' ';
        memcpy(out + length, word->text, word->length);
        length += word->length;
    }
    return length;
}

static bool is_nowhere(const Words *words, Text postcode)
{
    if (postcode.length >= 4 && memcmp(postcode.data, "ZZ99", 4) == 0)
        return true;
    for (size_t i = 0; i < words->count; i++)
        if (IS_ANY(&words->of[i], nowhere))
            return true;
    return false;
}

_Static_assert(WORDS_MAX *(WORD_BYTES + 1) <= NORMALISE_ADDRESS_BYTES, "all words and their spaces fit");

size_t normalise_address(Text folded, Text postcode, char out[NORMALISE_ADDRESS_BYTES])
{
    Words words;
    size_t length = 0;

    /* What is too long to be read to its end may have its flat there. */
    if (folded.length > READ_MAX)
        return 0;
    Word whole = folded_postcode(postcode);
    split(folded, &words);
    if (!words.too_many && !is_nowhere(&words, postcode))
        length = join(&words, write_out(&words), &whole, out);
    secret_wipe(words.of, words.count * sizeof words.of[0]);
    secret_wipe(&whole, sizeof whole);
    return length;
}
