/* The tables of a page that say what is kept of each column, and what a row must keep to. */
#include "ingest/spec_page.h"

static const char *const kept_of_identity[IDENTITY_FIELD_COUNT] = {
    [IDENTITY_NHS_NUMBER] = "token",
    [IDENTITY_SUPERSEDED_NHS_NUMBER] = "token",
    [IDENTITY_LOCAL_ID] = "token",
    [IDENTITY_UPRN] = "token",
    [IDENTITY_POSTCODE] = "small areas (LSOA)",
    [IDENTITY_BIRTH_DATE] = "year and month",
    [IDENTITY_SEX] = "sex",
    [IDENTITY_FAMILY_NAME] = "nothing",
    [IDENTITY_GIVEN_NAME] = "nothing",
    [IDENTITY_ADDRESS] = "nothing",
    [IDENTITY_FOREIGN_PSEUDONYM] = "token of its space",
    [IDENTITY_FOREIGN_PSEUDONYM_TO] = "token of its space",
};

static Text kept_as(const SpecColumn *column)
{
    if (column->use == SPEC_IGNORED)
        return TEXT("nothing");
    return spec_column_identifies(column) ? text_from(kept_of_identity[column->field]) : column->stored;
}

static Text use_of(const SpecPage *page, const SpecColumn *column)
{
    const char *use = SPEC_USE_NAMES[column->use];

    if (spec_column_identifies(column))
        return text_format(page->arena, "%s: %s", use, IDENTITY_FIELD_NAMES[column->field]);
    return text_from(use);
}

static Text limit_of(const SpecPage *page, const SpecColumn *column)
{
    double scale = column->type == SPEC_DECIMAL ? 100 : 1;
    int decimals = column->type == SPEC_DECIMAL ? 2 : 0;

    return text_format(page->arena, "%s, %.*f to %.*f", column->type == SPEC_DECIMAL ? "a number" : "whole",
                       decimals, (double)column->min / scale, decimals, (double)column->max / scale);
}

static Text rule_of_identity(const SpecPage *page, const SpecColumn *column)
{
    const char *otherwise = column->rejects_invalid ? "; not valid: the row is rejected" : "";

    if (column->scheme.length > 0)
        return text_format(page->arena, "shape %.*s%s", TEXT_ARG(column->shape_text), otherwise);
    if (column->issuer != SPEC_NONE)
        return text_format(page->arena, "issuer %.*s%s", TEXT_ARG(page->spec->columns[column->issuer].name),
                           otherwise);
    if (column->issuer_fixed.length > 0)
        return text_format(page->arena, "issuer \"%.*s\"%s", TEXT_ARG(column->issuer_fixed), otherwise);
    return text_from(otherwise[0] != '\0' ? otherwise + 2 : "");
}

static Text rule_of(const SpecPage *page, const SpecColumn *column)
{
    if (spec_column_identifies(column))
        return rule_of_identity(page, column);
    if (column->use == SPEC_MEASURE)
        return limit_of(page, column);
    if (column->list != SPEC_NONE)
        return text_format(page->arena, "list %.*s", TEXT_ARG(page->spec->lists[column->list].name));
    if (column->shape_text.length > 0)
        return text_format(page->arena, "shape %.*s", TEXT_ARG(column->shape_text));
    if (column->is_snomed)
        return TEXT("a SNOMED CT concept");
    if (column->use == SPEC_TIME)
        return TEXT("HH:MM or HH:MM:SS");
    return column->use == SPEC_PRESENCE ? TEXT("whether there is a value") : (Text){0};
}

static void put_columns(SpecPage *page)
{
    static const char *const headings[SPEC_PAGE_CELLS_MAX] = {"column", "kept as",  "use",
                                                              "rule",   "required", "meaning"};
    const IngestSpec *spec = page->spec;

    spec_page_table(page, "Columns", headings, SPEC_PAGE_CELLS_MAX);
    for (size_t i = 0; i < spec->column_count; i++) {
        const SpecColumn *column = &spec->columns[i];
        const Text cells[SPEC_PAGE_CELLS_MAX] = {column->name,
                                                 kept_as(column),
                                                 use_of(page, column),
                                                 rule_of(page, column),
                                                 column->is_required ? TEXT("yes") : (Text){0},
                                                 column->meaning};
        spec_page_row(page, cells);
    }
    spec_page_table_end(page);
}

static Text breach(const SpecPage *page, const SpecRule *rule)
{
    const IngestSpec *spec = page->spec;
    Text column = spec_page_name(spec, rule->column), with = spec_page_name(spec, rule->required_with);

    if (rule->not_before != SPEC_NONE)
        return text_format(page->arena, "%.*s is before %.*s", TEXT_ARG(column),
                           TEXT_ARG(spec_page_name(spec, rule->not_before)));
    if (rule->equals.length == 0)
        return text_format(page->arena, "%.*s is missing where %.*s has a value", TEXT_ARG(column),
                           TEXT_ARG(with));
    return text_format(page->arena, "%.*s is missing where %.*s is %.*s", TEXT_ARG(column), TEXT_ARG(with),
                       TEXT_ARG(rule->equals));
}

static void put_rules(SpecPage *page)
{
    static const char *const headings[] = {"rule broken", "when"};
    const IngestSpec *spec = page->spec;

    if (spec->rule_count == 0)
        return;
    spec_page_table(page, "Rules across columns", headings, 2);
    for (size_t i = 0; i < spec->rule_count; i++)
        spec_page_row(page,
                      (const Text[SPEC_PAGE_CELLS_MAX]){spec->rules[i].name, breach(page, &spec->rules[i])});
    spec_page_table_end(page);
}

void spec_page_columns(SpecPage *page)
{
    put_columns(page);
    put_rules(page);
}
