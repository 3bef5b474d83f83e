/* Storms, lost connections, and answers that are not what was asked for: nothing is half taken. */
#include "tests/ingest/meshing.h"

TestSuite(mesh_broken, .init = start, .fini = stop);

Test(mesh_broken, a_storm_of_503_is_waited_out_with_fresh_tokens)
{
    Error error = {0};
    sandbox.faults.busy = 2;

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
    cr_expect_eq(sandbox.token_count, (size_t)sandbox.requests);
}

Test(mesh_broken, a_storm_that_lasts_ends_in_an_error_and_nothing_acknowledged)
{
    Error error = {0};
    sandbox.faults.busy = 1000;

    cr_assert_not(collect(&error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message, "the feed: MESH is busy or out of order (503) at the handshake");
    cr_expect_eq(sandbox.requests, 3);
    cr_expect_eq(messages[0].acknowledged + messages[1].acknowledged, 0);
}

Test(mesh_broken, lost_connections_are_made_again)
{
    Error error = {0};
    sandbox.faults.drops = 2;

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
}

/* The switch: is_last != (chunk == chunks) in check_chunk, and the 404 of the chunk. */
Test(mesh_broken, a_missing_chunk_leaves_the_message_there)
{
    Error error = {0};
    sandbox.faults.missing_chunk = 2;

    cr_assert_not(collect(&error).ok);

    expect_only_the_plain("the feed: MESH answers 404 at a message", &error);
    sandbox.faults.missing_chunk = 0;
    text_builder_close(&kept[--kept_count].content); /* the half */
    cr_assert(collect(&error).ok, "%s", error.message);
    expect_content("20261122_CHUNKED", 3);
    cr_expect_eq(messages[1].acknowledged, 1);
}

/* The switch: gunzip_end in end_chunk. mesh-client of NHS England takes such a message and deletes it. */
Test(mesh_broken, a_gzip_that_is_cut_leaves_the_message_there)
{
    static const size_t cuts[] = {1, 4, 8, 60};

    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        Error error = {0};
        sandbox.faults.damaged_chunk = 2;
        sandbox.faults.damaged_bytes = cuts[i];
        messages[0].acknowledged = 0;
        forget_kept();

        cr_assert_not(collect(&error).ok, "cut by %zu", cuts[i]);

        expect_only_the_plain("message 20261122_CHUNKED, chunk 2: the feed: gzip member ends early", &error);
    }
}

/* The switch: check_end in end_chunk. */
Test(mesh_broken, a_chunk_that_ends_only_with_its_connection_leaves_the_message_there)
{
    Error error = {0};
    messages[1].is_packed = false;
    messages[0].acknowledged = 1;
    sandbox.faults.endless_chunk = 3;

    cr_assert_not(collect(&error).ok);

    cr_expect_str_eq(error.message,
                     "the feed: message 20261122_CHUNKED, chunk 3: MESH does not say where it ends");
    cr_expect_eq(messages[1].acknowledged, 0);
}

Test(mesh_broken, a_chunk_whose_transfer_says_its_end_needs_no_length)
{
    Error error = {0};
    messages[1].is_packed = false;
    sandbox.faults.has_no_length = true;

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
}

/* The switch: check_chunk. */
Test(mesh_broken, a_206_where_200_is_due_is_an_error)
{
    Error error = {0};
    messages[0].acknowledged = 1; /* not there */
    sandbox.faults.says_more_at_last = true;

    cr_assert_not(collect(&error).ok);

    cr_expect_str_eq(error.message,
                     "the feed: message 20261122_CHUNKED, chunk 3: MESH's chunks do not fit together");
    cr_expect_eq(messages[1].acknowledged, 0);
}

Test(mesh_broken, a_200_where_206_is_due_is_an_error)
{
    Error error = {0};
    messages[0].acknowledged = 1;
    sandbox.faults.says_last_at_first = true;

    cr_assert_not(collect(&error).ok);

    cr_expect_str_eq(error.message,
                     "the feed: message 20261122_CHUNKED, chunk 1: MESH's chunks do not fit together");
    cr_expect_eq(messages[1].acknowledged, 0);
}

Test(mesh_broken, a_chunk_under_another_number_is_an_error)
{
    Error error = {0};
    messages[0].acknowledged = 1;
    sandbox.faults.has_wrong_range = true;

    cr_assert_not(collect(&error).ok);

    cr_expect_str_eq(error.message,
                     "the feed: message 20261122_CHUNKED, chunk 1: MESH's chunks do not fit together");
    cr_expect_eq(messages[1].acknowledged, 0);
}

Test(mesh_broken, a_message_that_ends_in_the_middle_as_expired_is_an_error)
{
    Error error = {0};
    sandbox.faults.gone_at_chunk = 2;

    cr_assert_not(collect(&error).ok);

    expect_only_the_plain("the feed: MESH has given up on the message (410): ask the sender to send it again",
                          &error);
}

Test(mesh_broken, an_expired_message_does_not_keep_the_others_away)
{
    Error error = {0};
    sandbox.faults.gone_at_chunk = 1;

    cr_assert(collect(&error).ok, "%s", error.message);
    sandbox.faults.gone_at_chunk = 0;
    messages[1].is_gone = true;
    cr_assert(collect(&error).ok, "%s", error.message);

    expect_content("20261122_PLAIN", 1);
    cr_expect_eq(messages[1].acknowledged, 0);
}

/* The switch: what hand_on does with bytes that an earlier try handed on. */
Test(mesh_broken, a_chunk_that_breaks_off_goes_on_without_a_byte_twice)
{
    static const long cuts[] = {0, 1, 11, 300, 4000};

    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        Error error = {0};
        sandbox.faults.cut_chunk = 2;
        sandbox.faults.cut_at = cuts[i];
        messages[0].acknowledged = messages[1].acknowledged = 0;
        forget_kept();

        cr_assert(collect(&error).ok, "%s", error.message);

        expect_both_whole();
        cr_expect_eq(sandbox.faults.cut_at, WEB_WHOLE, "it did break off");
    }
}

Test(mesh_broken, a_plain_message_that_breaks_off_goes_on_without_a_byte_twice)
{
    Error error = {0};
    messages[1].is_packed = false;
    sandbox.faults.cut_chunk = 1;
    sandbox.faults.cut_at = 49999;

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
}

/* The switch: check_repeated. */
Test(mesh_broken, a_chunk_that_is_another_after_it_broke_off_is_an_error)
{
    Error error = {0};
    messages[0].acknowledged = 1;
    messages[1].is_packed = false;
    sandbox.faults.cut_chunk = 2;
    sandbox.faults.cut_at = 40000;
    sandbox.faults.is_changed_behind_cut = true;

    cr_assert_not(collect(&error).ok);

    cr_expect_str_eq(error.message, "the feed: message 20261122_CHUNKED, chunk 2: is another than before");
    cr_expect_eq(messages[1].acknowledged, 0);
}

Test(mesh_broken, a_lost_answer_to_an_acknowledgement_is_asked_for_again)
{
    Error error = {0};
    sandbox.faults.lost_acknowledgements = 1;

    cr_assert(collect(&error).ok, "%s", error.message);

    cr_expect_eq(messages[0].acknowledged, 2, "which is harmless");
    cr_expect_eq(messages[0].fetched, 1, "and brings nothing twice");
    cr_expect_eq(kept_count, 2U);
}

Test(mesh_broken, an_acknowledgement_that_never_arrives_brings_nothing_twice)
{
    Error error = {0};
    sandbox.faults.lost_acknowledgements = 3;

    cr_assert_not(collect(&error).ok);
    cr_expect_eq(messages[0].acknowledged, 3);
    messages[0].acknowledged = 0; /* none of them reached the mailbox */
    cr_assert(collect(&error).ok, "%s", error.message);

    cr_expect_eq(messages[0].fetched, 1);
    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(kept_count, 2U);
}
