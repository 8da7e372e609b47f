/* The little-endian image's own part. */
#include "lab.h"

/* Called from start.S; what it returns is the tally that the big-endian image goes on with. */
u64 little_main(u64 action, u64 packed) {
    unpack_tally(packed);
    if (action == ACTION_SYSTEM_CALL) {
        system_call();
        return pack_tally();
    }
    check("MSR[LE] is on after the switch", (msr() & MSR_LE) != 0);
    check_hypercalls();
    check_set_mode();
    check_interrupts();
    return pack_tally();
}

void give_up(void) {
    leave_little_endian(pack_tally());
}
