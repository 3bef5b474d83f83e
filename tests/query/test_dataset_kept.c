/* What is kept for the next query, and for how long. */
#include "tests/query/datasets.h"

static bool is_mapped(const void *data)
{
    unsigned char resident;

    return mincore((void *)((uintptr_t)data & ~(uintptr_t)4095), 1, &resident) == 0;
}

Test(dataset_kept, a_column_is_kept_for_the_next_query)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const DatasetColumn column = {.source = 0, .column = 2};
    county_make(60, 1);
    county_release();
    DatasetHold *first = open_release(reader, 1);
    COUNTY_MUST(dataset_fetch(first, reader, &column, 1, must));
    const int32_t *data = dataset_of(first)->sources[0].columns[2].narrow;
    dataset_close(&first);

    SCOPED(dataset_close) DatasetHold *second = open_release(reader, 1);

    cr_expect_eq(dataset_of(second)->sources[0].columns[2].narrow, data);
}

/* Switch: the test of `live` in drop_retired, and kept_keep_only behind it. */
Test(dataset_kept, a_retired_release_is_refused_and_dropped)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const DatasetColumn column = {.source = 0, .column = 2};
    Error error = {0};
    county_make(60, 1);
    county_release();
    Hash manifest = manifest_of(1);
    DatasetHold *hold = open_release(reader, 1), *again = NULL;
    COUNTY_MUST(dataset_fetch(hold, reader, &column, 1, must));
    const int32_t *data = dataset_of(hold)->sources[0].columns[2].narrow;
    county_sql("SELECT release.retire_now(1, '\\x02')");

    Result result = dataset_open(reader, 1, &manifest, &again, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(is_mapped(data), "who runs on it comes to the end");
    dataset_close(&hold);
    cr_expect_not(is_mapped(data));
    cr_expect_eq(kept_bytes(), 0);
}

Test(dataset_kept, what_is_live_stays_when_what_is_retired_goes)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    county_make(60, 1);
    county_release();
    DatasetHold *hold = open_release(reader, 1);
    dataset_close(&hold);
    uint64_t bytes = kept_bytes();

    COUNTY_MUST(query_forget_retired(reader, must));

    cr_assert_gt(bytes, 0);
    cr_expect_eq(kept_bytes(), bytes);
    county_sql("SELECT release.retire_now(1, '\\x02')");
    COUNTY_MUST(query_forget_retired(reader, must));
    cr_expect_eq(kept_bytes(), 0);
}

/* Switch: drop_oldest in kept_reserve. */
Test(dataset_kept, columns_that_nobody_uses_give_way)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const DatasetColumn sex = {.source = 0, .column = 2}, died = {.source = 0, .column = 4};
    county_make(60, 1);
    county_release();
    DatasetHold *first = open_release(reader, 1);
    COUNTY_MUST(dataset_fetch(first, reader, &sex, 1, must));
    cr_expect_not_null(dataset_of(first)->sources[0].codes[2].cells);
    dataset_close(&first);
    kept_bytes_max = kept_bytes() + 8;

    SCOPED(dataset_close) DatasetHold *second = open_release(reader, 1);
    COUNTY_MUST(dataset_fetch(second, reader, &died, 1, must));

    cr_expect_not_null(dataset_of(second)->sources[0].columns[4].narrow);
    cr_expect_null(dataset_of(second)->sources[0].columns[2].narrow);
    cr_expect_null(dataset_of(second)->sources[0].codes[2].cells);
    cr_expect_leq(kept_bytes(), kept_bytes_max);
}

Test(dataset_kept, a_query_that_reads_more_than_may_be_kept_is_refused)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const DatasetColumn columns[] = {{.source = 0, .column = 2}, {.source = 0, .column = 4}};
    Error error = {0};
    county_make(60, 1);
    county_release();
    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);
    COUNTY_MUST(dataset_fetch(hold, reader, columns, 1, must));
    kept_bytes_max = kept_bytes() + 8;

    Result result = dataset_fetch(hold, reader, columns, 2, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_not_null(dataset_of(hold)->sources[0].columns[2].narrow, "what is in use stays");
}

/* The kernel writes where we may. Switch: PROT_READ in sealed_seal. */
Test(dataset_kept, what_is_sealed_cannot_be_written_any_more)
{
    int zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    Sealed memory = {0};
    COUNTY_MUST(sealed_create(8192, &memory, must));
    memset(memory.draft, 7, 8192);
    COUNTY_MUST(sealed_seal(&memory, must));

    ssize_t written = read(zeros, (void *)memory.data, 1);

    cr_expect_eq(written, -1);
    cr_expect_eq(errno, EFAULT);
    cr_expect_eq(((const char *)memory.data)[0], 7);
    cr_expect_eq(((const char *)memory.data)[8191], 7);
    sealed_close(&memory);
    close(zeros);
}
