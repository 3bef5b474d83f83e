#include "ingest/published.h"

Text published_line(Text *rest)
{
    Text line = text_next(rest, '\n');

    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    return line;
}
