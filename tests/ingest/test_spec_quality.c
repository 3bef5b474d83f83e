#include "tests/ingest/holding.h"

TestSuite(spec_quality, .init = set_up, .fini = tear_down);

typedef struct Wrong {
    const char *keys, *message;
} Wrong;

Test(spec_quality, a_spec_names_what_is_wrong_with_its_limits)
{
    static const Wrong wrong[] = {
        {"quality: { limits: [{ measure: speed, warn: 1 }] }\n", "a measure that there is not"},
        {"quality: { limits: [{ measure: missing, warn: 1 }] }\n", "name a column"},
        {"quality: { limits: [{ measure: fall, column: cost, warn: 1 }] }\n", "no other measure does"},
        {"quality: { limits: [{ measure: missing, column: size, warn: 1 }] }\n", "names no column"},
        {"quality: { limits: [{ measure: orphans, reference: x, warn: 1 }] }\n", "names no reference"},
        {"quality: { limits: [{ measure: fall }] }\n", "has one of warn, hold and refuse"},
        {"quality: { limits: [{ measure: fall, warn: 0 }] }\n", "above 0 and ascend"},
        {"quality: { limits: [{ measure: fall, warn: 5, hold: 5 }] }\n", "above 0 and ascend"},
        {"quality: { limits: [{ measure: fall, unit: people, warn: 5 }] }\n", "unit is percent or rows"},
        {"quality: { limits: [{ measure: fall, warn: 5 }, { measure: fall, hold: 9 }] }\n",
         "its limit twice"},
        {"quality: { protected_by: [hope] }\n", "one of trailer, header_count, structure, manifest, volume"},
        {"quality: { protected_by: [trailer] }\n", "`file` names none"},
        {"quality: { protected_by: [header_count] }\n", "`file` has none"},
        {"quality: { protected_by: [structure] }\n", "only of xml and postgres_binary"},
        {"quality: { protected_by: [volume] }\n", "no limit on fall"},
        {"quality: { cost: ward }\n", "no measure"},
        {"quality: { cost: size }\n", "names no column"},
        {"references: [{ name: r, source: ward, columns: [ward], to: [a, b] }]\n", "as many columns"},
        {"references: [{ name: r, source: ward, columns: [visit_id], to: [a] }]\n", "not stored"},
        {"references: [{ name: r, source: ward, columns: [ward], to: [A] }]\n", "names of stored columns"},
        {"references: [{ name: r, source: ward, columns: [ward, cost], to: [a, record_key] }]\n",
         "or record_key alone"},
        {"references: [{ name: r, source: ward, columns: [visit_id, nhs_number], to: [record_key] }]\n",
         "by a column that identifies"},
        {"references: [{ name: r, source: ward, columns: [nobody], to: [record_key] }]\n", "names no column"},
        {"references: [{ name: R, source: ward, columns: [ward], to: [a] }]\n", "lower-case"},
        {"references: [{ name: r, source: ward, columns: [ward], to: [a] },"
         " { name: r, source: ward, columns: [ward], to: [a] }]\n",
         "twice"},
    };
    char text[TEXT_BYTES];

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "%s%s%s", HEAD BY_MONTH, wrong[i].keys, COLUMNS);
        cr_expect_not(world_try_spec(text, &error).ok, "%s", wrong[i].keys);
        cr_expect_eq(error.code, ERROR_CONFIG);
        cr_expect_not_null(strstr(error.message, wrong[i].message), "%s: %s", wrong[i].keys, error.message);
    }
}

/* Switch: key_reference_count in build_columns_to_key; a row of more would not fit what is copied. */
Test(spec_quality, a_reference_to_a_record_key_takes_the_place_of_a_stored_column)
{
    char text[TEXT_BYTES];
    int length =
        snprintf(text, sizeof text,
                 "%sreferences: [{ name: r, source: ward, columns: [c0], to: [record_key] }]\ncolumns:\n"
                 "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
                 "  - { name: visit_id, use: ignored, required: true }\n",
                 HEAD BY_MONTH);

    for (int i = 0; i < 56; i++)
        length +=
            snprintf(text + length, sizeof text - (size_t)length, "  - { name: c%d, use: presence }\n", i);

    cr_expect_not(world_try_spec(text, &error).ok);
    cr_expect_not_null(strstr(error.message, "with them more than 56"), "%s", error.message);
}

Test(spec_quality, a_source_that_names_no_protection_is_unprotected)
{
    open_with(
        "source: list\ntitle: List\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"
        "controller: sender\nsubject: person\nupdate: snapshot\n"
        "rejects: { rows_max: 1, percent_max: 1 }\n" COLUMNS);

    cr_expect(load(1, 0).is_unprotected);
}
