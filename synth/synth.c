#include "synth/synth.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/progress.h"
#include "synth/canary.h"
#include "synth/desk.h"
#include "synth/life.h"
#include "synth/truth.h"

enum { PEOPLE_MIN = 50, PEOPLE_A_CANARY = 10 };

typedef Result (*Writer)(Desk *desk, Error *error);

/* In the order in which a month is loaded: look-ups, register, the rest. */
static const Writer writers[] = {
    write_areas,       write_register,  write_opt_outs, write_council_tax, write_spells,
    write_attendances, write_gp_events, write_care,     write_fire_visits, write_deaths,
};

enum { WRITER_COUNT = sizeof writers / sizeof writers[0] };

SynthOptions synth_options_default(void)
{
    return (SynthOptions){.people = 100000, .months = 3, .seed = 1, .first_month = month_from(2026, 7)};
}

const char *synth_source_name(SynthSource source)
{
    return LAYOUTS[source].name;
}

static Result check_options(const SynthOptions *options, Error *error)
{
    if (options->out_folder == NULL || options->out_folder[0] == '\0')
        return fail(error, ERROR_CONFIG, "output folder: missing");
    if (options->people < PEOPLE_MIN || options->people > SYNTH_PEOPLE_MAX)
        return fail(error, ERROR_CONFIG, "people: not between %d and %d", PEOPLE_MIN, SYNTH_PEOPLE_MAX);
    if (options->months < 1 || options->months > SYNTH_MONTHS_MAX)
        return fail(error, ERROR_CONFIG, "months: not between 1 and %d", SYNTH_MONTHS_MAX);
    if (options->canaries < 0 || options->canaries > SYNTH_CANARIES_MAX ||
        options->canaries > options->people / PEOPLE_A_CANARY)
        return fail(error, ERROR_CONFIG, "canaries: not between 0 and %d, or more than a tenth of the people",
                    SYNTH_CANARIES_MAX);
    if (options->first_month < month_from(2000, 2) || options->first_month > month_from(2099, 12))
        return fail(error, ERROR_CONFIG, "first month: not between 2000-02 and 2099-12");
    return RESULT_OK;
}

/* An earlier county may be written over; anything else in the folder may not. */
static Result check_folder(const char *folder, Error *error)
{
    DIR *directory = opendir(folder);
    if (directory == NULL && errno == ENOENT)
        return RESULT_OK;
    if (directory == NULL)
        return fail_errno(error, "%s", folder);
    bool is_empty = true, is_county = false;

    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        is_empty = false;
        is_county |= strcmp(entry->d_name, "deliveries.csv") == 0 || strcmp(entry->d_name, "truth") == 0;
    }
    (void)closedir(directory);
    if (!is_empty && !is_county)
        return fail(error, ERROR_CONFIG, "%s: not empty, and no earlier county", folder);
    return RESULT_OK;
}

static Result write_month(Desk *desk, Error *error)
{
    for (size_t i = 0; i < WRITER_COUNT; i++)
        TRY(writers[i](desk, error));
    return RESULT_OK;
}

static Result live_and_write(Desk *desk, Error *error)
{
    County *county = desk->county;
    const SynthOptions *options = &county->options;
    Progress progress = progress_start("synth", (uint64_t)options->months);

    /* The month before the first is lived, not delivered: its deaths are registered in the first. */
    life_month(county);
    for (int i = 0; i < options->months; i++) {
        county->month = options->first_month + i;
        county->first_day = month_first_day(county->month);
        county->last_day = month_last_day(county->month);
        life_month(county);
        TRY(write_month(desk, error));
        if (options->show_progress)
            progress_update(&progress, (uint64_t)i + 1);
    }
    TRY(truth_write_postcodes(county, error));
    TRY(truth_write(county, error));
    TRY(canary_write(county, error));
    TRY(schedule_write(&desk->schedule, options->out_folder, error));
    if (options->show_progress)
        progress_end(&progress, "%zu people, %zu deliveries", county->person_count, desk->schedule.count);
    return RESULT_OK;
}

static void close_desk(Desk *desk)
{
    extract_abandon(&desk->links);
    schedule_close(&desk->schedule);
    county_close(desk->county);
}

static void fill_report(Desk *desk, int64_t started_us)
{
    SynthReport *report = &desk->report;

    for (int i = 0; i < SYNTH_SOURCE_COUNT; i++)
        report->rows_total += report->rows[i];
    report->people = (int64_t)desk->county->person_count;
    report->dwellings = (int64_t)desk->county->dwelling_count;
    report->deliveries = (int64_t)desk->schedule.count;
    report->elapsed_us = time_now_us() - started_us;
}

Result synth_county(const SynthOptions *options, SynthReport *report, Error *error)
{
    int64_t started_us = time_now_us();

    TRY(check_options(options, error));
    TRY(check_folder(options->out_folder, error));
    County county;
    SCOPED(close_desk) Desk desk = {.county = &county, .links = EXTRACT_CLOSED};
    county_build(&county, options);
    TRY(extract_open(options->out_folder, "truth/links.csv", &LAYOUT_LINKS, &desk.links, error));
    TRY(live_and_write(&desk, error));
    TRY(extract_close(&desk.links, error));
    fill_report(&desk, started_us);
    if (report != NULL)
        *report = desk.report;
    return RESULT_OK;
}
