#pragma once
/*
 * Operational log: one line an event on standard error, "time level event key=value ...".
 * Events and counts only; never a value from the data, never a secret.
 */
#include "base/error.h"

typedef enum LogLevel { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR } LogLevel;

void log_set_level(LogLevel level); /* default LOG_LEVEL_WARNING */
void log_event(LogLevel level, const char *event, const char *format, ...) PRINTF(3, 4);
