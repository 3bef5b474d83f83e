/*
 * bench_extracts [--people N] --out FOLDER: the people and events of bench_engine as extracts that the
 * product loads (people.yaml, event.yaml), people.csv and event.csv, and its first question as q1.cohort.
 */
#include <stdio.h>

#include "bench/query/questions.h"
#include "synth/numbers.h"

enum { PATH_BYTES = 512 };
#define RELEASE_BYTES_MAX ((size_t)8 << 30)

static Result create(const char *folder, const char *name, FILE **file, Error *error)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    *file = fopen(path, "w");
    return *file != NULL ? RESULT_OK : fail_errno(error, "%s", path);
}

static Result end(FILE *file, const char *name, Error *error)
{
    return fclose(file) == 0 ? RESULT_OK : fail_errno(error, "%s", name);
}

static Result write_people(const Dataset *dataset, const uint32_t *bodies, const char *folder, Error *error)
{
    const DataColumn *columns = dataset->sources[EVENTS_PERSON].columns;
    char number[NHS_NUMBER_BYTES];
    FILE *file;

    TRY(create(folder, "people.csv", &file, error));
    (void)fputs("nhs_number,birth_date,gender,ethnic_category\n", file);
    for (uint32_t p = 0; p < dataset->people; p++) {
        Text district = dataset->words[columns[PERSON_DISTRICT].narrow[p]];
        (void)fprintf(file, "%s,%d-%02d-01,%d,%.*s\n", numbers_nhs(bodies[p], number),
                      columns[PERSON_BIRTH_YEAR].narrow[p], columns[PERSON_BIRTH_MONTH].narrow[p],
                      columns[PERSON_SEX].narrow[p] - WORD_SEX + 1, TEXT_ARG(district));
    }
    return end(file, "people.csv", error);
}

static Result write_events(const Dataset *dataset, const uint32_t *bodies, const char *folder, Error *error)
{
    const DataSource *source = &dataset->sources[EVENTS_EVENT];
    char number[NHS_NUMBER_BYTES], day[DATE_TEXT_BYTES];
    FILE *file;

    TRY(create(folder, "event.csv", &file, error));
    (void)fputs("nhs_number,event_date,code\n", file);
    for (uint32_t p = 0; p < dataset->people; p++) {
        (void)numbers_nhs(bodies[p], number);
        for (uint32_t i = source->begin[p]; i < source->begin[p + 1]; i++) {
            Text code = dataset->words[source->columns[EVENT_CODE].narrow[i]];
            (void)fprintf(file, "%s,%s,%.*s\n", number,
                          date_format(source->columns[EVENT_DAY].narrow[i], day), TEXT_ARG(code));
        }
    }
    return end(file, "event.csv", error);
}

static Result write_question(const char *folder, Error *error)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUESTION_BYTES);
    FILE *file;

    TRY(question_text("q1", &text, error));
    TRY(create(folder, "q1.cohort", &file, error));
    (void)fputs(text_built(&text).data, file);
    return end(file, "q1.cohort", error);
}

/* Numbers are of ranges that were never issued. */
static Result write_all(uint32_t people, const char *folder, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(RELEASE_BYTES_MAX);
    const Dataset *dataset = events_make(people, arena);
    uint32_t *bodies = arena_alloc(arena, people * sizeof *bodies);
    uint64_t serial = 0;

    for (uint32_t p = 0; p < people; p++)
        bodies[p] = numbers_next_nhs_body(&serial);
    TRY(write_people(dataset, bodies, folder, error));
    TRY(write_events(dataset, bodies, folder, error));
    return write_question(folder, error);
}

int main(int argc, char **argv)
{
    const Option folder = {"out", OPTION_TEXT, true, NULL, "folder for the files", NULL};

    return events_main(argc, argv, &(EventsProgram){"bench_extracts", folder, write_all});
}
