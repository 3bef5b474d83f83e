#include "ingest/guess.h"

#include <string.h>

#include "pseudonymise/pseudonymise.h"

enum { NAME_BYTES_MIN = 2, NAME_BYTES_MAX = 64, DIGITS_MAX = 4, WORDS_MAX = 10, PREFIX_BYTES_MIN = 3 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A name as lower-case words: "_date_of_birth_" of DateOfBirth. */
typedef struct Words {
    char joined[2 * NAME_BYTES_MAX + 3];
    size_t length;
    Text words[2 * NAME_BYTES_MAX];
    size_t count;
} Words;

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* In front of a capital that begins a word: dateOf, NHSNumber. */
static bool begins_word(Text name, size_t at)
{
    if (at == 0 || !is_upper(name.data[at]))
        return false;
    char before = name.data[at - 1];
    return is_lower(before) || is_digit(before) ||
           (is_upper(before) && at + 1 < name.length && is_lower(name.data[at + 1]));
}

static void add_char(Words *words, char c)
{
    if (c == '_' && words->length > 0 && words->joined[words->length - 1] == '_')
        return;
    words->joined[words->length++] = c;
}

static void split(Text name, Words *words)
{
    *words = (Words){0};
    if (name.length > NAME_BYTES_MAX)
        name.length = NAME_BYTES_MAX;
    add_char(words, '_');
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (begins_word(name, i))
            add_char(words, '_');
        add_char(words, is_upper(c) ? (char)(c - 'A' + 'a') : is_lower(c) || is_digit(c) ? c : '_');
    }
    add_char(words, '_');
    Text rest = {.data = words->joined, .length = words->length};
    while (rest.length > 0) {
        Text word = text_next(&rest, '_');
        if (word.length > 0)
            words->words[words->count++] = word;
    }
}

bool guess_is_name(Text text)
{
    char postcode[9];
    size_t digits = 0, letters = 0;
    Words words;

    if (text.length < NAME_BYTES_MIN || text.length > NAME_BYTES_MAX ||
        !(is_upper(text.data[0]) || is_lower(text.data[0])))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        digits += is_digit(c);
        letters += is_upper(c) || is_lower(c);
        if (!is_digit(c) && !is_upper(c) && !is_lower(c) && (c == '\0' || strchr(" _-./()&%", c) == NULL))
            return false;
    }
    split(text, &words);
    return letters >= 2 && digits <= DIGITS_MAX && words.count <= WORDS_MAX &&
           pseudonymise_postcode(text, postcode) != IDENTIFIER_VALID;
}

/* ---- what words say ---- */

static bool has(const Words *words, const char *part)
{
    return strstr(words->joined, part) != NULL;
}

static bool has_any(Text name, const char *const *parts, size_t count)
{
    Words words;

    split(name, &words);
    for (size_t i = 0; i < count; i++)
        if (has(&words, parts[i]))
            return true;
    return false;
}

/* The first that is in a name counts. */
static const struct {
    const char *part;
    IdentityField field;
} hints[] = {
    {"superseded_nhs", IDENTITY_SUPERSEDED_NHS_NUMBER},
    {"nhs_number_", IDENTITY_NHS_NUMBER},
    {"nhs_no_", IDENTITY_NHS_NUMBER},
    {"nhsnumber_", IDENTITY_NHS_NUMBER},
    {"nhsno_", IDENTITY_NHS_NUMBER},
    {"newnhs", IDENTITY_NHS_NUMBER},
    {"_uprn_", IDENTITY_UPRN},
    {"property_reference", IDENTITY_UPRN},
    {"postcode", IDENTITY_POSTCODE},
    {"post_code", IDENTITY_POSTCODE},
    {"_zip_", IDENTITY_POSTCODE},
    {"_dob_", IDENTITY_BIRTH_DATE},
    {"date_of_birth", IDENTITY_BIRTH_DATE},
    {"birth_date", IDENTITY_BIRTH_DATE},
    {"birthdate", IDENTITY_BIRTH_DATE},
    {"birth_dt", IDENTITY_BIRTH_DATE},
    {"_sex_", IDENTITY_SEX},
    {"_gender_", IDENTITY_SEX},
    {"surname", IDENTITY_FAMILY_NAME},
    {"family_name", IDENTITY_FAMILY_NAME},
    {"last_name", IDENTITY_FAMILY_NAME},
    {"lastname", IDENTITY_FAMILY_NAME},
    {"forename", IDENTITY_GIVEN_NAME},
    {"given_name", IDENTITY_GIVEN_NAME},
    {"first_name", IDENTITY_GIVEN_NAME},
    {"firstname", IDENTITY_GIVEN_NAME},
    {"_address_", IDENTITY_ADDRESS},
    {"local_patient_id", IDENTITY_LOCAL_ID},
    {"patient_id_", IDENTITY_LOCAL_ID},
    {"person_id_", IDENTITY_LOCAL_ID},
    {"client_id_", IDENTITY_LOCAL_ID},
    {"person_unique_id", IDENTITY_LOCAL_ID},
    {"patient_reference", IDENTITY_LOCAL_ID},
    {"_lpi_", IDENTITY_LOCAL_ID},
};

int guess_identity(Text name)
{
    static const char *const about[] = {"_status_", "_valid_",   "_indicator_", "_flag_",   "_reason_",
                                        "_count_",  "_issuer_",  "_type_",      "_sector_", "_identity_",
                                        "_month_",  "_year_of_", "_code_valid"};
    Words words;

    if (has_any(name, about, COUNT(about)))
        return SPEC_NONE;
    split(name, &words);
    for (size_t i = 0; i < COUNT(hints); i++)
        if (has(&words, hints[i].part))
            return (int)hints[i].field;
    return SPEC_NONE;
}

bool guess_is_personal(Text name)
{
    static const char *const parts[] = {
        "name_",     "_tel",      "phone",   "mobile",     "mail",   "_ni_",     "_nino",
        "insurance", "passport",  "street",  "_town_",     "house",  "address",  "_gp_",
        "doctor",    "clinic",    "consult", "practition", "carer",  "contact_", "comment",
        "note",      "narrative", "text",    "descrip",    "remark", "initial",  "title_",
        "signature", "login",     "user",    "staff",      "_by_"};

    return has_any(name, parts, COUNT(parts)) || guess_is_birth(name);
}

bool guess_is_birth(Text name)
{
    static const char *const parts[] = {"birth", "_born"};

    return has_any(name, parts, COUNT(parts));
}

bool guess_is_event(Text name)
{
    static const char *const parts[] = {"event",     "arriv",  "admi",  "attend",  "visit", "contact",
                                        "referral",  "start",  "end_",  "dischar", "issue", "record",
                                        "effective", "appoin", "death", "regist",  "incid", "call"};

    return has_any(name, parts, COUNT(parts)) && guess_identity(name) != IDENTITY_BIRTH_DATE;
}

/* ---- how alike two names are ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance over the words written as one. */
static size_t distance(Text a, Text b)
{
    size_t row[2 * NAME_BYTES_MAX + 4];

    for (size_t j = 0; j <= b.length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            size_t above = row[j];
            row[j] = least(diagonal + (a.data[i - 1] != b.data[j - 1]), least(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[b.length];
}

static bool words_meet(Text a, Text b)
{
    Text shorter = a.length < b.length ? a : b, longer = a.length < b.length ? b : a;

    return text_equal(a, b) || (shorter.length >= PREFIX_BYTES_MIN && text_starts_with(longer, shorter));
}

/* Dice: twice the words that both have, over all words. */
static double shared_words(const Words *a, const Words *b)
{
    bool is_taken[COUNT(b->words)] = {false};
    size_t shared = 0;

    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (!is_taken[j] && words_meet(a->words[i], b->words[j])) {
                is_taken[j] = true;
                shared++;
                break;
            }
    return a->count + b->count == 0 ? 0 : 2.0 * (double)shared / (double)(a->count + b->count);
}

/* "dob" for date of birth. */
static bool are_initials(const Words *initials, const Words *words)
{
    if (initials->count != 1 || initials->words[0].length != words->count || words->count < 2)
        return false;
    for (size_t i = 0; i < words->count; i++)
        if (initials->words[0].data[i] != words->words[i].data[0])
            return false;
    return true;
}

double guess_alike(Text a, Text b)
{
    Words left, right;
    int identity = guess_identity(a);

    split(a, &left);
    split(b, &right);
    const Text joined_a = {.data = left.joined, .length = left.length},
               joined_b = {.data = right.joined, .length = right.length};
    if (text_equal(joined_a, joined_b))
        return 1;
    size_t longest = left.length > right.length ? left.length : right.length;
    double letters = 1 - (double)distance(joined_a, joined_b) / (double)(longest - 2 > 0 ? longest - 2 : 1);
    double alike = shared_words(&left, &right);
    alike = letters > alike ? letters : alike;
    if (identity != SPEC_NONE && identity == guess_identity(b) && alike < 0.85)
        alike = 0.85;
    if ((are_initials(&left, &right) || are_initials(&right, &left)) && alike < 0.8)
        alike = 0.8;
    return alike < 0 ? 0 : alike > 0.99 ? 0.99 : alike;
}
