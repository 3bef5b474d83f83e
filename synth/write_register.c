/* The registered patient list, superseded NHS numbers and opt-outs: full lists each month. */
#include <stdio.h>

#include "synth/desk.h"

enum {
    STAYS_MAX = 64,
    OPT_OUT_PPM = 52000,       /* of people, as nationally */
    OPT_OUT_ALLOWED_PPM = 800, /* who opted out once and changed their mind */
    OPT_OUT_GROWTH_PPM = 250,  /* a month */
};

typedef struct RegisterRow {
    uint32_t person;
    const Stay *stay, *next; /* next NULL: the last one */
} RegisterRow;

static Date end_of(const County *county, const Person *who, const Stay *next)
{
    if (next != NULL)
        return next->from - 1;
    if (who->death != DATE_NONE && who->death <= county->last_day)
        return who->death;
    return who->left != DATE_NONE && who->left <= county->last_day ? who->left : DATE_NONE;
}

static const char *removal(const Person *who, const Stay *next)
{
    if (next != NULL)
        return next->reason;
    if (who->death != DATE_NONE)
        return "DEA";
    return who->left != DATE_NONE ? "OPA" : "";
}

static void write_death(Extract *extract, const County *county, const Person *who, bool is_last)
{
    if (!is_last || who->death == DATE_NONE) {
        extract_empty(extract, 2);
        return;
    }
    extract_text(extract, who->registered <= county->last_day ? "2" : "1");
    extract_date(extract, who->death);
}

static void write_period(Desk *desk, Extract *extract, const RegisterRow *row)
{
    const County *county = desk->county;
    const Person *who = &county->people[row->person];
    const Stay *stay = row->stay;
    /* Drawn by the stay, not the month: an error in a register stays until somebody corrects it. */
    Stream dirt =
        random_stream(county->options.seed, PURPOSE_REGISTER, row->person, (uint64_t)(int64_t)stay->from);
    Stream fate = random_stream(county->options.seed, PURPOSE_REGISTER, row->person,
                                (uint64_t)(county->month + 1) << 32 | (uint32_t)stay->from);
    Date to = end_of(county, who, row->next);
    char family[IDENTITY_BYTES], given[IDENTITY_BYTES], text[IDENTITY_BYTES];

    if (to != DATE_NONE && to < stay->from)
        return;
    dirt_names(county, SYNTH_PATIENT_LIST, row->person, stay->from, &dirt, family, given);
    uint32_t dwelling = dirt_dwelling(county, SYNTH_PATIENT_LIST, row->person, stay->from, &dirt);
    extract_text(extract, numbers_nhs(who->nhs, text));
    extract_text(extract, family);
    extract_text(extract, given);
    extract_date(extract, who->birth);
    extract_integer(extract, who->sex);
    extract_text(extract, dirt_address(county, SYNTH_PATIENT_LIST, dwelling, row->person, text));
    extract_text(extract, identity_postcode(county, dwelling, text));
    extract_text(extract, dirt_uprn(county, SYNTH_PATIENT_LIST, dwelling, &dirt, text));
    (void)snprintf(text, sizeof text, "%.2s", who->ethnicity);
    extract_text(extract, text);
    (void)snprintf(text, sizeof text, "1-999%07u", dwelling % 10000000);
    extract_text(extract, county->dwellings[dwelling].is_care_home ? text : "");
    extract_text(extract, geography_practice_code(&county->geography.practices[stay->practice], text));
    extract_text(extract, removal(who, row->next));
    write_death(extract, county, who, row->next == NULL);
    extract_date(extract, stay->from);
    extract_date(extract, to);
    desk_end_row(desk, SYNTH_PATIENT_LIST, extract, (RowTruth){row->person, true, STATE_OK}, &fate);
}

static void write_person(Desk *desk, Extract *extract, uint32_t person)
{
    const County *county = desk->county;
    const Stay *stays[STAYS_MAX];
    size_t count = 0;

    for (uint32_t s = county->people[person].last_stay; s != NO_STAY && count < STAYS_MAX;
         s = county->stays[s].previous)
        stays[count++] = &county->stays[s];
    while (count-- > 0)
        write_period(desk, extract,
                     &(RegisterRow){person, stays[count], count > 0 ? stays[count - 1] : NULL});
}

static Result write_list(Desk *desk, Error *error)
{
    Delivery delivery = desk_delivery(desk, SYNTH_PATIENT_LIST, "kent-icb");
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(desk_open(desk, &delivery, &extract, error));
    for (uint32_t p = 0; p < desk->county->person_count; p++)
        write_person(desk, &extract, p);
    return desk_close(desk, SYNTH_PATIENT_LIST, &extract, error);
}

static Result write_mergers(Desk *desk, Error *error)
{
    const County *county = desk->county;
    Delivery delivery = desk_delivery(desk, SYNTH_PATIENT_MERGER, "kent-icb");
    char text[IDENTITY_BYTES];
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(desk_open(desk, &delivery, &extract, error));
    for (uint32_t p = 0; p < county->person_count; p++) {
        const Person *who = &county->people[p];
        if (who->superseded == 0)
            continue;
        Stream stream = random_stream(county->options.seed, PURPOSE_REGISTER, p, UINT64_MAX);
        extract_text(&extract, numbers_nhs(who->nhs, text));
        extract_text(&extract, numbers_nhs(who->superseded, text));
        extract_date(&extract, who->superseded_on);
        extract_empty(&extract, 1);
        desk_end_row(desk, SYNTH_PATIENT_MERGER, &extract, (RowTruth){p, true, STATE_OK}, &stream);
    }
    return desk_close(desk, SYNTH_PATIENT_MERGER, &extract, error);
}

Result write_register(Desk *desk, Error *error)
{
    TRY(write_list(desk, error));
    return write_mergers(desk, error);
}

const char *write_opt_out_decision(const County *county, uint32_t person)
{
    Stream stream = random_stream(county->options.seed, PURPOSE_OPT_OUT, person, 0);
    int64_t months = county->month - county->options.first_month;
    int64_t drawn = random_below(&stream, RANDOM_MILLION);

    /* Canaries are to go all the way through the pipeline. */
    if (county->people[person].canary != 0)
        return NULL;
    if (drawn < OPT_OUT_ALLOWED_PPM)
        return "allowed";
    return drawn < OPT_OUT_ALLOWED_PPM + OPT_OUT_PPM + OPT_OUT_GROWTH_PPM * months ? "not_allowed" : NULL;
}

Result write_opt_outs(Desk *desk, Error *error)
{
    const County *county = desk->county;
    Delivery delivery = desk_delivery(desk, SYNTH_OPT_OUT, "nhs-england");
    char text[IDENTITY_BYTES];
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(desk_open(desk, &delivery, &extract, error));
    for (uint32_t p = 0; p < county->person_count; p++) {
        const char *decision = write_opt_out_decision(county, p);
        if (decision == NULL)
            continue;
        Stream stream = random_stream(county->options.seed, PURPOSE_OPT_OUT, p, 1);
        extract_text(&extract, numbers_nhs(county->people[p].nhs, text));
        extract_text(&extract, decision);
        extract_date(&extract, county->last_day);
        desk_end_row(desk, SYNTH_OPT_OUT, &extract, (RowTruth){p, true, STATE_OK}, &stream);
    }
    return desk_close(desk, SYNTH_OPT_OUT, &extract, error);
}
