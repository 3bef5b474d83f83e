#include "pseudonymise/postcode_directory.h"

#include "tests/pseudonymise/fixture.h"

TestSuite(postcode_directory, .fini = fixture_clear);

#define HEADER "postcode,lsoa_code_2011,lsoa_code_2021\n"

static Result open_text(const char *text, const char *edition, PostcodeDirectory **directory, Error *error)
{
    char path[FIXTURE_PATH_BYTES];

    fixture_write("postcodes.csv", text, strlen(text));
    return postcode_directory_open(fixture_path("postcodes.csv", path), edition, directory, error);
}

static PostcodeDirectory *directory_of(const char *text)
{
    PostcodeDirectory *directory = NULL;
    Error error = {0};

    cr_assert(open_text(text, "2026-05", &directory, &error).ok, "%s", error.message);
    return directory;
}

static void expect_areas(const PostcodeDirectory *directory, Text postcode, bool found, const char *in_2011,
                         const char *in_2021)
{
    char lsoa_2011[LSOA_BYTES] = "unwritten", lsoa_2021[LSOA_BYTES] = "unwritten";

    cr_expect_eq(postcode_directory_find(directory, postcode, lsoa_2011, lsoa_2021), found);
    cr_expect_str_eq(lsoa_2011, in_2011);
    cr_expect_str_eq(lsoa_2021, in_2021);
}

Test(postcode_directory, a_postcode_has_its_two_small_areas)
{
    PostcodeDirectory *directory = directory_of(HEADER "ME14 1XQ,E01024335,E01035274\r\n"
                                                       "ct11aa,W01000001,\n"
                                                       "M1 1AA,,E01099999");

    expect_areas(directory, TEXT("ME14 1XQ"), true, "E01024335", "E01035274");
    expect_areas(directory, TEXT("CT1 1AA"), true, "W01000001", "");
    expect_areas(directory, TEXT("M1 1AA"), true, "", "E01099999");
    expect_areas(directory, TEXT("M1 1AB"), false, "", "");
    cr_expect_str_eq(postcode_directory_edition(directory), "2026-05");
    postcode_directory_close(&directory);
    cr_expect_null(directory);
    postcode_directory_close(&directory);
}

/* 23,400 lines, of descending postcodes, through several blocks of the reader. */
Test(postcode_directory, every_postcode_of_a_large_one_is_found)
{
    char path[FIXTURE_PATH_BYTES];
    FILE *file = fopen(fixture_path("large.csv", path), "w");
    PostcodeDirectory *directory = NULL;
    Error error = {0};
    cr_assert_not_null(file);
    (void)fputs(HEADER, file);
    for (int i = 23399; i >= 0; i--)
        (void)fprintf(file, "ME%d %dA%c,E01%06d,E02%06d\n", 10 + i / 260, i / 26 % 10, 'A' + i % 26, i, i);
    (void)fclose(file);

    cr_assert(postcode_directory_open(path, "2026-05", &directory, &error).ok, "%s", error.message);

    for (int i = 0; i < 23400; i++) {
        char postcode[9], in_2011[16], in_2021[16];
        (void)snprintf(postcode, sizeof postcode, "ME%d %dA%c", 10 + i / 260, i / 26 % 10, 'A' + i % 26);
        (void)snprintf(in_2011, sizeof in_2011, "E01%06d", i);
        (void)snprintf(in_2021, sizeof in_2021, "E02%06d", i);
        expect_areas(directory, text_from(postcode), true, in_2011, in_2021);
    }
    postcode_directory_close(&directory);
}

static void expect_refused(const char *text, const char *edition, ErrorCode code, const char *rule)
{
    PostcodeDirectory *directory = NULL;
    Error error = {0};

    cr_expect_not(open_text(text, edition, &directory, &error).ok);

    cr_expect_null(directory);
    cr_expect_eq(error.code, code);
    cr_expect_not_null(strstr(error.message, rule), "%s", error.message);
}

Test(postcode_directory, one_of_another_layout_is_refused)
{
    expect_refused("", "2026-05", ERROR_INPUT, "line 1: not the header");
    expect_refused("pcds,lsoa11,lsoa21\n", "2026-05", ERROR_INPUT, "line 1: not the header");
    expect_refused(HEADER, "2026-05", ERROR_INPUT, "an empty postcode directory");
}

Test(postcode_directory, a_wrong_line_is_refused_by_its_number_without_its_content)
{
    static const char *const lines[] = {"ME14 1XQ,E01024335,E0103527\n",
                                        "ME14 1XQ,e01024335,E01035274\n",
                                        "ME14 1XQ,E0102433X,E01035274\n",
                                        "ME14 1XQ,E-1024335,E01035274\n",
                                        "ME14,E01024335,E01035274\n",
                                        "ME14 1XQ,E01024335,E01035274,x\n",
                                        "\n"};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, HEADER "M1 1AA,,\n%s", lines[i]);
        expect_refused(text, "2026-05", ERROR_INPUT, "line 3: not a postcode and two small areas");
    }
}

Test(postcode_directory, an_endless_line_is_refused)
{
    static char text[100000];
    size_t header_length = (size_t)snprintf(text, sizeof text, HEADER);
    memset(text + header_length, 'x', sizeof text - header_length - 1);

    expect_refused(text, "2026-05", ERROR_INPUT, "line 2: too long");
}

Test(postcode_directory, a_postcode_that_occurs_twice_is_refused)
{
    expect_refused(HEADER "M1 1AA,E01000001,\nM2 1AA,,\nm11aa,E01000002,\n", "2026-05", ERROR_INPUT,
                   "occurs twice");
}

Test(postcode_directory, one_without_an_edition_is_refused)
{
    expect_refused(HEADER "M1 1AA,,\n", "", ERROR_CONFIG, "an edition is named");
    expect_refused(HEADER "M1 1AA,,\n", NULL, ERROR_CONFIG, "an edition is named");
    expect_refused(HEADER "M1 1AA,,\n", "an edition of far too many letters", ERROR_CONFIG,
                   "an edition is named");
}

Test(postcode_directory, a_missing_one_is_an_error)
{
    char path[FIXTURE_PATH_BYTES];
    PostcodeDirectory *directory = NULL;
    Error error = {0};

    cr_expect_not(
        postcode_directory_open(fixture_path("missing.csv", path), "2026-05", &directory, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
}
