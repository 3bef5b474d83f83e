#include "tests/attack/sheet.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/arena.h"
#include "pseudonymise/encoding_block.h"
#include "tests/attack/control.h"

enum { SIZE_BYTES = 0x7F, TOKEN = 8 };

uint64_t mix_bytes(uint64_t start, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    uint64_t mixed = start ^ UINT64_C(14695981039346656037);

    for (size_t i = 0; i < length; i++)
        mixed = (mixed ^ at[i]) * UINT64_C(1099511628211);
    mixed = draw_next(&mixed);
    return mixed != 0 ? mixed : 1;
}

/* ---- the table ---- */

static void fields_of(const Person *person, size_t field_count, Text fields[ENCODING_FIELDS_MAX])
{
    for (size_t i = 0; i < field_count; i++)
        fields[i] = (Text){.data = person->fields[i], .length = strlen(person->fields[i])};
}

Table table_encode_under(const Keyring *keyring, const Files *files, const uint32_t *people,
                         const EncodingOptions *options)
{
    SCOPED(encoder_close) Encoder *encoder = NULL;
    Table table = {.count = files->count};
    Text fields[ENCODING_FIELDS_MAX];
    uint8_t *row = memory_alloc(ENCODING_BYTES_MAX);
    EncodingOptions all = *options;
    Error error = {0};

    all.kinds = files->people->kinds;
    all.field_count = files->people->field_count;
    table.rows = memory_alloc(table.count * sizeof *table.rows);
    table.lengths = memory_alloc(table.count * sizeof *table.lengths);
    Result made = keyring == NULL ? encoder_create_ephemeral(&all, &encoder, &error)
                                  : encoder_create(keyring, &all, &encoder, &error);
    cr_assert(made.ok, "%s", error.message);
    for (size_t i = 0; i < files->count; i++) {
        fields_of(&files->people->all[people[i]], all.field_count, fields);
        cr_assert(encoder_observe(encoder, fields, &error).ok, "%s", error.message);
    }
    for (size_t i = 0; i < files->count; i++) {
        fields_of(&files->people->all[people[i]], all.field_count, fields);
        cr_assert(encoder_encode(encoder, fields, row, &table.lengths[i], &error).ok, "%s", error.message);
        table.rows[i] = memory_alloc(table.lengths[i]);
        memcpy(table.rows[i], row, table.lengths[i]);
    }
    memory_free(row);
    return table;
}

Table table_encode(const Files *files, const uint32_t *people, const EncodingOptions *options)
{
    return table_encode_under(NULL, files, people, options);
}

void table_close_rows(Table *table)
{
    for (size_t i = 0; i < table->count; i++)
        memory_free(table->rows[i]);
    memory_free(table->rows);
    memory_free(table->lengths);
    *table = (Table){0};
}

static uint64_t number_at(const uint8_t *at, int bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

uint64_t row_rules(const uint8_t *row)
{
    return number_at(row + 12, 8);
}

unsigned row_fields(const uint8_t *row)
{
    return (unsigned)number_at(row + 10, 2);
}

unsigned row_class(const uint8_t *row, size_t field)
{
    return (unsigned)number_at(row + 20, 4) >> 2 * field & 3;
}

static size_t rank_of(uint64_t mask, size_t bit)
{
    return (size_t)__builtin_popcountll(mask & ((UINT64_C(1) << bit) - 1));
}

const uint8_t *row_token(const uint8_t *row, size_t rule)
{
    return row + ROW_HEADER + row[8] + rank_of(row_rules(row), rule) * TOKEN;
}

const uint8_t *row_filter(const uint8_t *row, size_t view, size_t field, size_t *bytes)
{
    size_t before = 0, all = 0;

    for (size_t i = 0; i < row[8]; i++) {
        size_t size = (row_fields(row) >> i & 1) != 0 ? row[ROW_HEADER + i] & SIZE_BYTES : 0;
        before += i < field ? size : 0;
        all += size;
    }
    *bytes = row[ROW_HEADER + field] & SIZE_BYTES;
    size_t views = row[1] != 0 ? rank_of(row_rules(row), view) : 0;
    return row + ROW_HEADER + row[8] + (size_t)__builtin_popcountll(row_rules(row)) * TOKEN + views * all +
           before;
}

/* ---- columns ---- */

static Sheet sheet_make(size_t rows, size_t columns)
{
    return (Sheet){
        .rows = rows, .columns = columns, .cells = memory_alloc(rows * columns * sizeof(uint64_t))};
}

typedef struct Plan {
    size_t fields, rules, classes_at, mask_at, columns;
    BlockRule rule[ENCODING_BLOCKS_MAX];
} Plan;

static Plan plan_of(const People *people, const Table *table)
{
    Plan plan = {.fields = people->field_count, .rules = table->rows[0][9]};

    cr_assert_leq(plan.rules,
                  block_rules(people->kinds, people->field_count, table->rows[0][1] != 0, plan.rule));
    plan.classes_at = plan.rules * (1 + plan.fields);
    plan.mask_at = plan.classes_at + plan.fields;
    plan.columns = plan.mask_at + 1;
    return plan;
}

static void put(Sheet *sheet, size_t row, size_t column, uint64_t value)
{
    sheet_column(sheet, column)[row] = value;
}

static void read_row(const Plan *plan, const uint8_t *row, size_t at, Sheet *stored)
{
    for (size_t r = 0; r < plan->rules; r++) {
        if ((row_rules(row) >> r & 1) == 0)
            continue;
        put(stored, at, r, mix_bytes(r, row_token(row, r), TOKEN));
        for (size_t f = 0; f < plan->fields; f++) {
            size_t bytes;
            const uint8_t *filter = row_filter(row, r, f, &bytes);
            if ((row_fields(row) >> f & 1) != 0)
                put(stored, at, plan->rules + r * plan->fields + f, mix_bytes(f, filter, bytes));
        }
    }
    for (size_t f = 0; f < plan->fields; f++)
        put(stored, at, plan->classes_at + f, row_class(row, f));
    put(stored, at, plan->mask_at, 1 + row_fields(row));
}

static uint64_t value_of_rule(const Plan *plan, size_t rule, const People *people,
                              const EncodingValue *values)
{
    char buffer[ENCODING_TEXT_BYTES];
    uint64_t mixed = rule + 1;

    for (size_t p = 0; p < BLOCK_PARTS_MAX && plan->rule[rule].parts[p].part != ENCODING_PART_NONE; p++) {
        size_t field = plan->rule[rule].parts[p].field;
        Text part = encoding_value_part(&values[field], people->kinds[field],
                                        (EncodingPart)plan->rule[rule].parts[p].part, buffer);
        if (part.length == 0)
            return 0;
        mixed = mix_bytes(mixed, part.data, part.length);
    }
    return mixed;
}

/* What the row would hold, as values instead of bytes. by_blocks: a filter stands for its block and its
 * value. */
static void work_out(const Plan *plan, const People *people, const Person *person, bool by_blocks, size_t at,
                     Sheet *sheet)
{
    EncodingValue values[ENCODING_FIELDS_MAX];
    uint64_t mixed[ENCODING_FIELDS_MAX], mask = 0;

    for (size_t f = 0; f < plan->fields; f++) {
        Text text = {.data = person->fields[f], .length = strlen(person->fields[f])};
        encoding_value_fill(people->kinds[f], text, &values[f]);
        mixed[f] = values[f].length > 0 ? mix_bytes(f, values[f].text, values[f].length) : 0;
        mask |= (uint64_t)(values[f].length > 0) << f;
        put(sheet, at, plan->classes_at + f, mixed[f]);
    }
    for (size_t r = 0; r < plan->rules; r++) {
        uint64_t value = value_of_rule(plan, r, people, values);
        put(sheet, at, r, value);
        for (size_t f = 0; f < plan->fields && value != 0; f++) {
            uint64_t of = by_blocks ? mix_bytes(value, &mixed[f], sizeof mixed[f]) : mixed[f];
            put(sheet, at, plan->rules + r * plan->fields + f, mixed[f] != 0 ? of : 0);
        }
    }
    put(sheet, at, plan->mask_at, 1 + mask);
}

typedef struct Cell {
    uint64_t value;
    size_t row;
} Cell;

static int by_value(const void *a, const void *b)
{
    const Cell *left = a, *right = b;

    return (left->value > right->value) - (left->value < right->value);
}

static size_t largest_block(const Plan *plan, const Sheet *stored)
{
    Cell *cells = memory_alloc(stored->rows * sizeof *cells);
    size_t largest = 1;

    for (size_t r = 0; r < plan->rules; r++) {
        for (size_t i = 0; i < stored->rows; i++)
            cells[i] = (Cell){sheet_column(stored, r)[i], i};
        qsort(cells, stored->rows, sizeof *cells, by_value);
        for (size_t i = 0, from = 0; i < stored->rows; i++) {
            from = cells[i].value == cells[from].value ? from : i;
            largest = cells[i].value != 0 && i - from + 1 > largest ? i - from + 1 : largest;
        }
    }
    memory_free(cells);
    return largest;
}

/* The attacker leaves out of the plain file's columns what the encoder leaves out: blocks that hold too many.
 */
static void leave_crowds(const Plan *plan, size_t block_max, Sheet *known)
{
    Cell *cells = memory_alloc(known->rows * sizeof *cells);

    for (size_t r = 0; r < plan->rules; r++) {
        for (size_t i = 0; i < known->rows; i++)
            cells[i] = (Cell){sheet_column(known, r)[i], i};
        qsort(cells, known->rows, sizeof *cells, by_value);
        for (size_t from = 0, to; from < known->rows; from = to) {
            for (to = from; to < known->rows && cells[to].value == cells[from].value;)
                to++;
            for (size_t i = from; i < to && to - from > block_max; i++) {
                put(known, cells[i].row, r, 0);
                for (size_t f = 0; f < plan->fields; f++)
                    put(known, cells[i].row, plan->rules + r * plan->fields + f, 0);
            }
        }
    }
    memory_free(cells);
}

Sheets sheets_make(const Files *files, const Table *table)
{
    const People *people = files->people;
    Plan plan = plan_of(people, table);
    Sheets sheets = {.stored = sheet_make(files->count, plan.columns),
                     .truth = sheet_make(files->count, plan.columns),
                     .known = sheet_make(files->count, plan.columns),
                     .rules = plan.rules,
                     .fields = plan.fields};
    bool by_blocks = table->rows[0][1] != 0;

    for (size_t i = 0; i < files->count; i++) {
        read_row(&plan, table->rows[i], i, &sheets.stored);
        work_out(&plan, people, &people->all[files->encoded[i]], by_blocks, i, &sheets.truth);
        work_out(&plan, people, &people->all[files->plain[i]], by_blocks, i, &sheets.known);
    }
    leave_crowds(&plan, largest_block(&plan, &sheets.stored), &sheets.known);
    return sheets;
}

static uint64_t two_fields(const Person *person, size_t first, size_t second)
{
    return mix_bytes(mix_bytes(1, person->fields[first], strlen(person->fields[first])),
                     person->fields[second], strlen(person->fields[second]));
}

Sheets sheets_of_control(const Files *files, size_t first, size_t second)
{
    Sheets sheets = {.stored = sheet_make(files->count, 1),
                     .truth = sheet_make(files->count, 1),
                     .known = sheet_make(files->count, 1)};

    for (size_t i = 0; i < files->count; i++) {
        const Person *encoded = &files->people->all[files->encoded[i]];
        const Person *plain = &files->people->all[files->plain[i]];
        uint8_t filter[CONTROL_BYTES];
        control_encode(encoded, first, second, 0, filter);
        put(&sheets.stored, i, 0, mix_bytes(0, filter, sizeof filter));
        put(&sheets.truth, i, 0, two_fields(encoded, first, second));
        put(&sheets.known, i, 0, two_fields(plain, first, second));
    }
    return sheets;
}

/* Once where encodings are not by blocks. */
static bool has_view(const uint8_t *row, size_t rule, size_t field)
{
    bool is_there = row[1] != 0 ? row_rules(row) >> rule & 1 : rule == 0;

    return is_there && (row_fields(row) >> field & 1) != 0;
}

static size_t count_views(const Table *table, size_t field)
{
    size_t views = 0;

    for (size_t i = 0; i < table->count; i++)
        for (size_t rule = 0; rule < table->rows[i][9]; rule++)
            views += has_view(table->rows[i], rule, field);
    return views;
}

/* filters or values: NULL where not asked for */
static void stack_views(const Table *table, const People *people, const uint32_t *who, size_t field,
                        Sheet *filters, Sheet *values)
{
    size_t at = 0, bytes;

    for (size_t i = 0; i < table->count; i++) {
        const char *value = people->all[who[i]].fields[field];
        for (size_t rule = 0; rule < table->rows[i][9]; rule++) {
            if (!has_view(table->rows[i], rule, field))
                continue;
            const uint8_t *filter = row_filter(table->rows[i], rule, field, &bytes);
            if (filters != NULL)
                put(filters, at, 0, mix_bytes(0, filter, bytes));
            put(values, at++, 0, mix_bytes(0, value, strlen(value)));
        }
    }
}

Sheets sheets_of_field(const Files *files, const Table *table, const Table *own, size_t field)
{
    size_t views = count_views(table, field);
    Sheets sheets = {.stored = sheet_make(views, 1),
                     .truth = sheet_make(views, 1),
                     .known = sheet_make(count_views(own, field), 1)};

    stack_views(table, files->people, files->encoded, field, &sheets.stored, &sheets.truth);
    stack_views(own, files->people, files->plain, field, NULL, &sheets.known);
    return sheets;
}

void sheets_close(Sheets *sheets)
{
    memory_free(sheets->stored.cells);
    memory_free(sheets->truth.cells);
    memory_free(sheets->known.cells);
    *sheets = (Sheets){0};
}
