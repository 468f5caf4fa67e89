/* The system's clocks, and one that a test moves. Invariant: mono never goes back and is above 0, which many use for "never". */
#include "core/base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t system_wall(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_mono(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_MONOTONIC);
}

const struct clock *clock_system(void)
{
    static const struct clock system = {.wall = system_wall, .mono = system_mono};

    return &system;
}

static int64_t virtual_wall(const struct clock *clock)
{
    return ((const struct clock_virtual *)(const void *)clock)->wall_ms;
}

static int64_t virtual_mono(const struct clock *clock)
{
    return ((const struct clock_virtual *)(const void *)clock)->mono_ms;
}

void clock_virtual_init(struct clock_virtual *v, int64_t wall_ms)
{
    /* mono starts above 0, which many use for "never" */
    *v = (struct clock_virtual){.clock = {.wall = virtual_wall, .mono = virtual_mono}, .wall_ms = wall_ms, .mono_ms = 1000};
}

void clock_virtual_advance(struct clock_virtual *v, int64_t ms)
{
    v->wall_ms += ms;
    v->mono_ms += ms;
}
