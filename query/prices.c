#include "query/prices.h"

#include "query/print_parts.h"

enum { SAID_BYTES_MAX = 256, APRIL = 4 };

Text prices_said(const Prices *prices, Arena *arena)
{
    SCOPED(text_builder_close) TextBuilder said = text_builder(SAID_BYTES_MAX);

    print_prices(&said, prices);
    return text_copy(arena, text_slice(text_built(&said), sizeof " at prices", text_built(&said).length));
}

Result prices_find(Db *reader, const Prices *prices, Arena *arena, Published **found, Error *error)
{
    Date day = date_from_civil((int)prices->year, APRIL, 1);

    TRY(published_find(reader, TEXT("prices"), prices->name, day, arena, found, error));
    if (*found != NULL && (*found)->day != day)
        *found = NULL; /* of an earlier year */
    return RESULT_OK;
}

Result prices_read(Db *reader, Tree *tree, Arena *arena, Error *error)
{
    for (size_t i = 0; i < tree->price_count; i++) {
        Prices *prices = &tree->prices[i];
        Published *found;
        if (!prices->is_used)
            continue;
        TRY(prices_find(reader, prices, arena, &found, error));
        if (found == NULL)
            return source_text_fail_at(&prices->at, ERROR_INPUT, error, "there are no prices %.*s",
                                       TEXT_ARG(prices_said(prices, arena)));
        TRY(published_read_lines(reader, found, arena, error));
        prices->published = found;
    }
    return RESULT_OK;
}
