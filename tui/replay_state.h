/* How a replay stands, for the header. */
#ifndef TUI_REPLAY_STATE_H
#define TUI_REPLAY_STATE_H
#include <stdbool.h>
#include <stdint.h>

struct replay_state {
    bool paused;
    double speed;
    int64_t position_ms, length_ms;  /* from its start */
};
#endif
