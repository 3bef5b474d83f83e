#include "ingest/observe.h"

/* No payload and no key of a record: only whose it is. */
static Result observe_good(void *context, uint64_t line, const RuleRow *row, Error *error)
{
    Pseudonymiser *pseudonymiser = context;
    const RawRow raw = {.line = line, .identity = &row->identity, .keys = {.references = row->references}};

    pseudonymise_add(pseudonymiser, &raw);
    return pseudonymise_is_full(pseudonymiser) ? pseudonymise_observe(pseudonymiser, error) : RESULT_OK;
}

static Result observe_bad(void *context, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    (void)context; /* it is never encoded */
    (void)record;
    (void)row;
    (void)error;
    return RESULT_OK;
}

Result observe_run(const Pass *pass, Pseudonymiser *pseudonymiser, Hash *content, Error *error)
{
    IngestReport nobodys = {0}; /* the pass that stores reports */
    Pass first = *pass;

    first.is_first_look = true;
    first.show_progress = false;
    first.counts = NULL;
    first.sink = (PassSink){.context = pseudonymiser, .good = observe_good, .bad = observe_bad};
    TRY(pass_run(&first, &nobodys, content, error));
    return pseudonymise_observe(pseudonymiser, error);
}
