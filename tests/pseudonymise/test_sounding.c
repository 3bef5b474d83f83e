#include "fixture.h"
#include "pseudonymise/sounding.h"

static void expect_sound(const char *name, const char *expected)
{
    char out[SOUNDING_BYTES];
    size_t length = sounding_of(text_from(name), out);

    cr_expect_eq(length, strlen(expected), "%s: %.*s", name, (int)length, out);
    cr_expect_arr_eq(out, expected, length, "%s: %.*s", name, (int)length, out);
}

/* Worked by hand from the rules of NYSIIS (Taft 1970); KNUTH and SCHMIDT are the usual examples. */
Test(sounding, names_sound_as_nysiis_says)
{
    expect_sound("knuth", "NAT");
    expect_sound("schmidt", "SNAD");
    expect_sound("brian", "BRAN");
    expect_sound("brown", "BRAN");
    expect_sound("macdonald", "MCDANALD");
    expect_sound("phillips", "FALAP");
    expect_sound("lee", "LY");
}

Test(sounding, spellings_of_one_name_sound_alike)
{
    char a[SOUNDING_BYTES], b[SOUNDING_BYTES];

    size_t smith = sounding_of(TEXT("catherine"), a), smyth = sounding_of(TEXT("katherine"), b);

    cr_expect_eq(smith, smyth);
    cr_expect_arr_eq(a, b, smith);
}

Test(sounding, a_name_without_latin_letters_has_no_sound)
{
    expect_sound("\xD0\xB8\xD0\xB2\xD0\xB0\xD0\xBD", "");
    expect_sound("12", "");
    expect_sound("", "");
}

Test(sounding, a_name_longer_than_any_is_cut)
{
    char name[200], out[SOUNDING_BYTES];

    memset(name, 'z', sizeof name);
    for (size_t i = 0; i < sizeof name; i += 2)
        name[i] = 'b';

    size_t length = sounding_of((Text){.data = name, .length = sizeof name}, out);

    cr_expect_eq(length, SOUNDING_BYTES);
}
