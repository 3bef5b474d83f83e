#pragma once
/* Private to ingest: the small CSV files of figures that others publish. */
#include "base/text.h"

/* Without its end, as Unix and as Windows write it. */
Text published_line(Text *rest);
