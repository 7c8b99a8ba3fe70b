/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.table;

/**
 * Runs the timers of a table's entries: a hashed wheel of one level, with slots of a quarter of a second. An entry whose
 * deadline is more than a turn away waits in the last slot and is scheduled again from there.
 */
final class TimerWheel {

    /** What to do with an entry whose slot has come. It may schedule the entry again. */
    interface Task {
        void run(TableEntry entry, long now);
    }

    /** How many timers one call runs at most; what is left runs at the next one. */
    static final int TIMERS_PER_TICK = 4096;

    private static final long SLOT_MILLIS = 256;
    private static final int SLOTS = 1024;
    private static final long NOTHING_SCHEDULED = Long.MIN_VALUE;

    private final TableEntry[] slots = new TableEntry[SLOTS];

    /** The number, since the epoch of the clock, of the next slot to be run. */
    private long nextSlot = NOTHING_SCHEDULED;

    void run(long now, Task task) {
        long end = Math.floorDiv(now, SLOT_MILLIS);
        if (nextSlot == NOTHING_SCHEDULED) {
            return;
        }
        int left = TIMERS_PER_TICK;
        // A turn holds all of them, however long nobody called.
        for (nextSlot = Math.max(nextSlot, end - SLOTS); nextSlot < end; nextSlot++) {
            int slot = slot(nextSlot);
            for (TableEntry entry = slots[slot]; entry != null; entry = slots[slot]) {
                if (left-- == 0) {
                    return;
                }
                unschedule(entry);
                task.run(entry, now);
            }
        }
    }

    /** Schedules an entry, which must not be scheduled, for its deadline. */
    void schedule(TableEntry entry) {
        // Never into the slot that is being run: its list would have no end.
        long number = Math.floorDiv(entry.deadline, SLOT_MILLIS);
        if (nextSlot == NOTHING_SCHEDULED) {
            nextSlot = Math.floorDiv(entry.used, SLOT_MILLIS);
        }
        number = Math.min(Math.max(number, nextSlot + 1), nextSlot + SLOTS - 1);
        entry.scheduled = entry.deadline;
        int slot = slot(number);
        entry.slot = slot;
        entry.timerPrevious = null;
        entry.timerNext = slots[slot];
        if (entry.timerNext != null) {
            entry.timerNext.timerPrevious = entry;
        }
        slots[slot] = entry;
    }

    void unschedule(TableEntry entry) {
        if (!entry.isScheduled()) {
            return;
        }
        if (entry.timerPrevious != null) {
            entry.timerPrevious.timerNext = entry.timerNext;
        } else if (slots[entry.slot] == entry) {
            slots[entry.slot] = entry.timerNext;
        }
        if (entry.timerNext != null) {
            entry.timerNext.timerPrevious = entry.timerPrevious;
        }
        entry.timerPrevious = null;
        entry.timerNext = null;
        entry.scheduled = Long.MAX_VALUE;
    }

    private static int slot(long number) {
        return (int) number & SLOTS - 1;
    }
}
