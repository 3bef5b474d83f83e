#include "bench/rows.h"

#include "base/input.h"

enum { ROWS_MAX = 200000, ROWS_BYTES_MAX = 1 << 28 };
enum { GIVEN = 1, FAMILY, BORN, SEX, POSTCODE, NUMBER, STREET, TOWN, PRACTICE, ADDRESS };

const RowsFields rows_nine = {{ENCODING_GIVEN_NAME, ENCODING_FAMILY_NAME, ENCODING_BIRTH_DATE, ENCODING_SEX,
                               ENCODING_POSTCODE, ENCODING_TEXT, ENCODING_ADDRESS, ENCODING_TEXT,
                               ENCODING_TEXT},
                              {GIVEN, FAMILY, BORN, SEX, POSTCODE, NUMBER, STREET, TOWN, PRACTICE},
                              9};
const RowsFields rows_six = {{ENCODING_GIVEN_NAME, ENCODING_FAMILY_NAME, ENCODING_BIRTH_DATE, ENCODING_SEX,
                              ENCODING_POSTCODE, ENCODING_ADDRESS},
                             {GIVEN, FAMILY, BORN, SEX, POSTCODE, ADDRESS},
                             6};

static Text next_cell(Text *rest)
{
    size_t end = 0;

    while (end < rest->length && rest->data[end] != '|' && rest->data[end] != '\n')
        end++;
    Text cell = text_slice(*rest, 0, end);
    *rest = text_slice(*rest, end < rest->length ? end + 1 : end, rest->length);
    return cell;
}

Result rows_read(const char *path, Arena *arena, Rows *rows, Error *error)
{
    Text rest;

    TRY(input_read_all(path, ROWS_BYTES_MAX, arena, &rest, error));
    rows->cells = arena_alloc(arena, ROWS_MAX * sizeof *rows->cells);
    for (size_t i = 0; i < ROWS_COLUMNS; i++)
        (void)next_cell(&rest);
    for (rows->count = 0; rest.length > 0 && rows->count < ROWS_MAX; rows->count++)
        for (size_t i = 0; i < ROWS_COLUMNS; i++)
            rows->cells[rows->count][i] = next_cell(&rest);
    return RESULT_OK;
}

void rows_take(const Rows *rows, size_t row, const RowsFields *fields, Text out[ENCODING_FIELDS_MAX])
{
    for (size_t i = 0; i < fields->count; i++)
        out[i] = rows->cells[row][fields->columns[i]];
}

Result rows_encoder(const Rows *rows, const RowsFields *fields, bool by_blocks, Encoder **encoder,
                    Error *error)
{
    const EncodingOptions options = {.purpose = "bench",
                                     .key_version = 1,
                                     .kinds = fields->kinds,
                                     .field_count = fields->count,
                                     .by_blocks = by_blocks};
    SCOPED(encoder_close) Encoder *made = NULL;
    Text texts[ENCODING_FIELDS_MAX];

    TRY(encoder_create_ephemeral(&options, &made, error));
    for (size_t i = 0; i < rows->count; i++) {
        rows_take(rows, i, fields, texts);
        TRY(encoder_observe(made, texts, error));
    }
    *encoder = made;
    made = NULL;
    return RESULT_OK;
}
