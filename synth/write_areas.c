/* Look-ups (once, in the first month) and the practices (every month). */
#include <stdio.h>

#include "synth/desk.h"

static void end_plain_row(Extract *extract)
{
    (void)extract_write_row(extract, ROW_WHOLE);
    extract_new_row(extract);
}

static void write_lsoa(Extract *extract, const SmallArea *area, bool second_half)
{
    const District *district = &DISTRICTS[area->district];
    char code[AREA_CODE_BYTES];

    extract_text(extract, geography_area_code('1', area->code, code));
    extract_text(extract, geography_area_code('1', geography_area_2021(area, second_half), code));
    extract_text(extract, geography_area_code('5', area->ward, code));
    extract_text(extract, district->code);
    extract_text(extract, district->name);
    extract_text(extract, PARTNERSHIPS[district->hcp]);
    end_plain_row(extract);
}

static Result write_lsoas(Desk *desk, Error *error)
{
    const Geography *geography = &desk->county->geography;
    Delivery delivery = desk_delivery(desk, SYNTH_LSOA, "ons");
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(desk_open(desk, &delivery, &extract, error));
    for (size_t i = 0; i < geography->area_count; i++) {
        write_lsoa(&extract, &geography->areas[i], false);
        if (geography->areas[i].code_second != 0)
            write_lsoa(&extract, &geography->areas[i], true);
    }
    return desk_close(desk, SYNTH_LSOA, &extract, error);
}

static Result write_imd(Desk *desk, Error *error)
{
    const Geography *geography = &desk->county->geography;
    Delivery delivery = desk_delivery(desk, SYNTH_IMD, "mhclg");
    char code[AREA_CODE_BYTES], name[64];
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(desk_open(desk, &delivery, &extract, error));
    for (size_t i = 0; i < geography->area_count; i++) {
        const SmallArea *area = &geography->areas[i];
        const District *district = &DISTRICTS[area->district];
        (void)snprintf(name, sizeof name, "%s %03zu", district->name,
                       i - geography->first_area[area->district] + 1);
        extract_text(&extract, geography_area_code('1', area->code, code));
        extract_text(&extract, name);
        extract_text(&extract, district->code);
        extract_text(&extract, district->name);
        extract_integer(&extract, area->rank);
        extract_integer(&extract, area->decile);
        end_plain_row(&extract);
    }
    return desk_close(desk, SYNTH_IMD, &extract, error);
}

static Result write_practices(Desk *desk, Error *error)
{
    const Geography *geography = &desk->county->geography;
    Delivery delivery = desk_delivery(desk, SYNTH_PRACTICE, "kent-icb");
    char text[64];
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(desk_open(desk, &delivery, &extract, error));
    for (size_t i = 0; i < geography->practice_count; i++) {
        const Practice *practice = &geography->practices[i];
        const Practice *successor =
            practice->successor == NO_PRACTICE ? NULL : &geography->practices[practice->successor];
        char code[AREA_CODE_BYTES];
        extract_text(&extract, geography_practice_code(practice, code));
        (void)snprintf(text, sizeof text, "Synthetic Surgery %zu", i + 1);
        extract_text(&extract, text);
        (void)snprintf(text, sizeof text, "U99%03u", practice->pcn);
        extract_text(&extract, text);
        extract_text(&extract, PARTNERSHIPS[practice->hcp]);
        extract_date(&extract, practice->opened);
        extract_date(&extract, practice->closed);
        extract_text(&extract, successor == NULL ? "" : geography_practice_code(successor, code));
        end_plain_row(&extract);
    }
    return desk_close(desk, SYNTH_PRACTICE, &extract, error);
}

Result write_areas(Desk *desk, Error *error)
{
    if (desk_month_index(desk) == 0) {
        TRY(write_lsoas(desk, error));
        TRY(write_imd(desk, error));
    }
    return write_practices(desk, error);
}
