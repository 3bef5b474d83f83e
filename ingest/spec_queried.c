/* What a query may name of a source: as schema/030_ingest.sql and the catalogue have it, without a database.
 */
#include "ingest/snomed.h"
#include "ingest/spec.h"

enum { HUNDREDTHS = 100, MINUTES_OF_DAY = 24 * 60 };

struct IngestForm {
    bool is_snomed;
    Shape shape;
};

static const char *terminology_of(const SpecColumn *column)
{
    static const struct {
        const char *shape, *terminology;
    } shapes[] = {{"", "SNOMED CT"}, {"A99X?", "ICD-10"}, {"A99X?X?X?", "ICD-10"}, {"A999?", "OPCS-4"}};

    if (column->use != SPEC_CODE || column->type != SPEC_STRING || column->list != SPEC_NONE)
        return "";
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (text_equal(column->shape_text, text_from(shapes[i].shape)))
            return shapes[i].terminology;
    return "";
}

static void set_codes(const IngestSpec *spec, const SpecColumn *column, Arena *arena, IngestColumn *to)
{
    const CodeList *list = &spec->lists[column->list];
    Text *codes = arena_alloc(arena, (list->count + 1) * sizeof *codes);

    for (size_t i = 0; i < list->count; i++)
        codes[i] = text_copy(arena, list->codes[i].code);
    to->codes = codes;
    to->code_count = list->count;
}

static const IngestForm *form_of(const SpecColumn *column, Arena *arena)
{
    IngestForm *form = arena_alloc(arena, sizeof *form);

    *form = (IngestForm){column->is_snomed, column->shape};
    return column->is_snomed || column->shape_text.length > 0 ? form : NULL;
}

_Static_assert((int)INGEST_FORM_BYTES_MAX == (int)SHAPE_PLACES_MAX, "room for any shape");

bool ingest_form_text(const IngestForm *form, Text begins, uint64_t number, char text[INGEST_FORM_BYTES_MAX],
                      size_t *length)
{
    return form->is_snomed ? snomed_text(begins, number, text, length)
                           : shape_text(&form->shape, begins, number, text, length);
}

static IngestColumn column_of(const IngestSpec *spec, const SpecColumn *from, Arena *arena)
{
    double unit = from->type == SPEC_DECIMAL ? HUNDREDTHS : 1;
    IngestColumn to = {
        .name = text_copy(arena, from->stored),
        .type = text_from(SPEC_TYPE_NAMES[from->type]),
        .terminology = text_from(terminology_of(from)),
        .is_required = from->is_required,
        .lowest = (double)from->min / unit,
        .highest = from->type == SPEC_TIME_OF_DAY ? MINUTES_OF_DAY - 1 : (double)from->max / unit,
        .form = form_of(from, arena),
    };

    if (from->list != SPEC_NONE)
        set_codes(spec, from, arena, &to);
    return to;
}

static bool is_of_releases(const IngestSpec *spec)
{
    static const char *const others[] = {"opt_out", "merger", "crosswalk"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (text_equal(spec->role, text_from(others[i])))
            return false;
    return !text_equal(spec->subject, TEXT("none"));
}

bool ingest_spec_queried(const IngestSpec *spec, Arena *arena, IngestQueried *queried)
{
    IngestColumn *columns = arena_alloc(arena, (spec->column_count + 1) * sizeof *columns);

    if (!is_of_releases(spec))
        return false;
    *queried = (IngestQueried){
        .name = text_copy(arena, text_from(spec->source)),
        .is_household = text_equal(spec->subject, TEXT("household")),
        .is_death = text_equal(spec->role, TEXT("death")) && text_equal(spec->subject, TEXT("person")),
        .is_replaced = !text_equal(spec->update, TEXT("replace_by_period")),
        .columns = columns,
    };
    if (spec->event_date != SPEC_NONE)
        queried->event_date = text_copy(arena, spec->columns[spec->event_date].stored);
    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_is_stored(&spec->columns[i]))
            columns[queried->column_count++] = column_of(spec, &spec->columns[i], arena);
    return true;
}
