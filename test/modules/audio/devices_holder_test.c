// SPDX-License-Identifier: MIT
// Who holds a busy device, as /proc/asound tells it.
#include "../../../modules/audio/devices_holder.h"
#include "../../support/tree.h"

#define RUNNING "state: RUNNING\nowner_pid   : 123\ntrigger_time: 12.5\n"

int main(void) {
    struct mjs_board_paths paths = tree_make();
    struct mjs_devices_holder holder;
    CHECK(!mjs_devices_holder_find(&paths, 0, 0, true, &holder)); // no such device
    tree_write("asound/card0/pcm0c/sub0/status", "closed\n");
    CHECK(!mjs_devices_holder_find(&paths, 0, 0, true, &holder));
    tree_write("asound/card0/pcm0c/sub0/status", RUNNING);
    CHECK(mjs_devices_holder_find(&paths, 0, 0, true, &holder));
    CHECK_EQ_INT(holder.pid, 123);
    CHECK_EQ_STR(holder.program, ""); // not to be seen
    tree_write("proc/123/comm", "arecord\n");
    CHECK(mjs_devices_holder_find(&paths, 0, 0, true, &holder));
    CHECK_EQ_STR(holder.program, "arecord");
    tree_write("proc/123/comm", "a\x1b[31mb\nc");
    CHECK(mjs_devices_holder_find(&paths, 0, 0, true, &holder));
    CHECK_EQ_STR(holder.program, "a?[31mb");
    // The other direction, another device, another card are free.
    CHECK(!mjs_devices_holder_find(&paths, 0, 0, false, &holder));
    CHECK(!mjs_devices_holder_find(&paths, 0, 1, true, &holder));
    CHECK(!mjs_devices_holder_find(&paths, 1, 0, true, &holder));
    // One of several substreams is free: so is the device.
    tree_write("asound/card0/pcm0c/sub1/status", "closed\n");
    CHECK(!mjs_devices_holder_find(&paths, 0, 0, true, &holder));
    CHECK_EQ_INT(holder.pid, 0);
    // A kernel that tells no owner.
    tree_write("asound/card0/pcm0p/sub0/status", "state: PREPARED\n");
    CHECK(mjs_devices_holder_find(&paths, 0, 0, false, &holder));
    CHECK_EQ_INT(holder.pid, 0);
    tree_remove();
    return check_report();
}
