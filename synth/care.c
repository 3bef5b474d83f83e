#include "synth/care.h"

#include "synth/dirt.h"

enum {
    ADULT_AGE = 18,
    OLDER_AGE = 65,
    REQUEST_PPM = 350, /* adults who are not clients, a month */
    REQUEST_OLDER_PPM = 4500,
    ASSESSED_PPM = 30000, /* clients, a month */
    REVIEWED_PPM = 60000,
    UNSETTLED_PPM = 80000, /* events whose outcome is known a month later */
    MISTAKEN_PPM = 40000,  /* entered by mistake, gone from the next submission on */
};

CareWindow care_window(const County *county)
{
    return (CareWindow){month_first_day(county->month - (CARE_WINDOW_MONTHS - 1)), county->last_day};
}

static size_t council_of(const County *county, const Stay *stay)
{
    return county_area(county, stay->dwelling)->district == DISTRICT_MEDWAY ? 1 : 0;
}

/* The last day that the county knows of a person by now; DATE_NONE: here still. */
static Date last_day_here(const County *county, const Person *who)
{
    if (who->death != DATE_NONE && who->death <= county->last_day)
        return who->death;
    return who->left != DATE_NONE && who->left <= county->last_day ? who->left : DATE_NONE;
}

/* A council serves who lives in its area: from the day care began or they came, to the day before they went.
 */
bool care_service(const County *county, uint32_t person, size_t council, CareWindow *service)
{
    const Person *who = &county->people[person];
    CareWindow window = care_window(county);
    Date from = DATE_NONE, to = last_day_here(county, who);

    if (who->care_from == DATE_NONE || who->care_from > county->last_day ||
        county_age(who, county->last_day) < ADULT_AGE)
        return false;
    for (uint32_t s = who->last_stay; s != NO_STAY; s = county->stays[s].previous) {
        const Stay *stay = &county->stays[s];
        bool is_first = stay->previous == NO_STAY || stay->from <= who->care_from;
        if (council_of(county, stay) == council)
            from = is_first ? who->care_from : stay->from;
        else if (from != DATE_NONE)
            break;
        else
            to = stay->from - 1;
        if (is_first)
            break;
    }
    *service = (CareWindow){from, to};
    return from != DATE_NONE && (to == DATE_NONE || (to >= from && to >= window.first));
}

static int64_t event_ppm(CareKind kind, bool is_client, int age)
{
    if (kind == CARE_REQUEST)
        return is_client ? 0 : age >= OLDER_AGE ? REQUEST_OLDER_PPM : REQUEST_PPM;
    if (!is_client)
        return 0;
    return kind == CARE_ASSESSMENT ? ASSESSED_PPM : REVIEWED_PPM;
}

bool care_event(const County *county, uint32_t person, size_t council, Month month, CareKind kind,
                CareEvent *event)
{
    const Person *who = &county->people[person];
    Date first = month_first_day(month), last = month_last_day(month);
    int age = county_age(who, first);
    bool is_client = who->care_from != DATE_NONE && who->care_from <= last,
         is_newest = month == county->month;
    Stream stream = random_stream(county->options.seed, PURPOSE_CARE, person,
                                  (uint64_t)month * CARE_KIND_COUNT + (uint64_t)kind);

    if (age < ADULT_AGE || !random_chance(&stream, event_ppm(kind, is_client, age)))
        return false;
    Date day = first + random_between(&stream, 0, last - first);
    bool is_late = random_chance(&stream, DIRT_RATES[SYNTH_SOCIAL_CARE_EVENT].late),
         is_mistaken = random_chance(&stream, MISTAKEN_PPM),
         is_unsettled = random_chance(&stream, UNSETTLED_PPM);
    if (!county_lives_on(county, who, day) || council_of(county, county_stay_on(county, who, day)) != council)
        return false;
    if (is_newest ? is_late : is_mistaken && !is_late)
        return false;
    *event = (CareEvent){kind, month, day, is_newest && is_unsettled, stream};
    return true;
}
