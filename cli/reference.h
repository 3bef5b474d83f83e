#pragma once
/* Private to cli: the postcode directory in the data folder. */
#include "cli/cli.h"
#include "pseudonymise/pseudonymise.h"

/* *directory stays NULL when none was added: no small areas are derived then. */
Result reference_open(const Cli *cli, PostcodeDirectory **directory, Error *error) CHECKED;
