#include "cli/delivery.h"
#include "tests/cli/workbench.h"

static Arena *arena;
static Delivery *deliveries;
static size_t count;

static void set_up(void)
{
    arena = arena_create(64 << 20);
}

static void clean_up(void)
{
    arena_close(&arena);
}

TestSuite(delivery, .init = set_up, .fini = clean_up);

static Result read_list(const char *content, Error *error)
{
    return delivery_list_read(support_file("deliveries.csv", content), arena, &deliveries, &count, error);
}

Test(delivery, a_list_is_read_and_sorted_by_its_order)
{
    Error error = {0};

    Result result = read_list("source,sender,period,status,path,replace,order\n"
                              "death,ons,2026-08,provisional,b/death.csv,yes,2\r\n"
                              "lsoa,ons,2026-07,final,/abs/lsoa.csv,no,1\n"
                              "\n",
                              &error);

    cr_assert(result.ok, "%s", error.message);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(deliveries[0].source, "lsoa");
    cr_expect_str_eq(deliveries[0].delivery.path, "/abs/lsoa.csv");
    cr_expect(!deliveries[0].delivery.replace);
    cr_expect_eq(deliveries[0].delivery.status, INGEST_FINAL);
    cr_expect_eq(deliveries[1].delivery.period, month_from(2026, 8));
    cr_expect_str_eq(deliveries[1].delivery.sender, "ons");
    cr_expect(deliveries[1].delivery.replace);
    cr_expect_eq(deliveries[1].delivery.status, INGEST_PROVISIONAL);
    cr_expect_not_null(strstr(deliveries[1].delivery.path, "/b/death.csv"));
    cr_expect_eq(deliveries[1].delivery.path[0], '/', "beside the list, not beside the caller");
}

Test(delivery, columns_come_in_any_order_and_an_empty_path_is_a_nil_return)
{
    Error error = {0};

    Result result =
        read_list("path,period,sender,source\n,2026-07,ons,death\nx.csv,2026-07,ons,death\n", &error);

    cr_assert(result.ok, "%s", error.message);
    cr_assert_eq(count, 2);
    cr_expect_null(deliveries[0].delivery.path);
    cr_expect_eq(deliveries[0].delivery.status, INGEST_FINAL);
    cr_expect_not_null(deliveries[1].delivery.path, "without an order they stay as they stand");
}

#define HASH_DIGITS "00112233445566778899AABBCCDDEEFFffeeddccbbaa99887766554433221100"

Test(delivery, an_announced_hash_has_digits_of_either_size)
{
    Error error = {0};

    Result result = read_list("source,sender,period,path,sha256\ndeath,ons,2026-07,x," HASH_DIGITS "\n"
                              "death,ons,2026-08,x,\n",
                              &error);

    cr_assert(result.ok, "%s", error.message);
    cr_assert_not_null(deliveries[0].delivery.announced);
    cr_expect_eq(deliveries[0].delivery.announced->bytes[10], 0xaa);
    cr_expect_eq(deliveries[0].delivery.announced->bytes[16], 0xff);
    cr_expect_null(deliveries[1].delivery.announced, "it was not");
}

Test(delivery, each_fault_is_told_with_its_line)
{
    static const struct {
        const char *content, *message;
    } cases[] = {
        {"sender,period,path\n", "line 1: column source is missing"},
        {"source,sender,period,path\ndeath,ons,2026-07\n", "line 2: not as many fields as the header"},
        {"source,sender,period,path\ndeath,ons,2026-7,x\n", "line 2: period is not of the form CCYY-MM"},
        {"source,sender,period,path\n\n,ons,2026-07,x\n", "line 3: source and sender are needed"},
        {"source,sender,period,path\ndeath,\"ons\",2026-07,x\n", "line 2: no quotes here"},
        {"source,sender,period,path,status\ndeath,ons,2026-07,x,late\n", "line 2: status is none of"},
        {"source,sender,period,path,order\ndeath,ons,2026-07,x,first\n", "line 2: order is not a number"},
        {"source,sender,period,path,sha256\ndeath,ons,2026-07,x,12ab\n",
         "line 2: sha256 is not 64 hexadecimal digits"},
        {"source,sender,period,path,sha256\ndeath,ons,2026-07,," HASH_DIGITS "\n",
         "line 2: sha256 of a nil return"},
        {"source,sender,period,path,1,2,3,4,5,6,7,8,9,10,11,12,13\n", "line 1: too many columns"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Error error = {0};
        expect_failure(read_list(cases[i].content, &error), &error, ERROR_INPUT, cases[i].message);
    }
}
