/* Inboxes that are long, lead elsewhere or name what is no identifier. */
#include "tests/ingest/meshing.h"

TestSuite(mesh_list, .init = start, .fini = stop);

static Result count_one(void *context, const char *id, Error *error)
{
    size_t *count = context;
    (void)id;
    (void)error;
    ++*count;
    return RESULT_OK;
}

Test(mesh_list, an_inbox_of_ten_thousand_is_listed_whole)
{
    static SandboxMessage many[MANY];
    static char ids[MANY][16];
    Error error = {0};
    size_t count = 0;
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "M%d", i);
        many[i] = (SandboxMessage){.id = ids[i], .name = "x", .workflow = i % 10 == 0 ? "RARE" : "EXTRACT"};
    }
    sandbox.messages = many;
    sandbox.message_count = MANY;
    how.page = 0;
    SCOPED(mesh_close) Mesh *mesh = open_mesh();

    cr_assert(mesh_list(mesh, count_one, &count, &error).ok, "%s", error.message);

    cr_expect_eq(count, (size_t)MANY);
    cr_expect_eq(sandbox.pages, 20);
    how.workflow = "RARE";
    SCOPED(mesh_close) Mesh *filtered = open_mesh();
    count = 0;
    cr_assert(mesh_list(filtered, count_one, &count, &error).ok, "%s", error.message);
    cr_expect_eq(count, (size_t)MANY / 10);
}

Test(mesh_list, an_empty_page_does_not_end_the_list)
{
    Error error = {0};
    size_t count = 0;
    sandbox.faults.has_empty_pages = true;
    SCOPED(mesh_close) Mesh *mesh = open_mesh();

    cr_assert(mesh_list(mesh, count_one, &count, &error).ok, "%s", error.message);

    cr_expect_eq(count, 2U);
    cr_expect_eq(sandbox.pages, 2);
}

Test(mesh_list, a_next_page_elsewhere_is_not_fetched)
{
    static const char *const elsewhere[] = {
        "https://example.org/messageexchange/" SANDBOX_MAILBOX "/inbox?x",
        "/messageexchange/OTHER/inbox?continue_from=1",
        "@example.org/",
        "/messageexchange/" SANDBOX_MAILBOX "/inbox?a b",
    };

    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        SCOPED(mesh_close) Mesh *mesh = open_mesh();
        Error error = {0};
        size_t count = 0;
        sandbox.faults.next = elsewhere[i];
        cr_expect_not(mesh_list(mesh, count_one, &count, &error).ok);
        cr_expect_str_eq(error.message, "the feed: MESH's list of messages is not as specified");
    }
    cr_expect_eq(sandbox.pages, 4);
}

Test(mesh_list, a_list_that_leads_to_itself_ends)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    Error error = {0};
    size_t count = 0;
    sandbox.faults.next = "/messageexchange/" SANDBOX_MAILBOX "/inbox?max_results=10";

    cr_expect_not(mesh_list(mesh, count_one, &count, &error).ok);

    cr_expect_eq(sandbox.pages, 1);
}

Test(mesh_list, an_identifier_that_is_a_path_is_not_used)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    Error error = {0};
    size_t count = 0;
    messages[0].id = "../../OTHER/inbox/1";

    cr_expect_not(mesh_list(mesh, count_one, &count, &error).ok);
    cr_expect_not(mesh_acknowledge(mesh, messages[0].id, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_eq(sandbox.requests, 1);
}

Test(mesh_list, a_mailbox_or_address_of_another_shape_is_a_mistake)
{
    Mesh *mesh = NULL;
    Error error = {0};

    how.mailbox = "x26hc005";
    cr_expect_not(open_with(SANDBOX_PASSWORD, &mesh, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    how.mailbox = SANDBOX_MAILBOX;
    how.url = "http://localhost:1";
    cr_expect_not(open_with(SANDBOX_PASSWORD, &mesh, &error).ok);
    cr_expect_str_eq(error.message, "the feed: the address of MESH begins with https://");
}

Test(mesh_list, no_more_comes_than_allowed)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    SCOPED(text_builder_close) TextBuilder content = text_builder(1 << 20);
    Error error = {0};

    cr_expect_not(mesh_get(mesh, "20261122_CHUNKED", 2 * CHUNK_BYTES, keep, &content, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_leq(content.length, 2 * (size_t)CHUNK_BYTES);
}
