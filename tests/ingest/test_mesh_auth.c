#include <criterion/criterion.h>
#include <string.h>

#include "ingest/mesh_auth.h"

static void expect_header(const MeshToken *token, const char *expected)
{
    SCOPED(text_builder_close) TextBuilder header = text_builder(1024);
    Error error = {0};

    cr_assert(mesh_auth_add(token, &header, &error).ok, "%s", error.message);

    cr_expect_str_eq(text_built(&header).data, expected);
}

/* NHSDigital/mesh_validate_auth_header, test/widget_test.dart: the expected value published there. */
Test(mesh_auth, the_header_is_that_of_the_published_vector)
{
    MeshToken token = {.mailbox = "X26",
                       .nonce = "97bf007e-3027-4127-ac9d-f9a25de4de68",
                       .count = 1,
                       .time = "202210241155",
                       .password = (const uint8_t *)"testing",
                       .password_length = 7,
                       .shared_key = (const uint8_t *)"SharedKey",
                       .shared_key_length = 9};

    expect_header(&token, "NHSMESH X26:97bf007e-3027-4127-ac9d-f9a25de4de68:1:202210241155:"
                          "b1a882d3615305602f10b8f9a0453865284ce3e4b9e88e7899fb8bb5339da179");
}

/* Computed with Python's hmac. */
Test(mesh_auth, a_password_may_hold_colons_and_a_key_spaces)
{
    MeshToken token = {.mailbox = "MAILBOX01",
                       .nonce = "bd0e2bd5-218e-41d0-83a9-73fdec414803",
                       .time = "202005041305",
                       .password = (const uint8_t *)"p:a:s:s",
                       .password_length = 7,
                       .shared_key = (const uint8_t *)"key with spaces",
                       .shared_key_length = 15};

    expect_header(&token, "NHSMESH MAILBOX01:bd0e2bd5-218e-41d0-83a9-73fdec414803:0:202005041305:"
                          "86f2ff507bc88adef460a71395ffa7cb216d37f73fa8974bf2a188a7ab8c0e86");
}

/* Computed with Python's hmac. */
Test(mesh_auth, an_empty_password_and_key_have_a_header_too)
{
    MeshToken token = {.mailbox = "A", .nonce = "n", .time = "202001010000"};

    expect_header(
        &token,
        "NHSMESH A:n:0:202001010000:c1fafa76586df1342f5507b1d25454bf5a2f3c53b824e2444ae35b4c980036f5");
}

/* RFC 4122, section 4.4. */
Test(mesh_auth, a_nonce_is_a_random_guid_and_never_the_same)
{
    char one[MESH_NONCE_BYTES], other[MESH_NONCE_BYTES];
    Error error = {0};

    cr_assert(mesh_auth_nonce(one, &error).ok);
    cr_assert(mesh_auth_nonce(other, &error).ok);

    cr_expect_eq(strlen(one), 36U);
    cr_expect_eq(strspn(one, "0123456789abcdef-"), 36U);
    cr_expect_eq(one[14], '4');
    cr_expect_not_null(strchr("89ab", one[19]));
    cr_expect_str_neq(one, other);
}

Test(mesh_auth, the_time_is_utc_to_the_minute)
{
    char time[MESH_TIME_BYTES];

    cr_expect_str_eq(mesh_auth_time(1666612559999999, time), "202210241155");
}
