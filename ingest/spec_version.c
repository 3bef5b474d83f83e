/* Versions of a source's spec beside each other: which one a month's delivery is read by. */
#include "ingest/spec.h"

static Date effective_from(const IngestSpec *spec)
{
    Date date = DATE_NONE;

    (void)date_parse(spec->effective_from, &date); /* was checked when the spec was read */
    return date;
}

static bool effective_to(const IngestSpec *spec, Date *date)
{
    return spec->effective_to.length > 0 && date_parse(spec->effective_to, date);
}

bool ingest_spec_covers(const IngestSpec *spec, Month period)
{
    Date last_day = month_last_day(period), to;

    return effective_from(spec) <= last_day && (!effective_to(spec, &to) || last_day <= to);
}

Result ingest_spec_check_period(const IngestSpec *spec, Month period, Error *error)
{
    Date to;

    if (month_last_day(period) < effective_from(spec))
        return fail(error, ERROR_CONFIG, "%s: not in effect yet in the delivery's period", spec->path);
    if (effective_to(spec, &to) && month_first_day(period) > to)
        return fail(error, ERROR_CONFIG, "%s: no longer in effect in the delivery's period", spec->path);
    return RESULT_OK;
}

static Result check_pair(const IngestSpec *older, const IngestSpec *newer, Error *error)
{
    Date to;

    if (!text_equal(text_from(older->source), text_from(newer->source)))
        return fail(error, ERROR_CONFIG, "%s: not of the source that %s is of", older->path, newer->path);
    if (older->version >= newer->version)
        return fail(error, ERROR_CONFIG, "%s: its version must be below that of %s", older->path,
                    newer->path);
    if (!effective_to(older, &to))
        return fail(error, ERROR_CONFIG, "%s: needs an effective_to, since %s follows it", older->path,
                    newer->path);
    if (to >= effective_from(newer))
        return fail(error, ERROR_CONFIG, "%s: its effective days overlap those of %s", older->path,
                    newer->path);
    if (to + 1 != effective_from(newer))
        return fail(error, ERROR_CONFIG, "%s: a gap of days without a layout lies between it and %s",
                    older->path, newer->path);
    return RESULT_OK;
}

Result ingest_spec_check_versions(IngestSpec *const *versions, size_t count, Error *error)
{
    for (size_t i = 1; i < count; i++)
        TRY(check_pair(versions[i - 1], versions[i], error));
    return RESULT_OK;
}
