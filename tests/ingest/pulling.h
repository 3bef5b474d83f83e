#pragma once
/* A drop folder that is pulled into archive and ledger. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/delivery.h"
#include "tests/ingest/world.h"

enum { PATH_BYTES = 512 };

/* NHS numbers of the never-issued 999 range. */
#define ROWS                                                                                                 \
    WORLD_HEADER "v1,9990000018,1980-02-29,CT1 2AB,2026-07-03,2026-07-05,A,W1,12.50,2,x,\n"                  \
                 "v2,9990000026,1990-01-01,CT1 2AB,2026-07-04,,,,,,,\n"
#define BAD_ROW "v9,,,,never,,,,,,,\n"

static const char FEED[] = "feed: visits\n"
                           "source: visit\n"
                           "sender: hosp_a\n"
                           "file: \"visit_{CCYY}{MM}*.csv\"\n"
                           "transport: { kind: folder, folder: drop, complete: done, after: delete }\n";

static World world;
static IngestSpec *spec;
static IngestFeed *feed;
static char archive[PATH_BYTES];
static const char *given_reason; /* the reason that pulls and loads give */

static inline const char *below(const char *name)
{
    static char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/%s", support_folder(), name);
    return path;
}

static inline void set_up(void)
{
    Error error = {0};

    world = world_open();
    spec = world_spec(WORLD_SPEC);
    world_apply(spec);
    cr_assert_eq(mkdir(below("drop"), 0700), 0);
    cr_assert_eq(mkdir(below("archive"), 0700), 0);
    snprintf(archive, sizeof archive, "%s", below("archive"));
    cr_assert(ingest_feed_open(support_file("visits.yaml", FEED), &feed, &error).ok, "%s", error.message);
}

static inline void tear_down(void)
{
    ingest_feed_close(&feed);
    ingest_spec_close(&spec);
    world_close(&world);
}

static inline void drop(const char *name, const char *content)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "drop/%s", name);
    support_file(path, content);
    snprintf(path, sizeof path, "drop/%s.done", name);
    support_file(path, "");
}

static inline bool is_there(const char *name)
{
    return access(below(name), F_OK) == 0;
}

static inline GovernancePermit *permit_of(const IngestFeed *of)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    GovernancePermit *permit = NULL;
    Error error = {0};
    const GovernanceRequest request = {
        .action = GOVERNANCE_PULL,
        .person_id = "eng",
        .source = text_from(ingest_feed_source(of)),
        .sender = text_from(ingest_feed_sender(of)),
        .object = text_from(ingest_feed_name(of)),
        .detail = ingest_pull_detail(of, given_reason, arena),
    };

    cr_assert(governance_request(world.governance, &request, &permit, &error).ok, "%s", error.message);
    return permit;
}

static inline IngestPull *look(void)
{
    const IngestPullContext context = {
        .loader = world.loader, .keyring = world.keyring, .archive_folder = archive, .period = DATE_NONE};
    IngestPull *pull = NULL;
    Error error = {0};

    cr_assert(ingest_pull_look(&context, feed, &pull, &error).ok, "%s", error.message);
    return pull;
}

static inline Result take_first(IngestPulled *pulled, Error *error)
{
    SCOPED(ingest_pull_close) IngestPull *pull = look();
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_of(feed);

    cr_assert_geq(ingest_pull_count(pull), 1);
    return ingest_pull_take(pull, permit, 0, pulled, error);
}

static inline IngestPulled must_take(const char *name, const char *content)
{
    IngestPulled pulled;
    Error error = {0};

    drop(name, content);
    cr_assert(take_first(&pulled, &error).ok, "%s", error.message);
    return pulled;
}

static inline void expect_state(int64_t delivery_id, const char *state)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    IngestHeld *held;
    size_t count;
    Error error = {0};

    cr_assert(ingest_held_list(world.loader, arena, &held, &count, &error).ok, "%s", error.message);
    for (size_t i = 0; i < count; i++)
        if (held[i].delivery_id == delivery_id) {
            cr_expect_str_eq(held[i].state, state);
            return;
        }
    cr_assert_fail("no such delivery");
}

static inline IngestFeed *other_feed(const char *name, const char *text)
{
    char file[PATH_BYTES];
    IngestFeed *other = NULL;
    Error error = {0};

    snprintf(file, sizeof file, "%s.yaml", name);
    cr_assert(ingest_feed_open(support_file(file, text), &other, &error).ok, "%s", error.message);
    return other;
}
