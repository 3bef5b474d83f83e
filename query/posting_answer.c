#include "query/posting_answer.h"

#include <string.h>

#include "query/posting_gather.h"
#include "query/probe.h"

enum {
    READER_BYTES_MAX = 1 << 30,
    ANSWER_BYTES_MAX = 1 << 29, /* when that is taken a scan works the rest out */
    LIST_COST = 16,             /* in rows: to find where a window of days begins and ends */
};

typedef struct Asked {
    PostingQuestion question;
    PostingRows rows;
    double cost; /* in rows of a scan */
    const PostingAnswer *answer;
} Asked;

/* The values that conditions of some postings read. */
typedef struct Sides {
    const Postings *postings;
    Probe *codes, *days;
    struct Sides *next;
} Sides;

/* Of a node. */
typedef struct Slot {
    bool was_asked;
    Asked *asked;      /* NULL: a scan's */
    const bool *truth; /* of a condition of one column that was needed: beside the column's values */
} Slot;

struct PostingReader {
    const Plan *plan;
    bool always;
    Arena *arena;
    const PlanUse *uses;
    Slot *slots;
    Sides *sides;
    size_t promised; /* bytes of answers that were said to come from lists */
};

PostingReader *posting_reader_create(const Plan *plan, bool always)
{
    PostingReader *reader = memory_alloc(sizeof *reader);

    reader->plan = plan;
    reader->always = always;
    reader->arena = arena_create(READER_BYTES_MAX);
    reader->uses = plan_uses(plan, reader->arena);
    reader->slots = arena_alloc(reader->arena, (plan->count + 1) * sizeof *reader->slots);
    return reader;
}

void posting_reader_close(PostingReader **reader)
{
    if (*reader == NULL)
        return;
    for (Sides *sides = (*reader)->sides; sides != NULL; sides = sides->next) {
        probe_close(&sides->codes);
        probe_close(&sides->days);
    }
    arena_close(&(*reader)->arena);
    memory_free(*reader);
    *reader = NULL;
}

static bool has_room(const PostingReader *reader, size_t bytes)
{
    return arena_bytes_used(reader->arena) + reader->promised + bytes <= ANSWER_BYTES_MAX;
}

/* ---- for which codes, for which days is a condition true ---- */

/* What is not known stands first, then each day from the first to the last. */
static uint32_t day_count(const Postings *postings)
{
    return (uint32_t)((int64_t)postings->last_day - postings->first_day + 2);
}

static const int32_t *each_day(PostingReader *reader, const Postings *postings)
{
    uint32_t count = day_count(postings);
    int32_t *days = arena_alloc(reader->arena, count * sizeof *days);

    days[0] = SMALL_UNKNOWN;
    for (uint32_t i = 1; i < count; i++)
        days[i] = postings->first_day + (int32_t)(i - 1);
    return days;
}

static Sides *sides_of(PostingReader *reader, const Postings *postings)
{
    for (Sides *sides = reader->sides; sides != NULL; sides = sides->next)
        if (sides->postings == postings)
            return sides;
    Sides *made = arena_alloc(reader->arena, sizeof *made);
    *made = (Sides){postings, NULL, NULL, reader->sides};
    return reader->sides = made;
}

static Probe *probe_of(PostingReader *reader, const PostingQuestion *question, bool of_code)
{
    const Postings *postings = question->postings;
    Sides *sides = sides_of(reader, postings);

    if (of_code && sides->codes == NULL)
        sides->codes = probe_create(reader->plan, question->source,
                                    &(ProbeValues){postings->code, postings->codes}, 1, postings->list_count);
    if (!of_code && sides->days == NULL)
        sides->days =
            probe_create(reader->plan, question->source,
                         &(ProbeValues){postings->day, each_day(reader, postings)}, 1, day_count(postings));
    return of_code ? sides->codes : sides->days;
}

static const bool *truth_of(PostingReader *reader, const PostingQuestion *question,
                            const PostingCondition *condition)
{
    PlanId id = condition->condition;
    bool is_of_column = reader->uses[id].column_count == 1;
    uint32_t count = condition->of_code ? question->postings->list_count : day_count(question->postings);

    if (is_of_column && reader->slots[id].truth != NULL)
        return reader->slots[id].truth;
    const Vector *worth = probe_worth(probe_of(reader, question, condition->of_code), id);
    bool *truth = arena_alloc(reader->arena, count * sizeof *truth);
    for (uint32_t i = 0; i < count; i++)
        truth[i] = vector_number(worth, i) == 1;
    reader->slots[id].truth = is_of_column ? truth : NULL;
    return truth;
}

static void narrow_down(PostingReader *reader, const PostingQuestion *question, bool of_code, bool *wanted,
                        uint32_t count)
{
    memset(wanted, true, count * sizeof *wanted);
    for (size_t c = 0; c < question->condition_count; c++) {
        const PostingCondition *condition = &question->conditions[c];
        if (condition->of_code != of_code)
            continue;
        const bool *truth = truth_of(reader, question, condition);
        for (uint32_t i = 0; i < count; i++)
            wanted[i] &= truth[i] == condition->keeps;
    }
}

/* ---- which lists, which windows ---- */

static void choose_lists(PostingReader *reader, Arena *scratch, Asked *asked)
{
    uint32_t count = asked->question.postings->list_count;
    bool *wanted = arena_alloc(scratch, count * sizeof *wanted);
    uint32_t *lists;

    narrow_down(reader, &asked->question, true, wanted, count);
    for (uint32_t i = 0; i < count; i++)
        asked->rows.list_count += wanted[i];
    asked->rows.lists = lists = arena_alloc(reader->arena, asked->rows.list_count * sizeof *lists);
    for (uint32_t i = 0; i < count; i++)
        if (wanted[i])
            *lists++ = i;
}

/* Of runs of wanted days; what is not known is a window by itself. */
static size_t find_windows(const Postings *postings, const bool *wanted, PostingWindow *windows)
{
    uint32_t count = day_count(postings);
    size_t found = 0;

    if (wanted[0])
        windows[found++] = (PostingWindow){SMALL_UNKNOWN, SMALL_UNKNOWN};
    for (uint32_t i = 1; i < count; i++) {
        int32_t day = postings->first_day + (int32_t)(i - 1);
        if (wanted[i] && (i == 1 || !wanted[i - 1]))
            windows[found++] = (PostingWindow){day, day};
        else if (wanted[i])
            windows[found - 1].to = day;
    }
    return found;
}

static bool asks_for_days(const PostingQuestion *question)
{
    for (size_t c = 0; c < question->condition_count; c++)
        if (!question->conditions[c].of_code)
            return true;
    return false;
}

static void choose_windows(PostingReader *reader, Arena *scratch, Asked *asked)
{
    static const PostingWindow all = {SMALL_UNKNOWN, INT32_MAX};
    const Postings *postings = asked->question.postings;

    asked->rows.windows = &all;
    asked->rows.window_count = 1;
    if (!asks_for_days(&asked->question))
        return;
    bool *wanted = arena_alloc(scratch, day_count(postings) * sizeof *wanted);
    PostingWindow *found = arena_alloc(scratch, day_count(postings) * sizeof *found);
    narrow_down(reader, &asked->question, false, wanted, day_count(postings));
    asked->rows.window_count = find_windows(postings, wanted, found);
    PostingWindow *windows = arena_alloc(reader->arena, asked->rows.window_count * sizeof *windows);
    memcpy(windows, found, asked->rows.window_count * sizeof *windows);
    asked->rows.windows = windows;
}

/* As if a list's rows were spread evenly over the days. */
static double cost_of(const PostingRows *rows)
{
    double days = 0, held = 0;

    for (size_t w = 0; w < rows->window_count; w++)
        days += (double)rows->windows[w].to - rows->windows[w].from + 1;
    double share = days / day_count(rows->postings);
    for (size_t i = 0; i < rows->list_count; i++)
        held += rows->postings->lists[rows->lists[i]].count;
    return held * (share < 1 ? share : 1) +
           (double)LIST_COST * (double)rows->list_count * (double)rows->window_count;
}

/* ---- questions ---- */

static size_t answer_bytes(const PostingReader *reader, PlanId id)
{
    size_t people = reader->plan->dataset->people;

    return reader->plan->nodes[id].kind == PLAN_EXISTS ? people / 8 + 8 : people * 4;
}

static size_t room_of(const PostingReader *reader, PlanId id, const PostingQuestion *question)
{
    size_t choice = (size_t)question->postings->list_count * 8 + (size_t)QUESTION_DAYS_MAX * 16;

    return choice * (question->condition_count + 1) + answer_bytes(reader, id);
}

static Asked *ask(PostingReader *reader, PlanId id, const Postings *postings)
{
    Asked asked = {0};

    if (!posting_question(reader->plan, reader->uses, id, postings, &asked.question) ||
        !has_room(reader, room_of(reader, id, &asked.question)))
        return NULL;
    SCOPED(arena_close) Arena *scratch = arena_create(READER_BYTES_MAX);
    asked.rows.postings = postings;
    choose_lists(reader, scratch, &asked);
    choose_windows(reader, scratch, &asked);
    asked.cost = cost_of(&asked.rows);
    Asked *kept = arena_alloc(reader->arena, sizeof *kept);
    *kept = asked;
    return kept;
}

/* Each row is in one list. The source itself may not have been fetched yet. */
static double rows_of(const Postings *postings)
{
    uint64_t rows = 0;

    for (uint32_t i = 0; i < postings->list_count; i++)
        rows += postings->lists[i].count;
    return (double)rows;
}

/* By the cheapest of the source's postings. */
static Asked *ask_source(PostingReader *reader, PlanId id, const DataSource *source)
{
    Asked *best = NULL;

    for (size_t p = 0; p < source->postings_count; p++) {
        Asked *asked = ask(reader, id, &source->postings[p]);
        if (asked != NULL && (best == NULL || asked->cost < best->cost))
            best = asked;
    }
    bool is_cheap = best != NULL && best->cost <= rows_of(best->question.postings);
    return is_cheap || reader->always ? best : NULL;
}

static Asked *asked_of(PostingReader *reader, PlanId id)
{
    const PlanNode *node = &reader->plan->nodes[id];
    Slot *slot = &reader->slots[id];

    if (slot->was_asked)
        return slot->asked;
    slot->was_asked = true;
    if (node->kind < PLAN_EXISTS || node->kind > PLAN_LARGEST)
        return NULL;
    uint16_t source = reader->plan->nodes[node->operands[0]].level;
    slot->asked = ask_source(reader, id, &reader->plan->dataset->sources[source]);
    if (slot->asked != NULL)
        reader->promised += answer_bytes(reader, id);
    return slot->asked;
}

bool posting_wants(PostingReader *reader, PlanId id, PostingWant *want)
{
    const Asked *asked = asked_of(reader, id);

    if (asked == NULL)
        return false;
    *want = (PostingWant){asked->question.source, asked->question.postings, asked->rows.lists,
                          asked->rows.list_count};
    return true;
}

const PostingAnswer *posting_answer(PostingReader *reader, PlanId id)
{
    Asked *asked = asked_of(reader, id);

    if (asked == NULL)
        return NULL;
    if (asked->answer == NULL)
        asked->answer =
            posting_gather(&asked->rows, asked->question.kind, reader->plan->dataset->people, reader->arena);
    return asked->answer;
}
