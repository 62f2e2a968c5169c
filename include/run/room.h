// SPDX-License-Identifier: Apache-2.0
//
// Whether an address may have one more connection as far as others are concerned: all that lead to the same address, or
// to the same network, of this process and of the other workers of the run. Who has to wait is woken in its turn.
// Private to address.c.
#ifndef RUN_ROOM_H
#define RUN_ROOM_H

#include <stdbool.h>

struct address;

void room_enter(struct address *address); // its text and engine are set
void room_leave(struct address *address);

// As far as this process can tell. If not, the address waits, and is then queued to start when address_may_start.
bool room_is_there(struct address *address);
void room_stop_waiting(struct address *address);

// A connection is taken out of what all workers may have, or given back because it was not made. False: the address
// waits.
bool room_take(struct address *address);
void room_give_back(struct address *address);

// One that was taken begins, and has ended.
void room_began(struct address *address);
void room_ended(struct address *address);

// The address will make no more: others are next.
void room_wake_others(struct address *address);

#endif
