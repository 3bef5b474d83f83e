#include <criterion/criterion.h>
#include <string.h>

#include "base/db_place.h"
#include "tests/support/support.h"

static char conninfo[DB_PLACE_BYTES];

Test(db_place, a_folder_without_a_configuration_has_its_private_cluster)
{
    Error error = {0};
    bool is_external = true;

    Result result = db_place_conninfo(support_folder(), "cinque", "cinque_query", conninfo, &error);

    cr_assert(result.ok, "%s", error.message);
    cr_expect_eq(strncmp(conninfo, "host=/", 6), 0);
    cr_expect_not_null(strstr(conninfo, "dbname=cinque user=cinque_query"));
    cr_assert(db_place_is_external(support_folder(), &is_external, &error).ok);
    cr_expect(!is_external);
}

Test(db_place, a_server_of_ones_own_is_kept_and_its_role_cannot_be_named)
{
    Error error = {0};
    bool is_external = false;

    cr_assert(db_place_set(support_folder(), "host=db.example port=6432 user=postgres", &error).ok);
    Result result = db_place_conninfo(support_folder(), "cinque", "cinque_linker", conninfo, &error);

    cr_assert(result.ok, "%s", error.message);
    cr_expect_str_eq(conninfo, "host=db.example port=6432 user=postgres dbname=cinque user=cinque_linker",
                     "what comes last counts");
    cr_assert(db_place_is_external(support_folder(), &is_external, &error).ok);
    cr_expect(is_external);
}

/* Switch: check_conninfo. */
Test(db_place, passwords_uris_and_malformed_pairs_are_refused)
{
    static const char *const refused[] = {"host=db password=secret", "postgresql://db/cinque", "host",
                                          "host='x", "host=a\nport=1"};

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        Error error = {0};
        Result result = db_place_set(support_folder(), refused[i], &error);
        cr_expect(!result.ok, "%s", refused[i]);
        cr_expect_eq(error.code, ERROR_USAGE);
        cr_expect_null(strstr(error.message, "secret"));
    }
}

Test(db_place, a_configuration_of_another_form_is_refused)
{
    static const char *const contents[] = {"host=db\n", "database = host=a\ndatabase = host=b\n", "\n"};

    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        Error error = {0};
        support_file("cinque.conf", contents[i]);
        Result result = db_place_conninfo(support_folder(), "cinque", "cinque_query", conninfo, &error);
        cr_expect(!result.ok, "%s", contents[i]);
        cr_expect_eq(error.code, ERROR_CONFIG);
    }
}
