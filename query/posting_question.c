#include "query/posting_question.h"

/* Whose place each condition has among a question's. */
typedef struct Reading {
    const Plan *plan;
    const PlanUse *uses;
    PostingQuestion *question;
} Reading;

static uint64_t days_of(const Postings *postings)
{
    return (uint64_t)((int64_t)postings->last_day - postings->first_day) + 2;
}

static bool take_condition(Reading *reading, PlanId id, bool keeps)
{
    PostingQuestion *question = reading->question;
    const PlanUse *use = &reading->uses[id];
    bool of_day = use->column_count == 1 && use->columns[0] == question->postings->day;
    bool of_code =
        use->column_count == 0 || (use->column_count == 1 && use->columns[0] == question->postings->code);
    uint64_t values = of_day ? days_of(question->postings) : question->postings->list_count;

    if (use->is_more || (use->column_count > 0 && use->level != question->source))
        return false;
    if ((!of_day && !of_code) || question->condition_count == QUESTION_CONDITIONS_MAX)
        return false;
    if (values * use->nodes > QUESTION_WORK_MAX || (of_day && values > QUESTION_DAYS_MAX))
        return false;
    question->conditions[question->condition_count++] = (PostingCondition){id, keeps, of_code};
    return true;
}

/* Rows are kept where all parts of an `and` are true: each part may be asked for by itself. */
static bool take_parts(Reading *reading, PlanId id, bool keeps)
{
    const PlanNode *node = &reading->plan->nodes[id];

    if (!keeps || node->kind != PLAN_AND)
        return take_condition(reading, id, keeps);
    for (size_t i = 0; i < node->operand_count; i++)
        if (!take_parts(reading, node->operands[i], keeps))
            return false;
    return true;
}

static bool take_rows(Reading *reading, PlanId id)
{
    const PlanNode *node = &reading->plan->nodes[id];

    switch (node->kind) {
    case PLAN_ROWS:
        return true;
    case PLAN_KEEP:
    case PLAN_DROP:
        return take_parts(reading, node->operands[1], node->kind == PLAN_KEEP) &&
               take_rows(reading, node->operands[0]);
    case PLAN_SORT: /* says nothing of which rows there are */
        return take_rows(reading, node->operands[0]);
    default:
        return false;
    }
}

static bool is_of_day(const Plan *plan, const PlanNode *node, const Postings *postings)
{
    const PlanNode *value = &plan->nodes[node->operands[1]];

    return value->kind == PLAN_COLUMN && value->level != PLAN_PEOPLE && value->column == postings->day;
}

bool posting_question(const Plan *plan, const PlanUse *uses, PlanId id, const Postings *postings,
                      PostingQuestion *question)
{
    const PlanNode *node = &plan->nodes[id];
    Reading reading = {plan, uses, question};
    bool is_extreme = node->kind == PLAN_SMALLEST || node->kind == PLAN_LARGEST;

    if (node->kind != PLAN_EXISTS && node->kind != PLAN_COUNT && !is_extreme)
        return false;
    if (is_extreme && !is_of_day(plan, node, postings))
        return false;
    *question = (PostingQuestion){
        .kind = node->kind, .source = plan->nodes[node->operands[0]].level, .postings = postings};
    return take_rows(&reading, node->operands[0]);
}
