#include "synth/desk.h"

#include <stdio.h>
#include <string.h>

Delivery desk_delivery(const Desk *desk, SynthSource source, const char *sender)
{
    Delivery delivery = {
        .source = source, .period = desk->county->month, .status = "final", .arrives = desk->county->month};
    char month[DATE_TEXT_BYTES];

    (void)snprintf(delivery.sender, sizeof delivery.sender, "%s", sender);
    (void)snprintf(delivery.path, sizeof delivery.path, "extracts/%s/%s/%s.csv",
                   month_format(desk->county->month, month), synth_source_name(source), sender);
    return delivery;
}

void desk_name(Delivery *delivery, const char *suffix)
{
    size_t stem = strlen(delivery->path) - strlen(".csv");
    (void)snprintf(delivery->path + stem, sizeof delivery->path - stem, "-%s.csv", suffix);
}

Result desk_open(Desk *desk, const Delivery *delivery, Extract *extract, Error *error)
{
    TRY(extract_open(desk->county->options.out_folder, delivery->path, &LAYOUTS[delivery->source], extract,
                     error));
    schedule_add(&desk->schedule, delivery);
    return RESULT_OK;
}

static void note_link(Desk *desk, const Extract *extract, int64_t line, RowTruth truth, bool is_damaged)
{
    static const char *const states[] = {"ok", "withheld", "confidential", "deleted"};
    Extract *links = &desk->links;

    extract_text(links, extract->layout->name);
    extract_text(links, extract->path);
    extract_integer(links, line);
    extract_integer(links, truth.person == NOBODY ? 0 : (int64_t)truth.person + 1);
    extract_text(links, truth.nhs_is_right ? "yes" : "no");
    extract_text(links, is_damaged ? "malformed" : states[truth.state]);
    (void)extract_write_row(links, ROW_WHOLE);
    extract_new_row(links);
}

void desk_end_row(Desk *desk, SynthSource source, Extract *extract, RowTruth truth, Stream *stream)
{
    RowDamage damage = dirt_damage(source, extract, stream);
    bool is_twice = random_chance(stream, DIRT_RATES[source].duplicate);

    note_link(desk, extract, extract_write_row(extract, damage), truth, damage != ROW_WHOLE);
    if (is_twice && damage == ROW_WHOLE)
        note_link(desk, extract, extract_write_row(extract, ROW_WHOLE), truth, false);
    extract_new_row(extract);
}

Result desk_close(Desk *desk, SynthSource source, Extract *extract, Error *error)
{
    desk->report.rows[source] += extract->rows;
    desk->report.bytes += extract->bytes;
    return extract_close(extract, error);
}

Date desk_late(const Desk *desk, SynthSource source, Date date, Stream *stream)
{
    if (!random_chance(stream, DIRT_RATES[source].late))
        return date;
    return date_add_months(date, -1) < desk->county->first_day ? date_add_months(date, -1) : date;
}

const char *desk_postcode(const Desk *desk, SynthSource source, uint32_t person, Date date, Stream *stream,
                          char out[IDENTITY_BYTES])
{
    return identity_postcode(desk->county, dirt_dwelling(desk->county, source, person, date, stream), out);
}

int desk_month_index(const Desk *desk)
{
    return desk->county->month - desk->county->options.first_month;
}
