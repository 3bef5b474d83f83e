#pragma once
/* A catalogue without a database, for tests of the language. */
#include "query/query_private.h"

static CatalogueColumn words_gp_event[] = {
    {.name = {"code", 4}, .stored = {"code", 4}, .type = TYPE_TEXT, .terminology = {"SNOMED CT", 9}},
    {.name = {"result_value", 12}, .stored = {"result_value", 12}, .type = TYPE_NUMBER},
    {.name = {"date_recorded", 13}, .stored = {"date_recorded", 13}, .type = TYPE_DATE},
    {.name = {"event_date", 10}, .stored = {"clinical_effective_date", 23}, .type = TYPE_DATE},
};
static CatalogueColumn words_death[] = {
    {.name = {"date_of_death", 13}, .stored = {"date_of_death", 13}, .type = TYPE_DATE},
};
static CatalogueColumn words_apc_spell[] = {
    {.name = {"admission_method", 16}, .stored = {"admission_method", 16}, .type = TYPE_TEXT},
    {.name = {"admission_date", 14}, .stored = {"admission_date", 14}, .type = TYPE_DATE},
    {.name = {"length_of_hospital_stay", 23}, .stored = {"length_of_hospital_stay", 23}, .type = TYPE_NUMBER},
    {.name = {"ethnic_category", 15}, .stored = {"ethnic_category", 15}, .type = TYPE_TEXT},
    {.name = {"core_hrg", 8}, .stored = {"core_hrg", 8}, .type = TYPE_TEXT},
    {.name = {"primary_diagnosis", 17}, .stored = {"primary_diagnosis", 17}, .type = TYPE_TEXT},
    {.name = {"secondary_diagnosis_1", 21}, .stored = {"secondary_diagnosis_1", 21}, .type = TYPE_TEXT},
};
static CatalogueColumn words_fire_visit[] = {
    {.name = {"visit_date", 10}, .stored = {"visit_date", 10}, .type = TYPE_DATE},
    {.name = {"risk_level", 10}, .stored = {"risk_level", 10}, .type = TYPE_TEXT},
};
static CatalogueColumn words_council_tax_account[] = {
    {.name = {"discount_percent", 16}, .stored = {"discount_percent", 16}, .type = TYPE_NUMBER},
    {.name = {"liability_start", 15}, .stored = {"liability_start", 15}, .type = TYPE_DATE},
};
static const CatalogueSource words_sources[] = {
    {.name = {"apc_spell", 9}, .columns = words_apc_spell, .column_count = 7},
    {.name = {"council_tax_account", 19},
     .is_household = true,
     .columns = words_council_tax_account,
     .column_count = 2},
    {.name = {"death", 5}, .is_death = true, .columns = words_death, .column_count = 1},
    {.name = {"fire_visit", 10}, .is_household = true, .columns = words_fire_visit, .column_count = 2},
    {.name = {"gp_event", 8}, .columns = words_gp_event, .column_count = 4},
};
static const Catalogue WORDS = {.sources = words_sources, .source_count = 5};

/* codes d = ("A00000" as "c0", "A00001" as "c1", ...): as many, in turn of so many categories. */
__attribute__((unused)) static void words_add_codes(TextBuilder *text, int codes, int categories)
{
    text_add_string(text, "codes d = (");
    for (int i = 0; i < codes; i++)
        text_add_format(text, "%s\"A%05d\" as \"c%d\"", i > 0 ? ", " : "", i, i % categories);
    text_add_string(text, ") ");
}

/* let NAME = exists gp_event where (code in d category "c0" or ...), each category once. */
__attribute__((unused)) static void words_add_uses(TextBuilder *text, const char *name, int categories)
{
    text_add_format(text, "let %s = exists gp_event where (", name);
    for (int i = 0; i < categories; i++)
        text_add_format(text, "%scode in d category \"c%d\"", i > 0 ? " or " : "", i);
    text_add_string(text, ") ");
}
