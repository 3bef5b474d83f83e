/* The adapter against a strict host. */
#include "tests/ingest/meshing.h"

TestSuite(mesh, .init = start, .fini = stop);

Test(mesh, messages_come_whole_and_are_acknowledged_once)
{
    Error error = {0};

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
    cr_expect_eq(sandbox.handshakes, 1);
    cr_expect_eq(sandbox.refused, 0);
    cr_expect_eq(sandbox.token_count, (size_t)sandbox.requests, "each request had a token of its own");
}

Test(mesh, an_inbox_collected_again_brings_nothing_twice)
{
    Error error = {0};

    cr_assert(collect(&error).ok, "%s", error.message);
    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
    cr_expect_eq(listed_count, 0U);
}

Test(mesh, pieces_of_one_byte_make_the_same_message)
{
    Error error = {0};
    sandbox.faults.piece_bytes = 1;

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
}

Test(mesh, a_token_that_counts_no_more_is_refused_and_said_so)
{
    Error error = {0};
    sandbox.faults.repeats_tokens = true;

    cr_assert_not(collect(&error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message,
                     "the feed: MESH refuses us (403) at the handshake: mailbox, password, shared "
                     "key, or a clock that is hours off");
    cr_expect_eq(sandbox.requests, 1, "a refusal is no reason to try again");
}

Test(mesh, a_clock_three_hours_off_is_refused_and_one_hour_is_not)
{
    static const struct {
        long hours;
        bool ok;
    } cases[] = {{3, false}, {-3, false}, {1, true}, {-1, true}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SCOPED(mesh_close) Mesh *mesh = open_mesh();
        Error error = {0};
        sandbox.faults.clock_hours = cases[i].hours;
        cr_expect_eq(mesh_handshake(mesh, &error).ok, cases[i].ok, "%ld hours", cases[i].hours);
        cr_expect(cases[i].ok || error.code == ERROR_REFUSED);
    }
}

Test(mesh, a_wrong_password_is_refused)
{
    SCOPED(mesh_close) Mesh *mesh = NULL;
    Error error = {0};

    cr_assert(open_with("another", &mesh, &error).ok);

    cr_expect_not(mesh_handshake(mesh, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_null(strstr(error.message, "another"), "no secret in a message");
}

Test(mesh, a_report_is_told_from_data)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    MeshMessage message;
    bool is_there;
    Error error = {0};
    messages[0].is_report = true;
    messages[0].status_code = "14";

    cr_assert(mesh_describe(mesh, "20261122_PLAIN", &message, &is_there, &error).ok, "%s", error.message);

    cr_assert(is_there);
    cr_expect_eq(message.kind, MESH_REPORT);
    cr_expect_str_eq(message.status_code, "14");
    cr_expect_str_eq(message.linked, "20201122");
    cr_expect_eq(message.chunks, 0);
    cr_assert(collect(&error).ok, "%s", error.message);
    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_null(find_kept("20261122_PLAIN"));
}

Test(mesh, a_message_is_described)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    MeshMessage message;
    bool is_there;
    Error error = {0};
    messages[1].sent = "20261121230136";

    cr_assert(mesh_describe(mesh, "20261122_CHUNKED", &message, &is_there, &error).ok, "%s", error.message);

    cr_expect_eq(message.kind, MESH_DATA);
    cr_expect_str_eq(message.name, "ecds.csv");
    cr_expect_str_eq(message.sender, "X26HC006");
    cr_expect_str_eq(message.workflow, "EXTRACT");
    cr_expect_eq(message.chunks, 3);
    cr_expect_eq(message.sent_us, 1795302096000000);
    cr_assert(mesh_describe(mesh, "UNKNOWN", &message, &is_there, &error).ok, "%s", error.message);
    cr_expect_not(is_there);
}

/* MESH gives up after five days, 120 hours. */
Test(mesh, a_message_of_four_days_is_nearly_lost)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    MeshMessage young = {.sent_us = time_now_us() - (int64_t)95 * 3600 * 1000000};
    MeshMessage old = {.sent_us = time_now_us() - (int64_t)96 * 3600 * 1000000};
    MeshMessage unknown = {0};

    cr_expect_not(mesh_is_nearly_lost(mesh, &young));
    cr_expect(mesh_is_nearly_lost(mesh, &old));
    cr_expect_not(mesh_is_nearly_lost(mesh, &unknown));
}
