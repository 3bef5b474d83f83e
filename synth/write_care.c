/* Adult social care client level data: Kent's and Medway's councils each send a window of months that
 * overlaps with the one before, and tell all of it anew. */
#include <stdio.h>

#include "synth/care.h"
#include "synth/desk.h"

enum {
    OLDER_AGE = 65,
    LATE_IN = 1, /* the month whose Medway delivery arrives with the next one's */
    QUARTER_MONTHS = 3,
};

typedef struct Council {
    const char *code, *name;
} Council;

static const Council councils[CARE_COUNCIL_COUNT] = {{"820", "kent-county-council"},
                                                     {"821", "medway-council"}};

typedef enum RowKind { ROW_REQUEST, ROW_ASSESSMENT, ROW_REVIEW, ROW_SERVICE } RowKind;

/* The kinds of events come first, in their own order. */
_Static_assert((int)ROW_REQUEST == (int)CARE_REQUEST && (int)ROW_ASSESSMENT == (int)CARE_ASSESSMENT &&
                   (int)ROW_REVIEW == (int)CARE_REVIEW,
               "a row of an event is of its kind");

typedef struct CareRow {
    uint32_t person;
    size_t council;
    RowKind kind;
    Date from, to;
    bool is_unsettled;
    char reference[IDENTITY_BYTES];
} CareRow;

static const char *const event_names[] = {"Request", "Assessment", "Review", "Service"};

static bool is_in_home(const County *county, uint32_t person)
{
    return county->dwellings[county_last_stay(county, &county->people[person])->dwelling].is_care_home;
}

static void write_flag(Extract *extract, Stream *stream, int64_t yes_ppm)
{
    const char *flag = random_chance(stream, yes_ppm) ? "Yes" : "No";
    extract_text(extract, random_chance(stream, 40000) ? "Unknown" : flag);
}

/* Spaces as people write them: 999 123 4567. */
static void space_out(char number[IDENTITY_BYTES])
{
    char digits[IDENTITY_BYTES];
    (void)snprintf(digits, sizeof digits, "%.10s", number);
    (void)snprintf(number, IDENTITY_BYTES, "%.3s %.3s %.4s", digits, digits + 3, digits + 6);
}

/* NHS Number to Date of Death. Returns whether the number is right. */
static bool write_client(Desk *desk, Extract *extract, const CareRow *row, Stream *record)
{
    const County *county = desk->county;
    const Person *who = &county->people[row->person];
    const Stay *stay = county_last_stay(county, who);
    char number[IDENTITY_BYTES], family[IDENTITY_BYTES], given[IDENTITY_BYTES], text[IDENTITY_BYTES];
    bool is_right =
        dirt_nhs_number(county, SYNTH_SOCIAL_CARE_EVENT, row->person, county->last_day, record, number);

    if (number[0] != '\0' && who->canary == 0 && random_chance(record, 30000))
        space_out(number);
    dirt_names(county, SYNTH_SOCIAL_CARE_EVENT, row->person, county->last_day, record, family, given);
    extract_text(extract, number);
    extract_text(extract,
                 identity_local_id(county, row->person, ISSUER_COUNCIL, (uint32_t)row->council, text));
    extract_text(extract, given);
    extract_text(extract, family);
    (void)snprintf(text, sizeof text, "Synthetic Surgery %u", stay->practice + 1U);
    extract_text(extract, text);
    extract_text(extract, geography_practice_code(&county->geography.practices[stay->practice], text));
    extract_integer(extract, who->sex);
    (void)snprintf(text, sizeof text, "%.2s", who->ethnicity);
    extract_text(extract, text);
    extract_date(extract, who->birth);
    extract_date(extract, who->death != DATE_NONE && who->death <= county->last_day ? who->death : DATE_NONE);
    return is_right;
}

static const char *support_reason(const Person *who, int age, Stream *record)
{
    static const char *const younger[] = {"Learning Disability Support", "Mental Health Support",
                                          "Physical Support: Personal Care Support",
                                          "Social Support: Substance Misuse Support"};
    static const char *const older[] = {"Physical Support: Personal Care Support",
                                        "Physical Support: Access & Mobility Only",
                                        "Sensory Support: Support for Visual Impairment",
                                        "Social Support: Support for Social Isolation / Other"};
    static const uint16_t younger_weights[] = {46, 24, 26, 4}, older_weights[] = {66, 22, 4, 8};

    if (county_has(who, CONDITION_DEMENTIA))
        return "Support with Memory & Cognition";
    if (age < OLDER_AGE)
        return younger[random_pick(record, younger_weights, 4)];
    return older[random_pick(record, older_weights, 4)];
}

/* Client Type to Client Funding Status. */
static void write_situation(Desk *desk, Extract *extract, const CareRow *row, Stream *record)
{
    static const char *const homes[] = {"Owner occupier or shared ownership", "Tenant", "Sheltered housing",
                                        "Settled mainstream housing with family or friends"};
    static const char *const funding[] = {"Fully funded by LA", "Partially funded by LA", "Full cost client"};
    const County *county = desk->county;
    const Person *who = &county->people[row->person];
    int age = county_age(who, county->first_day);
    char text[IDENTITY_BYTES];

    extract_text(extract, row->kind == ROW_REQUEST ? "Prospective Service User" : "Service User");
    extract_text(extract, support_reason(who, age, record));
    extract_text(extract,
                 desk_postcode(desk, SYNTH_SOCIAL_CARE_EVENT, row->person, county->last_day, record, text));
    const char *home = homes[random_below(record, 4)];
    extract_text(extract, is_in_home(county, row->person) ? "Registered care home" : home);
    extract_text(extract, age >= OLDER_AGE ? "Retired" : "Not in paid employment (seeking work)");
    write_flag(extract, record, 350000);
    write_flag(extract, record, age < OLDER_AGE ? 160000 : 5000);
    write_flag(extract, record, 60000);
    write_flag(extract, record, 120000);
    extract_text(extract, county_has(who, CONDITION_DEMENTIA) ? "Yes" : "No");
    const char *funded = funding[random_below(record, 3)];
    extract_text(extract, row->kind == ROW_REQUEST ? "Not applicable" : funded);
}

/* Event Outcome to Adult 3 Linked Person_ID. */
static void write_outcome(Extract *extract, const CareRow *row, Stream *stream)
{
    static const char *const routes[] = {"Community", "Discharge from hospital", "Diversion from hospital",
                                         "Unknown"};
    static const char *const outcomes[] = {
        [ROW_REQUEST] = "Progress to Assessment",
        [ROW_ASSESSMENT] = "Progress to Support Planning",
        [ROW_SERVICE] = "",
        [ROW_REVIEW] = "Continuation of existing services",
    };
    const char *route = routes[random_below(stream, 4)];
    bool is_assessment = row->kind == ROW_ASSESSMENT;
    const char *settled = random_chance(stream, 300000) ? "No further action" : outcomes[row->kind];
    const char *outcome = row->is_unsettled ? "Unknown" : settled;
    const char *service = row->to == DATE_NONE ? "" : "Service ended as planned";

    extract_text(extract, row->kind == ROW_SERVICE ? service : outcome);
    extract_text(extract, row->kind == ROW_REQUEST ? route : "");
    extract_text(extract, is_assessment ? "Long term assessment" : "");
    extract_text(extract, is_assessment ? "Yes" : "");
    extract_text(extract, is_assessment ? "In person" : "");
    extract_empty(extract, 5);
}

/* Service Type to Planned units per week. */
static void write_service(Extract *extract, const CareRow *row, bool in_home, Stream *record)
{
    bool is_service = row->kind == ROW_SERVICE, is_review = row->kind == ROW_REVIEW;
    bool is_nursing = random_chance(record, 350000), is_direct = random_chance(record, 220000);
    int units = in_home ? 1 : random_between(record, 3, 28);
    const char *home_type =
        is_nursing ? "Long Term Support: Nursing Care" : "Long Term Support: Residential Care";
    const char *home_component = is_nursing ? "Nursing care" : "Residential care";
    const char *component = is_direct ? "Direct payment" : "Home support";

    if (!is_service)
        extract_empty(extract, 5);
    else {
        extract_text(extract, in_home ? home_type : "Long Term Support: Community");
        extract_text(extract, in_home ? home_component : component);
        extract_text(extract, is_direct && !in_home ? "Direct Payment" : "CASSR Commissioned Support");
        extract_text(extract, in_home ? "Synthetic House" : "");
        extract_text(extract, in_home ? "1-9990000001" : "");
    }
    extract_text(extract, is_review ? "Planned" : "");
    extract_text(extract, is_review ? "Partially achieved" : "");
    extract_text(extract, is_review ? "In person" : "");
    if (!is_service) {
        extract_empty(extract, 3);
        return;
    }
    extract_pence(extract, in_home ? 78000 + 100 * random_between(record, 0, 500) : 2250);
    extract_text(extract, in_home ? "Per week" : "Per hour");
    extract_integer(extract, units);
}

/* what: for what is the same whenever the row is told; sending: for what happens on this submission's way. */
static void write_row(Desk *desk, Extract *extract, const CareRow *row, Stream *what, Stream *sending)
{
    const County *county = desk->county;
    CareWindow window = care_window(county);
    /* One record a client: its number, names and circumstances are the same in all rows. */
    Stream record = random_stream(county->options.seed, PURPOSE_CARE_PATIENT, row->person, row->council);

    extract_text(extract, councils[row->council].code);
    extract_date(extract, window.first);
    extract_date(extract, window.last);
    bool is_right = write_client(desk, extract, row, &record);
    write_situation(desk, extract, row, &record);
    extract_text(extract, event_names[row->kind]);
    extract_text(extract, row->reference);
    extract_date(extract, row->from);
    extract_date(extract, row->to);
    extract_empty(extract, 1);
    write_outcome(extract, row, what);
    write_service(extract, row, is_in_home(county, row->person), &record);
    desk_end_row(desk, SYNTH_SOCIAL_CARE_EVENT, extract, (RowTruth){row->person, is_right, STATE_OK},
                 sending);
}

static void write_service_row(Desk *desk, Extract *extract, size_t council, uint32_t person, Stream *sending)
{
    CareRow row = {.person = person, .council = council, .kind = ROW_SERVICE};
    Stream what = random_stream(desk->county->options.seed, PURPOSE_CARE, person, council);
    CareWindow service;

    if (!care_service(desk->county, person, council, &service))
        return;
    row.from = service.first;
    row.to = service.last;
    (void)snprintf(row.reference, sizeof row.reference, "SV%08u", person);
    write_row(desk, extract, &row, &what, sending);
}

static void write_event_row(Desk *desk, Extract *extract, size_t council, uint32_t person, CareEvent *event,
                            Stream *sending)
{
    CareRow row = {person, council, (RowKind)event->kind, event->day, event->day, event->is_unsettled, ""};

    (void)snprintf(row.reference, sizeof row.reference, "EV%05d%08u", event->month, person);
    write_row(desk, extract, &row, &event->stream, sending);
}

static void write_person(Desk *desk, Extract *extract, size_t council, uint32_t person)
{
    const County *county = desk->county;
    Stream sending =
        random_stream(county->options.seed, PURPOSE_CARE_SENDING, person, (uint64_t)county->month);
    CareEvent event;

    write_service_row(desk, extract, council, person, &sending);
    for (Month month = county->month - (CARE_WINDOW_MONTHS - 1); month <= county->month; month++)
        for (CareKind kind = 0; kind < CARE_KIND_COUNT; kind++)
            if (care_event(county, person, council, month, kind, &event))
                write_event_row(desk, extract, council, person, &event, &sending);
}

/* Monthly windows are provisional; the one that is a quarter is what the council signs off. */
static Result write_council(Desk *desk, size_t council, Error *error)
{
    const County *county = desk->county;
    Delivery delivery = desk_delivery(desk, SYNTH_SOCIAL_CARE_EVENT, councils[council].name);
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    delivery.status = date_to_civil(county->last_day).month % QUARTER_MONTHS == 0 ? "final" : "provisional";
    if (council == 1 && desk_month_index(desk) == LATE_IN) {
        delivery.arrives++;
        delivery.arrives_last = true;
    }
    TRY(desk_open(desk, &delivery, &extract, error));
    for (uint32_t p = 0; p < county->person_count; p++)
        write_person(desk, &extract, council, p);
    return desk_close(desk, SYNTH_SOCIAL_CARE_EVENT, &extract, error);
}

Result write_care(Desk *desk, Error *error)
{
    for (size_t council = 0; council < CARE_COUNCIL_COUNT; council++)
        TRY(write_council(desk, council, error));
    return RESULT_OK;
}
