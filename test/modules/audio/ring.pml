// SPDX-License-Identifier: MIT
// A model, for spin, of the two rings between capture thread and reader, and of sleeping and waking:
// modules/audio/ring.c, capture_thread.c, capture.c. Checked: every frame of the device is delivered
// once, in order, or counted in a gap that stands at its place; nobody overwrites what the other
// still reads; nobody sleeps forever (spin calls that an invalid end state).
//
// It is sequentially consistent: what weaker memory would do is for ThreadSanitizer and its mutants
// (toolchain/faults/tsan-mutants.mjs). But stores that an acquire or release keeps in order are
// swapped by the names below, each of which breaks one rule, and must be found
// (toolchain/faults/spin.mjs):
//   COMMIT_FIRST      frames are shown before they are stored
//   CONSUME_FIRST     frames are given back before they are read
//   ONE_TOO_MANY      the writer takes one place more than is free
//   GAP_AFTER_FRAMES  a gap is published behind the frames that follow it
//   GAPS_FIRST        the reader looks for gaps before it looks for frames
//   GAP_FORGOTTEN     frames follow although the gap had no room
//   PENDING_AT_TAKE   what an ended thread had no room for is published when a gap is taken, only
//   NO_SECOND_LOOK    the sleeper does not look again once it has said what it waits for
//   WAKE_FIRST        the waker looks for sleepers before it shows its progress

#ifndef CAPACITY
#define CAPACITY 4
#endif
#ifndef TOTAL
#define TOTAL 9 // frames of the device: around the ring twice
#endif
#define CHUNK 3
#define GAPS 1 // places in the ring of gaps
#define NOBODY 255

// The ring of frames. A frame is its index on the device, plus one.
byte data[CAPACITY];
byte written;
byte consumed;
// The ring of gaps.
byte gap_position[GAPS];
byte gap_frames[GAPS];
byte gaps_written;
byte gaps_consumed;
// Sleeping and waking.
byte wake_at = NOBODY;
bool event; // the reader's eventfd is readable
bool ended;
bool silent; // the device gives nothing any more, but the thread lives
// The gap that still grows: the capture thread's, and the reader's once that has ended.
bool pending_open;
byte pending_position;
byte pending_frames;

// mjs_capture_wake_if_reached: one read-modify-write, then a compare and exchange.
inline wake_if_reached(position) {
    wanted = wake_at;
    if
    :: wanted != NOBODY && position >= wanted ->
        atomic {
            if
            :: wake_at == wanted -> wake_at = NOBODY; event = true
            :: else
            fi
        }
    :: else
    fi
}

inline publish_pending() {
    if
    :: pending_open && gaps_written - gaps_consumed < GAPS ->
        gap_position[gaps_written % GAPS] = pending_position;
        gap_frames[gaps_written % GAPS] = pending_frames;
        gaps_written++;
        pending_open = false;
        pending_frames = 0
    :: else
    fi
}

proctype capture() {
    byte arrived; // frames that the device has given
    byte seen;    // consumed_seen
    byte wanted;
    byte room;
    byte frames;
    byte i;
    do
    :: arrived < TOTAL ->
        if
        :: silent = true; goto over
        :: true
        fi;
        select(frames : 1 .. CHUNK);
        if
        :: frames > TOTAL - arrived -> frames = TOTAL - arrived
        :: else
        fi;
        // The free region: looks again only where what it remembers is not enough.
        room = CAPACITY - (written - seen);
        if
        :: room < frames -> seen = consumed; room = CAPACITY - (written - seen)
        :: else
        fi;
#ifdef ONE_TOO_MANY
        room++;
#endif
#ifndef GAP_FORGOTTEN
        if
        :: pending_open && gaps_written - gaps_consumed == GAPS -> room = 0
        :: else
        fi;
#endif
        if
        :: room == 0 ->
            // No room: the newest frames are lost, and counted.
            if
            :: !pending_open -> pending_open = true; pending_position = written
            :: else
            fi;
            pending_frames = pending_frames + frames;
            arrived = arrived + frames
        :: else ->
            if
            :: frames > room -> frames = room
            :: else
            fi;
#ifdef COMMIT_FIRST
            publish_pending();
            written = written + frames;
#endif
            i = 0;
            do
            :: i < frames ->
#ifdef COMMIT_FIRST
                data[(written - frames + i) % CAPACITY] = arrived + 1;
#else
                data[(written + i) % CAPACITY] = arrived + 1;
#endif
                arrived++;
                i++
            :: else -> break
            od;
#ifdef WAKE_FIRST
            wake_if_reached(written + frames);
#endif
#ifndef COMMIT_FIRST
#ifdef GAP_AFTER_FRAMES
            written = written + frames;
            publish_pending();
#else
            publish_pending();
            written = written + frames;
#endif
#endif
#ifndef WAKE_FIRST
            wake_if_reached(written)
#endif
        fi
    :: else -> break
    od;
    publish_pending();
    ended = true;
    wake_if_reached(NOBODY - 1);
over:
    skip
}

// ask_for: says what is waited for, then looks again.
inline sleep_until(position) {
    do
    :: true ->
        wake_at = position;
#ifndef NO_SECOND_LOOK
        if
        :: ended || written >= position || gaps_written != gaps_consumed -> break
        :: else
        fi;
#endif
        if
        :: event -> event = false // poll
        :: silent && !event && written < position && gaps_written == gaps_consumed -> goto over
        fi;
#ifdef NO_SECOND_LOOK
        break
#endif
    od;
    wake_at = NOBODY
}

proctype reader() {
    byte expected; // the next frame, as the device counts
    byte seen;     // written_seen
    byte frames;
    byte filled;
    byte i;
    bool is_over;
    do
    :: true ->
        is_over = ended;
#ifndef PENDING_AT_TAKE
        // What a thread that has ended had no room for.
        if
        :: is_over && gaps_written == gaps_consumed -> publish_pending()
        :: else
        fi;
#endif
        // First the frames, then the gaps: who sees a frame sees the gap in front of it.
#ifdef GAPS_FIRST
        i = gaps_written;
#endif
        seen = written;
        filled = seen - consumed;
#ifndef GAPS_FIRST
        i = gaps_written;
#endif
        assert(filled <= CAPACITY);
        if
        :: i != gaps_consumed && gap_position[gaps_consumed % GAPS] - consumed < filled ->
            filled = gap_position[gaps_consumed % GAPS] - consumed
        :: else
        fi;
        if
        :: filled > 0 ->
            select(frames : 1 .. CHUNK);
            if
            :: frames > filled -> frames = filled
            :: else
            fi;
#ifdef CONSUME_FIRST
            consumed = consumed + frames;
#endif
            i = 0;
            do
            :: i < frames ->
#ifdef CONSUME_FIRST
                assert(data[(consumed - frames + i) % CAPACITY] == expected + 1);
#else
                assert(data[(consumed + i) % CAPACITY] == expected + 1);
#endif
                expected++;
                i++
            :: else -> break
            od;
#ifndef CONSUME_FIRST
            consumed = consumed + frames
#endif
        :: filled == 0 && i != gaps_consumed &&
           gap_position[gaps_consumed % GAPS] == consumed ->
            expected = expected + gap_frames[gaps_consumed % GAPS];
            gaps_consumed++;
#ifdef PENDING_AT_TAKE
            if
            :: ended -> publish_pending()
            :: else
            fi
#endif
        :: else ->
            if
            :: is_over -> break
            :: else -> sleep_until(consumed + 1)
            fi
        fi
    od;
    assert(expected == TOTAL);
    assert(written == consumed && gaps_written == gaps_consumed && !pending_open);
over:
    skip
}

init {
    atomic {
        run capture();
        run reader()
    }
}
