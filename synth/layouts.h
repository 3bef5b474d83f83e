#pragma once
/* Private to synth: what each file looks like. */
#include <stdbool.h>
#include <stddef.h>

#include "synth/synth.h"

enum { LAYOUT_COLUMNS_MAX = 56 };

typedef struct Layout {
    const char *name;
    const char *const *columns;
    size_t column_count;
    const char *line_end;
    char delimiter;
    int damage_date, damage_code; /* columns that a malformed row breaks; -1: none */
    bool is_windows_1252, is_british_date;
} Layout;

extern const Layout LAYOUTS[SYNTH_SOURCE_COUNT];
extern const Layout LAYOUT_TRUTH;
extern const Layout LAYOUT_LINKS;
extern const Layout LAYOUT_TRUTH_OPT_OUTS;
extern const Layout LAYOUT_CANARIES;
extern const Layout LAYOUT_DELIVERIES;
extern const Layout LAYOUT_POSTCODE_DIRECTORY;
