#include "synth/truth.h"

#include <stdio.h>
#include <string.h>

#include "synth/desk.h"
#include "synth/health.h"

enum { HISTORY_BYTES = 2048, STAYS_MAX = 48 };

static void add(char *out, size_t bytes, const char *text)
{
    size_t length = strlen(out);
    (void)snprintf(out + length, bytes - length, "%s%s", length == 0 ? "" : " ", text);
}

/* "999000000123:2019-05-01:2024-02-03 ...", oldest first, an open end left out. */
static void describe_homes(const County *county, const Person *who, char out[HISTORY_BYTES])
{
    const Stay *stays[STAYS_MAX];
    char uprn[IDENTITY_BYTES], from[DATE_TEXT_BYTES], to[DATE_TEXT_BYTES], entry[IDENTITY_BYTES + 64];
    size_t count = 0;
    Date end = who->death != DATE_NONE ? who->death : who->left;

    for (uint32_t s = who->last_stay; s != NO_STAY && count < STAYS_MAX; s = county->stays[s].previous)
        stays[count++] = &county->stays[s];
    out[0] = '\0';
    for (size_t i = count; i-- > 0;) {
        if (i + 1 < count && stays[i]->dwelling == stays[i + 1]->dwelling)
            continue;
        size_t next = i;
        while (next > 0 && stays[next - 1]->dwelling == stays[i]->dwelling)
            next--;
        Date until = next > 0 ? stays[next - 1]->from - 1 : end;
        (void)snprintf(entry, sizeof entry, "%s:%s:%s", identity_uprn(county, stays[i]->dwelling, uprn),
                       date_format(stays[i]->from, from), until == DATE_NONE ? "" : date_format(until, to));
        add(out, HISTORY_BYTES, entry);
    }
}

static void write_person(const County *county, Extract *extract, uint32_t person)
{
    const Person *who = &county->people[person];
    char text[HISTORY_BYTES], number[IDENTITY_BYTES];
    uint32_t dwelling = county_last_stay(county, who)->dwelling;

    extract_integer(extract, (int64_t)person + 1);
    extract_text(extract, numbers_nhs(who->nhs, number));
    extract_text(extract, who->superseded == 0 ? "" : numbers_nhs(who->superseded, number));
    extract_date(extract, who->birth);
    extract_date(extract, who->death);
    extract_integer(extract, who->sex);
    (void)snprintf(text, sizeof text, "%.2s", who->ethnicity);
    extract_text(extract, text);
    extract_text(extract, DISTRICTS[county_area(county, dwelling)->district].name);
    extract_text(extract, SMOKING_CODES[who->smoking]);
    text[0] = '\0';
    for (int i = 0; i < CONDITION_COUNT; i++)
        if (county_has(who, (Condition)i))
            add(text, sizeof text, CONDITION_CODES[i]);
    extract_text(extract, text);
    describe_homes(county, who, text);
    extract_text(extract, text);
    (void)extract_write_row(extract, ROW_WHOLE);
    extract_new_row(extract);
}

static Result write_people(const County *county, Error *error)
{
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(extract_open(county->options.out_folder, "truth/truth.csv", &LAYOUT_TRUTH, &extract, error));
    for (uint32_t p = 0; p < county->person_count; p++)
        write_person(county, &extract, p);
    return extract_close(&extract, error);
}

static Result write_opted_out(const County *county, Error *error)
{
    char number[IDENTITY_BYTES];
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(extract_open(county->options.out_folder, "truth/opt_outs.csv", &LAYOUT_TRUTH_OPT_OUTS, &extract,
                     error));
    for (uint32_t p = 0; p < county->person_count; p++) {
        const char *decision = write_opt_out_decision(county, p);
        if (decision == NULL)
            continue;
        extract_integer(&extract, (int64_t)p + 1);
        extract_text(&extract, numbers_nhs(county->people[p].nhs, number));
        extract_text(&extract, decision);
        (void)extract_write_row(&extract, ROW_WHOLE);
        extract_new_row(&extract);
    }
    return extract_close(&extract, error);
}

Result truth_write(const County *county, Error *error)
{
    TRY(write_people(county, error));
    return write_opted_out(county, error);
}

Result truth_write_postcodes(const County *county, Error *error)
{
    const Geography *geography = &county->geography;
    char text[16];
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(extract_open(county->options.out_folder, "reference/postcode_directory.csv",
                     &LAYOUT_POSTCODE_DIRECTORY, &extract, error));
    for (size_t i = 0; i < geography->postcode_count; i++) {
        const Postcode *postcode = &geography->postcodes[i];
        const SmallArea *area = &geography->areas[postcode->area];
        extract_text(&extract, geography_postcode(postcode, text));
        extract_text(&extract, geography_area_code('1', area->code, text));
        extract_text(&extract,
                     geography_area_code('1', geography_area_2021(area, postcode->second_half), text));
        (void)extract_write_row(&extract, ROW_WHOLE);
        extract_new_row(&extract);
    }
    return extract_close(&extract, error);
}
