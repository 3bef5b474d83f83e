#include "tests/ingest/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/guess.h"
#include "ingest/spec.h"

enum { PROPOSED_BYTES = 64 << 10, ROWS = 200 };

static char proposed[PROPOSED_BYTES];
static char codes_folder[512];

static Result propose_bytes(const char *bytes, size_t length, bool with_codes, Error *error)
{
    const char *path = support_file("sample.csv", "");
    FILE *file = fopen(path, "wb"), *out = fmemopen(proposed, sizeof proposed - 1, "w");

    cr_assert(file != NULL && out != NULL);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
    memset(proposed, 0, sizeof proposed);
    snprintf(codes_folder, sizeof codes_folder, "%s/codes", support_folder());
    (void)mkdir(codes_folder, 0700);
    const IngestProposal wanted = {.source = "sample", .codes_folder = with_codes ? codes_folder : NULL};
    Result done = ingest_propose(path, &wanted, out, error);
    fclose(out);
    return done;
}

/* Proposed, opened, and the sample held to it. */
static void propose_text(const char *text, bool with_codes)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    IngestReport report;
    Error error = {0};

    cr_assert(propose_bytes(text, strlen(text), with_codes, &error).ok, "%s", error.message);
    cr_assert(ingest_spec_open(support_file("proposed.yaml", proposed), codes_folder, &spec, &error).ok,
              "%s\n%s", error.message, proposed);
    cr_assert(ingest_check(spec, support_file("sample.csv", text), &report, &error).ok, "%s\n%s",
              error.message, proposed);
    cr_expect_eq(report.rows_quarantined, 0, "%s\n%s", report.rules[0].rule, proposed);
}

static void expect_part(const char *part)
{
    cr_expect(strstr(proposed, part) != NULL, "no\n%s\nin:\n%s", part, proposed);
}

static void expect_nowhere(const char *part)
{
    cr_expect(strstr(proposed, part) == NULL, "%s is in:\n%s", part, proposed);
}

/* The check digit of modulus 11 (NHS Data Dictionary, NHS NUMBER), or -1. */
static int check_digit(int64_t nine)
{
    int sum = 0;

    for (int weight = 2; weight <= 10; weight++, nine /= 10)
        sum += (int)(nine % 10) * weight;
    return 11 - sum % 11 == 11 ? 0 : 11 - sum % 11 == 10 ? -1 : 11 - sum % 11;
}

static void add_nhs_number(TextBuilder *text, int64_t *next)
{
    while (check_digit(*next) < 0)
        ++*next;
    text_add_format(text, "%" PRId64 "%d", *next, check_digit(*next));
    ++*next;
}

/* A visit a row; of persons with made-up numbers. */
static char *visits(const char *head)
{
    static char text[PROPOSED_BYTES];
    SCOPED(text_builder_close) TextBuilder rows = text_builder(sizeof text - 1);
    int64_t next = 999000001;

    text_add_string(&rows, head);
    for (int i = 0; i < ROWS; i++) {
        text_add_format(&rows, "V%05d,", i);
        add_nhs_number(&rows, &next);
        text_add_format(&rows,
                        ",%04d-%02d-11,CT%d 2AB,Surname%c,2026-0%d-%02d,%s,%d,%d.5,07700 900%03d,W%02d\n",
                        1940 + i % 70, 1 + i % 12, 1 + i % 9, 'a' + i % 26, 1 + i % 9, 1 + i % 28,
                        i % 20 == 0  ? "Gamma"
                        : i % 2 == 0 ? "Alpha"
                                     : "Beta",
                        i % 37, 10 + i * 3, i % 1000, i % 40);
    }
    snprintf(text, sizeof text, "%s", text_built(&rows).data);
    return text;
}

#define HEAD "visit_id,NHSNumber,dob,post_code,surname,visit_date,kind,bed_days,cost,phone,ward\n"

Test(propose, types_and_identities_are_guessed_with_their_evidence)
{
    propose_text(visits(HEAD), false);

    expect_part("record_key: [\"visit_id\"] # guess: a different value in each of 200 rows");
    expect_part("event_date: \"visit_date\" # guess: a date in all 200 rows");
    expect_part("subject: person # guess");
    expect_part("{ name: \"visit_id\", use: ignored, required: true } # guess");
    expect_part(
        "{ name: \"NHSNumber\", use: identifier, identity: nhs_number } # guess: 200 of 200 pass modulus 11");
    expect_part(
        "{ name: \"dob\", use: demographic, identity: birth_date } # guess: by its name; 200 of 200 fit");
    expect_part(
        "{ name: \"post_code\", use: demographic, identity: postcode } # guess: 200 of 200 have the form");
    expect_part("{ name: \"surname\", use: demographic, identity: family_name } # guess");
    expect_part("{ name: \"visit_date\", as: visit_date, use: date } # guess: 200 of 200 are dates");
    expect_part("{ name: \"bed_days\", as: bed_days, use: measure, type: integer, min: 0, max: 50 } # guess");
    expect_part("{ name: \"cost\", as: cost, use: measure, type: decimal, min: 0, max: 1000 } # guess");
    expect_part("{ name: \"phone\", use: ignored } # guess");
    expect_part(
        "{ name: \"ward\", as: ward, use: dimension, shape: \"A99\" } # guess: all 200 have this shape");
    expect_part(
        "{ name: \"kind\", use: ignored } # guess: text, 3 different in 200: a code list? see --codes");
}

/* Nearly all of them different, as identifiers are. */
Test(propose, times_of_day_are_guessed)
{
    SCOPED(text_builder_close) TextBuilder rows = text_builder(PROPOSED_BYTES);

    text_add_string(&rows, "call_id,called\n");
    for (int i = 0; i < ROWS; i++)
        text_add_format(&rows, "C%05d,%02d:%02d:%02d\n", i, i % 24, i % 60, i % 59);
    propose_text(text_built(&rows).data, false);

    expect_part("{ name: \"called\", as: called, use: time } # guess: 200 of 200 are times of day");
}

/* Switch: guess_is_birth in propose_guess_time and propose_guess_date. An infant's is as good as a name. */
Test(propose, when_somebody_was_born_is_not_proposed_to_be_stored)
{
    SCOPED(text_builder_close) TextBuilder rows = text_builder(PROPOSED_BYTES);

    text_add_string(&rows, "call_id,TimeOfBirth,baby_born_on\n");
    for (int i = 0; i < ROWS; i++)
        text_add_format(&rows, "C%05d,%02d:%02d,2026-07-%02d\n", i, i % 24, i % 60, 1 + i % 28);
    propose_text(text_built(&rows).data, false);

    expect_part("{ name: \"TimeOfBirth\", use: ignored } # guess: 200 of 200 are times of day, its name "
                "speaks of births");
    expect_part("{ name: \"baby_born_on\", use: ignored } # guess: 200 of 200 are dates, its name speaks of "
                "births");
}

Test(propose, every_line_that_guesses_is_marked)
{
    propose_text(visits(HEAD), false);

    Text rest = text_from(proposed);
    while (rest.length > 0) {
        Text line = text_next(&rest, '\n');
        bool is_column = text_starts_with(line, TEXT("  - "));
        bool is_file = text_starts_with(line, TEXT("file:"));
        SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
        if (is_column || is_file)
            cr_expect(strstr(text_to_string(arena, line), "# guess: ") != NULL, "%.*s", TEXT_ARG(line));
    }
}

/* Switch: round_up, and that evidence is counts. What stands in the sample stands nowhere in the spec. */
Test(propose, no_value_of_the_sample_is_told)
{
    static const char *const values[] = {"V00000", "9990000", "1940", "2AB", "Surname", "2026-01-01",
                                         "Alpha",  "Gamma",   "607",  "36",  "07700",   "W01"};

    propose_text(visits(HEAD), false);

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        expect_nowhere(values[i]);
}

/* Switch: find_header. The first row of a file without a header is of a person. */
Test(propose, a_file_without_header_gets_columns_by_number)
{
    propose_text(visits(""), false);

    expect_part("header: none");
    expect_part("{ name: \"column_1\", use: ignored, required: true }");
    expect_part("{ name: \"column_2\", use: identifier, identity: nhs_number }");
    expect_nowhere("Surname");
    expect_nowhere("V00000");
}

Test(propose, rows_of_names_alone_are_no_header)
{
    propose_text("Smith,Canterbury,Broad\nJones,Dover,North\nBrown,Deal,South\n", false);

    expect_part("header: none");
    expect_nowhere("Smith");
    expect_nowhere("Broad");
}

Test(propose, a_header_with_a_name_that_cannot_be_told_is_passed_over)
{
    propose_text("visit_id,19800229,visit_date\nA1,7,2026-01-01\nA2,8,2026-01-02\n", false);

    expect_part("header: none, skip_lines: 1");
    expect_part("name: \"visit_date\"");
    expect_nowhere("19800229");
}

Test(propose, lines_in_front_of_the_header_are_skipped)
{
    propose_text(
        "Visits of a month\n\nmade in July\nvisit_id,kind,visit_date\nA1,x,2026-01-01\nA2,y,2026-01-02\n"
        "A3,y,2026-01-02\nA4,y,2026-01-02\n",
        false);

    expect_part("skip_lines: 3");
    expect_part("name: \"visit_date\"");
    expect_nowhere("July");
}

Test(propose, delimiters_and_quotes_are_found)
{
    propose_text("visit_id|note|visit_date\nA1|\"a|b\"|2026-01-01\nA2|\"c|d\"|2026-01-02\n", false);
    expect_part("delimiter: \"|\", quote: '\"'");
    propose_text("visit_id\tnote\tvisit_date\nA1\ta, b, c\t01/02/2026\nA2\td\t13/02/2026\n", false);
    expect_part("delimiter: \"\\t\"");
    expect_part("date_format: british");
    propose_text("visit_id;note;visit_date\nA1;'a;b';20260101\nA2;'c;d';20260102\n", false);
    expect_part("delimiter: \";\", quote: \"'\"");
    expect_part("date_format: compact");
    propose_text("visit_id~|~visit_date\nA1~|~2026-01-01\n", false);
    expect_part("delimiter: \"~|~\"");
}

Test(propose, encodings_are_found)
{
    static const char utf16[] =
        "v\0,\0d\0a\0t\0e\0\n\0A\0,\0002\0000\0002\0006\0-\0000\0001\0-\0000\0001\0\n\0";
    Error error = {0};

    propose_text("visit_id,note,visit_date\nA1,Ren\xe9,2026-01-01\n", false);
    expect_part("encoding: windows-1252");
    propose_text("visit_id,note,visit_date\nA1,Ren\xc3\xa9,2026-01-01\n", false);
    expect_part("encoding: utf-8");
    cr_assert(propose_bytes(utf16, sizeof utf16 - 1, false, &error).ok, "%s", error.message);
    expect_part("encoding: utf-16le");
}

static bool has_list(const char *name)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/%s.csv", codes_folder, name);
    return access(path, R_OK) == 0;
}

/* Switch: may_be_list. A code list holds values: one that few rows have may be of few people. */
Test(propose, a_code_list_is_written_where_each_code_is_in_ten_rows)
{
    propose_text(visits(HEAD), true);

    expect_part(
        "{ name: \"kind\", as: kind, use: code, list: kind } # guess: 3 codes, each in 10 rows or more");
    cr_expect(has_list("kind"));
    cr_expect(!has_list("ward"), "40 wards in 5 rows each");
    cr_expect(!has_list("surname"), "26 surnames, 7 rows each, of a column that identifies");
}

Test(propose, a_code_in_nine_rows_keeps_the_list_from_being_written)
{
    SCOPED(text_builder_close) TextBuilder rows = text_builder(1 << 16);

    text_add_string(&rows, "kind,visit_date\n");
    for (int i = 0; i < 109; i++)
        text_add_format(&rows, "%s,2026-01-01\n", i < 9 ? "Rare" : "Often");
    propose_text(text_built(&rows).data, true);

    expect_part("{ name: \"kind\", use: ignored } # guess: text, 2 different in 109: cannot tell what it is");
    cr_expect(!has_list("kind"));
    expect_nowhere("Rare");
}

/* Switch: guess_is_personal. */
Test(propose, names_of_people_get_no_list_however_often_they_are_there)
{
    SCOPED(text_builder_close) TextBuilder rows = text_builder(1 << 16);

    text_add_string(&rows, "gp_name,consultant,visit_date\n");
    for (int i = 0; i < 100; i++)
        text_add_string(&rows, i % 2 == 0 ? "Dr Smith,Jones,2026-01-01\n" : "Dr Brown,Green,2026-01-01\n");
    propose_text(text_built(&rows).data, true);

    expect_part("{ name: \"gp_name\", use: ignored } # guess: its name speaks of a person");
    expect_part("{ name: \"consultant\", use: ignored } # guess: its name speaks of a person");
    cr_expect(!has_list("gp_name"));
}

Test(propose, a_code_list_that_is_there_is_not_written_over)
{
    Error error = {0};
    char *text = visits(HEAD);

    propose_text(text, true);

    cr_expect(!propose_bytes(text, strlen(text), true, &error).ok);
    cr_expect(strstr(error.message, "codes/kind.csv: File exists") != NULL, "%s", error.message);
}

/* Switch: DAYS_SPREAD_MAX and NUMBER_MAX: what may be a birth or a number of a person is not stored by a
 * guess. */
Test(propose, what_may_be_of_a_person_is_ignored)
{
    SCOPED(text_builder_close) TextBuilder rows = text_builder(1 << 16);

    text_add_string(&rows, "onset,number,member,town,visit_date\n");
    for (int i = 0; i < 100; i++)
        text_add_format(&rows, "%d-01-01,%d,M%03dX,TOWN,2026-01-01\n", 1930 + i % 90, 10000000 + i % 9,
                        i % 95);
    propose_text(text_built(&rows).data, false);

    expect_part("{ name: \"onset\", use: ignored } # guess: 100 of 100 are dates, more than 15 years apart");
    expect_part("{ name: \"number\", use: ignored } # guess: 100 of 100 are numbers, some of 8 digits");
    expect_part("{ name: \"member\", use: ignored } # guess: 95 different in 100: like an identifier");
    expect_part("{ name: \"town\", use: ignored } # guess");
}

Test(propose, a_pseudonym_in_place_of_an_nhs_number_is_asked_about)
{
    propose_text("nhs_number,visit_date\nAB12CD,2026-01-01\nEF34GH,2026-01-01\n", false);

    expect_part("{ name: \"nhs_number\", use: ignored } # guess: named like nhs_number, but only 0 of 2 are");
    expect_part("subject: none");
}

Test(propose, demographics_without_an_identifier_are_ignored)
{
    propose_text("surname,dob,visit_date\nSmith,1980-02-29,2026-01-01\nJones,1980-02-28,2026-01-01\n", false);

    expect_part("{ name: \"surname\", use: ignored } # guess: identifies, but no column is an identifier");
}

Test(propose, names_that_cannot_be_stored_get_one_that_can)
{
    propose_text(
        "Record Key,Load-ID,load id,Person ID 1,visit_date\n1.5,1,2,3,2026-01-01\n2.5,3,4,5,2026-01-02\n",
        false);

    expect_part("as: record_key_c1");
    expect_part("as: load_id_c2");
    expect_part("as: load_id_c3");
}

Test(propose, what_may_keep_rows_out_is_asked_about)
{
    propose_text("is_confidential,visit_date\n0,2026-01-01\n1,2026-01-02\n", false);

    expect_part("# guess: does column 1 say which rows are not to be stored, or without identity?");
}

static void expect_failure_of(const char *text, ErrorCode code, const char *message)
{
    Error error = {0};

    cr_expect(!propose_bytes(text, strlen(text), false, &error).ok);
    cr_expect_eq(error.code, code);
    cr_expect(strstr(error.message, message) != NULL, "%s", error.message);
}

Test(propose, what_is_no_sample_is_an_error)
{
    SCOPED(text_builder_close) TextBuilder wide = text_builder(1 << 16);

    for (int i = 0; i < 257; i++)
        text_add_format(&wide, "%sa%d", i > 0 ? "," : "", i);
    expect_failure_of("", ERROR_INPUT, "sample.csv: empty file");
    expect_failure_of("{\"a\":1}\n", ERROR_INPUT, "not delimited text");
    expect_failure_of("<a/>", ERROR_INPUT, "not delimited text");
    expect_failure_of("\"a", ERROR_INPUT, "its first record: unclosed quote");
    expect_failure_of(text_built(&wide).data, ERROR_LIMIT, "more than 256 columns");
}

/* ---- names ---- */

Test(guess, the_form_of_a_name)
{
    static const char *const names[] = {"id",
                                        "date_of_birth",
                                        "Adult 1-3 Linked Person_ID",
                                        "icd10_1",
                                        "lsoa_2011",
                                        "Provider CQC Location Name / ID",
                                        "No. of adults being cared for"};
    static const char *const others[] = {"",
                                         "a",
                                         "9990000018",
                                         "1980-02-29",
                                         "CT1 2AB",
                                         "d19800229",
                                         "Ren\xc3\xa9",
                                         "a\"b",
                                         "a\\b",
                                         "x: y",
                                         "a,b",
                                         "#a",
                                         "one two three four five six seven eight nine ten "
                                         "eleven"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect(guess_is_name(text_from(names[i])), "%s", names[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect(!guess_is_name(text_from(others[i])), "%s", others[i]);
}

Test(guess, what_a_name_says)
{
    cr_expect_eq(guess_identity(TEXT("NHSNumber")), IDENTITY_NHS_NUMBER);
    cr_expect_eq(guess_identity(TEXT("NHS Number")), IDENTITY_NHS_NUMBER);
    cr_expect_eq(guess_identity(TEXT("pseudo_superseded_nhs_number")), IDENTITY_SUPERSEDED_NHS_NUMBER);
    cr_expect_eq(guess_identity(TEXT("nhs_number_status")), SPEC_NONE);
    cr_expect_eq(guess_identity(TEXT("DateOfBirth")), IDENTITY_BIRTH_DATE);
    cr_expect_eq(guess_identity(TEXT("person_stated_gender_code")), IDENTITY_SEX);
    cr_expect_eq(guess_identity(TEXT("der_postcode_sector")), SPEC_NONE);
    cr_expect_eq(guess_identity(TEXT("ward")), SPEC_NONE);
    cr_expect(guess_is_personal(TEXT("GP Practice Name")));
    cr_expect(guess_is_personal(TEXT("e-mail")));
    cr_expect(!guess_is_personal(TEXT("ward")));
    cr_expect(guess_is_event(TEXT("ArrivalDate")));
    cr_expect(!guess_is_event(TEXT("date_of_birth")));
}

Test(guess, how_alike_names_are)
{
    cr_expect_eq(guess_alike(TEXT("start_date"), TEXT("Start Date")), 1);
    cr_expect_eq(guess_alike(TEXT("startDate"), TEXT("START-DATE")), 1);
    cr_expect_geq(guess_alike(TEXT("discharge_date"), TEXT("disch_date")), 0.8);
    cr_expect_geq(guess_alike(TEXT("date_of_birth"), TEXT("DOB")), 0.8);
    cr_expect_geq(guess_alike(TEXT("family_name"), TEXT("surname")), 0.8);
    cr_expect_leq(guess_alike(TEXT("ward"), TEXT("cost")), 0.4);
}
