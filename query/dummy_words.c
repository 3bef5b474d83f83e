/* The texts that cells may hold, in order: a cell has a word's number. */
#include "query/dummy.h"
#include "query/word_list.h"

double dummy_word(const Dummy *dummy, Text word)
{
    int64_t number = dataset_word(&dummy->dataset, word);

    return number < 0 ? NAN : (double)number;
}

bool dummy_is_word(const Dummy *dummy, double cell)
{
    return cell >= 0 && cell < (double)dummy->dataset.word_count;
}

static bool is_prefix(Text code)
{
    return code.length > 1 && code.data[code.length - 1] == '*';
}

static Text without_star(Text code)
{
    return is_prefix(code) ? text_slice(code, 0, code.length - 1) : code;
}

/* ---- of columns ---- */

const DummyColumn *dummy_described(const DummyTable *table, size_t column)
{
    for (size_t i = 0; table != NULL && table->of != NULL && i < table->of->column_count; i++)
        if (text_equal(table->of->columns[i].name, table->columns[column].name))
            return &table->of->columns[i];
    return NULL;
}

static bool begins_in_list(const DummyColumn *of, Text begins, Text *text)
{
    bool is_found = false;

    for (size_t i = 0; i < of->code_count; i++)
        if (text_starts_with(of->codes[i], begins) && (!is_found || text_compare(of->codes[i], *text) < 0)) {
            *text = of->codes[i];
            is_found = true;
        }
    return is_found;
}

/* The first of them, `begins` itself where the column can have that. Of what no spec describes any will do.
 */
static bool text_of(const DummyColumn *of, Text begins, char bytes[DUMMY_TEXT_BYTES_MAX], Text *text)
{
    if (of != NULL && of->form != NULL) {
        text->data = bytes;
        return of->text_of(of->form, begins, 0, bytes, &text->length);
    }
    if (of != NULL && of->code_count > 0)
        return begins_in_list(of, begins, text);
    *text = begins;
    return true;
}

double dummy_word_of(const Dummy *dummy, const DummyTable *table, size_t column, Text code)
{
    Text begins = without_star(code), text;
    char bytes[DUMMY_TEXT_BYTES_MAX];

    if (!text_of(dummy_described(table, column), begins, bytes, &text) ||
        !(is_prefix(code) || text_equal(text, begins)))
        return NAN;
    return dummy_word(dummy, text);
}

bool dummy_can_have(const Dummy *dummy, const DummyTable *table, size_t column, double cell)
{
    return table->columns[column].type != TYPE_TEXT || !dummy_is_word(dummy, cell) ||
           dummy_word_of(dummy, table, column, dummy->dataset.words[(size_t)cell]) == cell;
}

/* ---- all of them ---- */

static void add_of_source(WordList *words, const DummySource *source)
{
    for (size_t c = 0; c < source->column_count; c++)
        for (size_t k = 0; k < source->columns[c].code_count; k++)
            word_list_add(words, source->columns[c].codes[k]);
}

/* What begins as the query asks, as each column has it that may be asked so. */
static void add_begun(Dummy *dummy, WordList *words, const DummySource *source, Text prefix)
{
    char bytes[DUMMY_TEXT_BYTES_MAX];
    Text text;

    for (size_t c = 0; c < source->column_count; c++)
        if (source->columns[c].form != NULL &&
            text_of(&source->columns[c], without_star(prefix), bytes, &text))
            word_list_add(words, text_copy(dummy->arena, text));
}

static void add_of_query(Dummy *dummy, WordList *words, const DummySource *sources)
{
    const Tree *tree = dummy->query->tree;

    for (size_t i = 0; i < dummy->dataset.word_count; i++) {
        Text word = dummy->dataset.words[i];
        word_list_add(words, without_star(word));
        for (size_t s = 0; is_prefix(word) && s < tree->source_count; s++)
            add_begun(dummy, words, &sources[tree->sources[s] - dummy->query->catalogue.sources], word);
    }
}

/* Those of the query, of the sources' own lists and forms, and some that none of them has. */
void dummy_make_words(Dummy *dummy, const DummySource *sources)
{
    static const char *const made[] = {
        "dummy-1",  "dummy-2",  "dummy-3",  "1",           "2",           "9",        "DUMMY-A",
        "DUMMY-B",  "DUMMY-C",  "DUMMY-D",  "Dummy North", "Dummy South", "DUMMY-W1", "DUMMY-W2",
        "DUMMY-W3", "DUMMY-H1", "DUMMY-H2", "DUMMY-P1",    "DUMMY-P2",
    };
    WordList words = {0};

    add_of_query(dummy, &words, sources);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        word_list_add(&words, text_from(made[i]));
    for (size_t t = DUMMY_MADE; t < dummy->dataset.source_count; t++)
        add_of_source(&words, &sources[t - DUMMY_MADE]);
    word_list_keep(&words, &dummy->dataset, dummy->arena);
}
