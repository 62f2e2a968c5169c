// SPDX-License-Identifier: Apache-2.0
//
// What the strings among a caller's settings mean; inside the library only.
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "probe/target.h"
#include "report/judge.h"
#include "shakedown.h"

// The checks to run as bits: `only` or the defaults, and `sweep`, without `skip`. False: an id that does not
// exist, or nothing left.
bool settings_checks(const struct shakedown_settings *settings, uint64_t *selected, struct complaint *complaint);

// Whether a set of checks judges certificates, which takes a trust store.
bool settings_want_trust(uint64_t selected);

// Whether records of DNS are looked up.
bool settings_want_dns(uint64_t selected);

// The server name to send instead of a target's own, as A-label; NULL: the target's own.
bool settings_server_name(const struct shakedown_settings *settings, struct arena *arena, const char **name,
                          struct complaint *complaint);

// Sets the SNI of a parsed target; name is what settings_server_name gave.
void settings_apply_name(const struct shakedown_settings *settings, const char *name, struct target *target);

// What the check `connect` offers: the protocols are names between commas. False: they are not.
bool settings_offer(const struct shakedown_settings *settings, struct complaint *complaint);
void settings_apply_offer(const struct shakedown_settings *settings, struct target *target);

// The one address to scan, or NULL.
bool settings_address(const struct shakedown_settings *settings, struct arena *arena, const char **address,
                      struct complaint *complaint);

// The resolver to ask as libunbound takes it, or NULL.
bool settings_resolver(const struct shakedown_settings *settings, struct arena *arena, const char **resolver,
                       struct complaint *complaint);

// Whether a target may be scanned: not an address of the kind that was not asked for.
bool settings_want_target(const struct shakedown_settings *settings, const struct target *target,
                          struct complaint *complaint);

// Which shard is ours, from 0, of how many; *count 0: all targets are ours.
bool settings_shard(const struct shakedown_settings *settings, unsigned *index, unsigned *count,
                    struct complaint *complaint);

// Who judges the reports. before: the baseline is a store, and of each target its state before the last one counts.
// NULL: what it is to judge by is wrong.
struct judge *settings_judge(const struct shakedown_settings *settings, bool before, struct complaint *complaint);

#endif
