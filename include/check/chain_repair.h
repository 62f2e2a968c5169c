// SPDX-License-Identifier: Apache-2.0
//
// Can what a chain lacks be had from where its certificates say? For the check `certificates`. What is fetched changes
// nothing about the chain as it was sent.
#ifndef CHECK_CHAIN_REPAIR_H
#define CHECK_CHAIN_REPAIR_H

#include "check/host.h"

// Fills repairable, fetched and repaired of a chain that chain_trust_judge has judged.
enum progress chain_repair(struct host *host, struct chain_fact *chain);

#endif
