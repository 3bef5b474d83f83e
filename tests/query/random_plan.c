#include "tests/query/random_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/posting.h"
#include "tests/query/chance.h"

enum { PEOPLE_MAX = 30, PEOPLE_MANY = 200, ROWS_MAX = 6, COLUMNS = 6, SOURCES = 3, ITEMS_MAX = 4 };
enum { FLAG, COUNT, DAY, WORD, SHARE, OTHER_DAY };

static const QueryType TYPES[COLUMNS] = {TYPE_BOOL, TYPE_NUMBER,  TYPE_DATE,
                                         TYPE_TEXT, TYPE_DECIMAL, TYPE_DATE};
static const char *const NAMES[COLUMNS] = {"flag", "count", "day", "word", "share", "other_day"};
static const Text WORDS[] = {TEXT(""),   TEXT("A1"),      TEXT("A10"), TEXT("A10,B2"),
                             TEXT("B2"), TEXT("||B2 A1"), TEXT("a1")};
enum { WORD_COUNT = sizeof WORDS / sizeof *WORDS };

void random_plan_seed(uint64_t seed)
{
    chance_state = seed;
}

static Date random_day(void)
{
    static const int days[] = {1, 2, 15, 27, 28, 29, 30, 31};
    int year = 2019 + (int)chance(3), month = 1 + (int)chance(12), day = days[chance(8)];

    while (!date_is_valid(year, month, day))
        day--;
    return date_from_civil(year, month, day);
}

static int64_t random_number(QueryType type)
{
    switch (type) {
    case TYPE_BOOL:
        return (int64_t)chance(2);
    case TYPE_DATE:
        return random_day();
    case TYPE_TEXT:
        return (int64_t)chance(WORD_COUNT);
    default:
        return chance(40) == 0 ? INT64_MAX - (int64_t)chance(3) : (int64_t)chance(9) - 3;
    }
}

static double random_decimal(void)
{
    return chance(30) == 0 ? 1e308 : ((double)chance(9) - 3) / 4;
}

/* ---- data ---- */

typedef struct RandomRow {
    int64_t numbers[COLUMNS];
    double decimals[COLUMNS];
} RandomRow;

static RandomRow random_row(void)
{
    RandomRow row = {0};

    for (int c = 0; c < COLUMNS; c++) {
        bool is_known = chance(4) != 0;
        row.decimals[c] = is_known ? random_decimal() : NAN;
        row.numbers[c] = is_known ? random_number(TYPES[c]) : NUMBER_UNKNOWN;
    }
    return row;
}

static int compare_rows(const void *a, const void *b)
{
    const RandomRow *x = a, *y = b;

    for (int c = 0; c < COLUMNS; c++) {
        if (TYPES[c] != TYPE_DECIMAL && x->numbers[c] != y->numbers[c])
            return x->numbers[c] < y->numbers[c] ? -1 : 1;
        if (TYPES[c] != TYPE_DECIMAL || (isnan(x->decimals[c]) && isnan(y->decimals[c])))
            continue;
        if (isnan(x->decimals[c]) || isnan(y->decimals[c]))
            return isnan(x->decimals[c]) ? -1 : 1;
        if (x->decimals[c] < y->decimals[c] || x->decimals[c] > y->decimals[c])
            return x->decimals[c] < y->decimals[c] ? -1 : 1;
    }
    return 0;
}

/* Whole numbers of the first source are wide, the rest narrow where they fit. */
static DataColumn make_column(Arena *arena, const RandomRow *rows, size_t count, int column)
{
    DataColumn made = {.name = text_from(NAMES[column]), .type = TYPES[column]};
    int32_t *narrow = arena_alloc(arena, (count + 1) * sizeof *narrow);
    int64_t *wide = arena_alloc(arena, (count + 1) * sizeof *wide);
    double *decimals = arena_alloc(arena, (count + 1) * sizeof *decimals);

    for (size_t i = 0; i < count; i++) {
        bool is_known = rows[i].numbers[column] != NUMBER_UNKNOWN;
        narrow[i] = is_known ? (int32_t)rows[i].numbers[column] : SMALL_UNKNOWN;
        wide[i] = rows[i].numbers[column];
        decimals[i] = rows[i].decimals[column];
    }
    made.narrow = column == SHARE || column == COUNT ? NULL : narrow;
    made.wide = column == COUNT ? wide : NULL;
    made.decimals = column == SHARE ? decimals : NULL;
    return made;
}

static DataCodes make_codes(Arena *arena, const DataColumn *column, uint32_t cells)
{
    int32_t *values = arena_alloc(arena, DATA_CODES_MAX * sizeof *values);
    uint8_t *coded = arena_alloc(arena, cells);
    uint32_t count;

    if (!dataset_values(column, cells, values, &count))
        return (DataCodes){0};
    dataset_code(column, cells, values, count, coded);
    return (DataCodes){coded, values, count};
}

static DataSource make_source(Arena *arena, uint32_t people, size_t most)
{
    uint32_t *begin = arena_alloc(arena, (people + 1) * sizeof *begin), count = 0;
    RandomRow *rows = arena_alloc(arena, (people * most + 1) * sizeof *rows);
    DataColumn *columns = arena_alloc(arena, COLUMNS * sizeof *columns);

    for (uint32_t p = 0; p < people; p++) {
        begin[p] = count;
        count += most == 1 ? 1 : (uint32_t)chance(most + 1);
        for (uint32_t i = begin[p]; i < count; i++)
            rows[i] = i > begin[p] && chance(4) == 0 ? rows[i - 1] : random_row();
        qsort(rows + begin[p], count - begin[p], sizeof *rows, compare_rows);
    }
    begin[people] = count;
    DataRange *ranges = arena_alloc(arena, COLUMNS * sizeof *ranges);
    DataCodes *codes = arena_alloc(arena, COLUMNS * sizeof *codes);
    for (int c = 0; c < COLUMNS; c++) {
        columns[c] = make_column(arena, rows, count, c);
        if (columns[c].narrow != NULL && chance(2) == 0)
            ranges[c] = dataset_range(&columns[c], count);
        if (columns[c].narrow != NULL && chance(2) == 0)
            codes[c] = make_codes(arena, &columns[c], count);
    }
    return (DataSource){.name = TEXT("source"),
                        .begin = begin,
                        .columns = columns,
                        .column_count = COLUMNS,
                        .ranges = chance(4) == 0 ? NULL : ranges,
                        .codes = chance(4) == 0 ? NULL : codes};
}

/* By one day or by either. */
static void add_postings(Arena *arena, const Dataset *dataset, uint16_t number, DataSource *source)
{
    Postings *postings = arena_alloc(arena, 2 * sizeof *postings);
    size_t count = 1 + chance(2);

    postings_build(dataset, number, WORD, chance(2) == 0 ? DAY : OTHER_DAY, 1, arena, &postings[0]);
    postings_build(dataset, number, WORD, postings[0].day == DAY ? OTHER_DAY : DAY, 1, arena, &postings[1]);
    source->postings = postings;
    source->postings_count = count;
}

const Dataset *random_dataset(Arena *arena)
{
    Dataset *dataset = arena_alloc(arena, sizeof *dataset);
    DataSource *sources = arena_alloc(arena, SOURCES * sizeof *sources);
    uint32_t people = (uint32_t)(chance(30) == 0 ? chance(PEOPLE_MANY) : chance(PEOPLE_MAX));

    for (int s = 0; s < SOURCES; s++)
        sources[s] = make_source(arena, people, s == 0 ? 1 : ROWS_MAX);
    *dataset = (Dataset){people, sources, SOURCES, WORDS, WORD_COUNT};
    for (uint16_t s = 1; s < SOURCES; s++)
        add_postings(arena, dataset, s, &sources[s]);
    return dataset;
}

/* ---- plans ---- */

typedef struct Maker {
    Plan *plan;
    uint16_t level;
} Maker;

/* How many more counts over homes there may be: the reference looks at everybody for each of everybody. */
static int homes_left;

static PlanId make(Maker maker, QueryType type, int depth);

static PlanId add(Maker maker, PlanKind kind, QueryType type, const PlanId *operands, size_t count)
{
    return plan_add(maker.plan, (PlanNode){.kind = kind, .type = type, .level = maker.level}, operands,
                    count);
}

static PlanId make_leaf(Maker maker, QueryType type)
{
    static const int columns[][2] = {[TYPE_BOOL] = {FLAG, FLAG},
                                     [TYPE_NUMBER] = {COUNT, COUNT},
                                     [TYPE_DATE] = {DAY, OTHER_DAY},
                                     [TYPE_TEXT] = {WORD, WORD},
                                     [TYPE_DECIMAL] = {SHARE, SHARE}};
    PlanNode column = {.kind = PLAN_COLUMN, .type = type, .level = maker.level};

    column.column = (uint16_t)columns[type][chance(2)];
    if (chance(3) != 0)
        return plan_add(maker.plan, column, NULL, 0);
    if (type == TYPE_DECIMAL)
        return plan_decimal(maker.plan, random_decimal());
    return plan_constant(maker.plan, type, chance(12) == 0 ? NUMBER_UNKNOWN : random_number(type));
}

static QueryType value_type(void)
{
    return (QueryType)(1 + chance(4)); /* no condition */
}

static PlanId make_set(Maker maker, PlanKind kind, QueryType of, QueryType type, int depth)
{
    int64_t items[ITEMS_MAX], mapped[ITEMS_MAX];
    size_t count = chance(ITEMS_MAX);

    for (size_t i = 0; i < count; i++) {
        items[i] = random_number(of);
        mapped[i] = random_number(type);
    }
    return plan_set(maker.plan, (PlanNode){.kind = kind, .type = type, .level = maker.level},
                    make(maker, of, depth), items, kind == PLAN_MAP ? mapped : NULL, count);
}

/* ---- rows ---- */

/* What posting lists answer: some codes within some days, either of which may be left out. */
static PlanId make_codes_and_days(Maker inside, int depth)
{
    PlanNode column = {.kind = PLAN_COLUMN, .type = TYPE_DATE, .level = inside.level};
    PlanId days[2], parts[3];
    size_t count = 0;

    for (int i = 0; i < 2; i++) {
        column.column = chance(8) == 0 ? OTHER_DAY : DAY;
        PlanId column_id = plan_add(inside.plan, column, NULL, 0);
        PlanId constant = plan_constant(inside.plan, TYPE_DATE, random_day());
        bool is_reversed = chance(4) == 0;
        days[0] = is_reversed ? constant : column_id;
        days[1] = is_reversed ? column_id : constant;
        parts[count] = add(inside, PLAN_EQUAL + (PlanKind)chance(6), TYPE_BOOL, days, 2);
        count += chance(4) != 0;
    }
    if (count == 0 || chance(4) != 0)
        parts[count++] = make_set(inside, chance(3) == 0 ? PLAN_CONTAINS_CODE : PLAN_IN, TYPE_TEXT, TYPE_BOOL,
                                  chance(4) == 0 ? depth : 0);
    return count == 1 ? parts[0] : add(inside, chance(5) == 0 ? PLAN_OR : PLAN_AND, TYPE_BOOL, parts, count);
}

static PlanId make_row_condition(Maker inside, int depth)
{
    return chance(2) == 0 ? make_codes_and_days(inside, depth) : make(inside, TYPE_BOOL, depth);
}

static PlanId make_rows(Maker maker, Maker inside, int depth)
{
    PlanId rows = plan_add(maker.plan, (PlanNode){.kind = PLAN_ROWS, .level = inside.level}, NULL, 0);

    for (uint64_t steps = chance(4); steps > 0; steps--) {
        uint64_t kind = chance(3);
        const PlanId operands[] = {rows, kind == 2 ? make(inside, value_type(), depth)
                                                   : make_row_condition(inside, depth)};
        rows = plan_add(maker.plan, (PlanNode){.kind = PLAN_KEEP + (PlanKind)kind}, operands, 2);
    }
    return rows;
}

static PlanId make_pick(Maker maker, PlanId rows)
{
    static const int places[] = {1, -1, 2, -2};

    return plan_add(maker.plan, (PlanNode){.kind = PLAN_PICK, .integer = places[chance(4)]}, &rows, 1);
}

static PlanId make_gathered(Maker maker, QueryType type, int depth)
{
    static const PlanKind numbers[] = {PLAN_COUNT, PLAN_COUNT_DISTINCT, PLAN_EPISODES, PLAN_MOST};
    static const PlanKind any[] = {PLAN_SMALLEST, PLAN_LARGEST, PLAN_VALUE, PLAN_SUM, PLAN_MEAN};
    Maker inside = {maker.plan, (uint16_t)(1 + chance(SOURCES - 1))};
    PlanId rows = make_rows(maker, inside, depth - 1);
    PlanId operands[2] = {rows};
    PlanNode draft = {.type = type, .integer = (int64_t)chance(40)};
    size_t count = 2;

    if (type == TYPE_BOOL || (type == TYPE_NUMBER && chance(2) == 0)) {
        draft.kind = type == TYPE_BOOL ? PLAN_EXISTS : numbers[chance(4)];
        draft.integer += draft.kind == PLAN_MOST;
        count = draft.kind == PLAN_EXISTS || draft.kind == PLAN_COUNT ? 1 : 2;
        if (chance(8) == 0)
            operands[0] = make_pick(maker, rows);
        if (count == 2)
            operands[1] =
                make(inside, draft.kind == PLAN_COUNT_DISTINCT ? value_type() : TYPE_DATE, depth - 1);
        return plan_add(maker.plan, draft, operands, count);
    }
    draft.kind = any[chance(type == TYPE_DECIMAL ? 5 : type == TYPE_NUMBER ? 4 : 3)];
    if (draft.kind == PLAN_VALUE)
        operands[0] = make_pick(maker, rows);
    operands[1] = make(inside, draft.kind == PLAN_MEAN && chance(2) == 0 ? TYPE_NUMBER : type, depth - 1);
    return plan_add(maker.plan, draft, operands, count);
}

static PlanId make_in_rows(Maker maker, int depth)
{
    Maker inside = {maker.plan, (uint16_t)(1 + chance(SOURCES - 1))};
    QueryType type = value_type();
    const PlanId operands[] = {make(maker, type, depth - 1), make_rows(maker, inside, depth - 1),
                               make(inside, type == TYPE_DECIMAL ? TYPE_NUMBER : type, depth - 1)};

    return plan_add(maker.plan, (PlanNode){.kind = PLAN_IN_ROWS, .type = TYPE_BOOL}, operands, 3);
}

/* ---- values ---- */

static PlanId make_choice(Maker maker, QueryType type, int depth)
{
    static const PlanKind kinds[] = {PLAN_CASE, PLAN_COALESCE, PLAN_LEAST, PLAN_GREATEST};
    PlanId operands[5];
    PlanKind kind = kinds[chance(4)];
    size_t count = 2 + chance(4);

    for (size_t i = 0; i < count; i++) {
        bool is_condition = kind == PLAN_CASE && i % 2 == 0 && i + 1 < count;
        operands[i] = make(maker, is_condition ? TYPE_BOOL : type, depth);
    }
    return add(maker, kind, type, operands, count);
}

static PlanId make_two(Maker maker, PlanKind kind, QueryType of, QueryType with, QueryType type, int depth)
{
    const PlanId operands[] = {make(maker, of, depth), make(maker, with, depth)};

    return add(maker, kind, type, operands, 2);
}

static PlanId make_one(Maker maker, PlanKind kind, QueryType of, QueryType type, int depth)
{
    PlanId operand = make(maker, of, depth);

    return add(maker, kind, type, &operand, 1);
}

static PlanId make_condition(Maker maker, int depth)
{
    QueryType of = value_type();

    switch (chance(8)) {
    case 0:
        return make_one(maker, PLAN_NOT, TYPE_BOOL, TYPE_BOOL, depth);
    case 1:
        return make_two(maker, chance(2) == 0 ? PLAN_AND : PLAN_OR, TYPE_BOOL, TYPE_BOOL, TYPE_BOOL, depth);
    case 2:
        return make_one(maker, PLAN_IS_KNOWN, of, TYPE_BOOL, depth);
    case 3:
        return make_set(maker, PLAN_IN, of == TYPE_DECIMAL ? TYPE_TEXT : of, TYPE_BOOL, depth);
    case 4:
        return make_two(maker, PLAN_CONTAINS, TYPE_TEXT, TYPE_TEXT, TYPE_BOOL, depth);
    case 5:
        return make_set(maker, PLAN_CONTAINS_CODE, TYPE_TEXT, TYPE_BOOL, depth);
    case 6:
        return make_in_rows(maker, depth);
    default:
        return make_two(maker, PLAN_EQUAL + (PlanKind)chance(6), of, of, TYPE_BOOL, depth);
    }
}

static PlanId make_number(Maker maker, int depth)
{
    static const PlanKind parts[] = {PLAN_YEAR, PLAN_MONTH, PLAN_DAY};
    static const QueryType wholes[] = {TYPE_BOOL, TYPE_NUMBER, TYPE_DECIMAL};

    switch (chance(5)) {
    case 0:
        return make_one(maker, parts[chance(3)], TYPE_DATE, TYPE_NUMBER, depth);
    case 1:
        return make_two(maker, PLAN_DAYS_BETWEEN + (PlanKind)chance(3), TYPE_DATE, TYPE_DATE, TYPE_NUMBER,
                        depth);
    case 2:
        return make_one(maker, PLAN_TO_INTEGER, wholes[chance(3)], TYPE_NUMBER, depth);
    case 3:
        return make_one(maker, PLAN_ABSOLUTE, TYPE_NUMBER, TYPE_NUMBER, depth);
    default: {
        static const PlanKind kinds[] = {PLAN_ADD, PLAN_SUBTRACT, PLAN_MULTIPLY, PLAN_DIVIDE_DOWN};
        return make_two(maker, kinds[chance(4)], TYPE_NUMBER, TYPE_NUMBER, TYPE_NUMBER, depth);
    }
    }
}

static PlanId make_decimal(Maker maker, int depth)
{
    if (chance(4) == 0)
        return make_one(maker, PLAN_ABSOLUTE, TYPE_DECIMAL, TYPE_DECIMAL, depth);
    if (chance(4) == 0)
        return make_one(maker, PLAN_TO_DECIMAL, TYPE_NUMBER, TYPE_DECIMAL, depth);
    return make_two(maker, PLAN_ADD + (PlanKind)chance(6), TYPE_DECIMAL,
                    chance(2) == 0 ? TYPE_NUMBER : TYPE_DECIMAL, TYPE_DECIMAL, depth);
}

static PlanId make_date(Maker maker, int depth)
{
    if (chance(2) == 0)
        return make_one(maker, chance(2) == 0 ? PLAN_FIRST_OF_MONTH : PLAN_FIRST_OF_YEAR, TYPE_DATE,
                        TYPE_DATE, depth);
    return make_two(maker, chance(2) == 0 ? PLAN_SHIFT_DAYS : PLAN_SHIFT_MONTHS, TYPE_DATE, TYPE_NUMBER,
                    TYPE_DATE, depth);
}

/* Homes are whole numbers of people, most of them few. */
static PlanId make_at_home(Maker maker, int depth)
{
    const PlanId operands[] = {make_leaf(maker, TYPE_NUMBER), make(maker, TYPE_BOOL, depth - 1)};

    homes_left--;
    return add(maker, chance(2) == 0 ? PLAN_PEOPLE_AT_HOME : PLAN_OTHERS_AT_HOME, TYPE_NUMBER, operands, 2);
}

static PlanId make(Maker maker, QueryType type, int depth)
{
    if (depth > 0 && type == TYPE_NUMBER && maker.level == PLAN_PEOPLE && homes_left > 0 && chance(5) == 0)
        return make_at_home(maker, depth);
    if (depth <= 0 || chance(6) == 0)
        return make_leaf(maker, type);
    if (maker.level == PLAN_PEOPLE && chance(3) == 0)
        return make_gathered(maker, type, depth);
    if (chance(5) == 0)
        return make_choice(maker, type, depth - 1);
    switch (type) {
    case TYPE_BOOL:
        return make_condition(maker, depth - 1);
    case TYPE_NUMBER:
        return make_number(maker, depth - 1);
    case TYPE_DECIMAL:
        return make_decimal(maker, depth - 1);
    case TYPE_DATE:
        return make_date(maker, depth - 1);
    default:
        return make_set(maker, PLAN_MAP, chance(2) == 0 ? TYPE_TEXT : TYPE_NUMBER, TYPE_TEXT, depth - 1);
    }
}

PlanId random_plan(Plan *plan, QueryType type, int depth)
{
    homes_left = plan->dataset->people > PEOPLE_MAX ? 1 : 3;
    return make((Maker){plan, PLAN_PEOPLE}, type, depth);
}

QueryType random_type(void)
{
    return (QueryType)chance(5);
}

uint32_t random_people(uint32_t most)
{
    return 1 + (uint32_t)chance(most);
}
