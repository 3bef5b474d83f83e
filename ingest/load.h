#pragma once
/* What a load and its first half at a provider's have in common. Private to ingest. */
#include "ingest/store.h"

/* Sender and period. */
Result load_check_delivery(const IngestSpec *spec, const IngestDelivery *delivery, Error *error) CHECKED;
void load_report_start(const IngestSpec *spec, const IngestDelivery *delivery, IngestReport *report);
Result load_pseudonymiser(const Keyring *keyring, const PostcodeDirectory *directory, const IngestSpec *spec,
                          bool encodes, Pseudonymiser **pseudonymiser, Error *error) CHECKED;
bool load_has_field(const IngestSpec *spec, IdentityField field);
/* A row that is kept; of a source without NHS numbers their states are not counted. */
void load_count_row(bool has_nhs_number, const TokenisedRow *row, IngestReport *report);
/* More bad rows than the spec allows; the share can only be told at the end. */
bool load_is_past_rows_max(const IngestSpec *spec, const IngestReport *report);
bool load_is_rejected(const IngestSpec *spec, const IngestReport *report);
/* Nothing of it is held. */
void load_count_as_rejected(IngestReport *report);
int64_t load_cpu_us(void);
