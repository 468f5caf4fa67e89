/* The demo's story: a scenario file that is in the program. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"
#include "scenarios/demo.h"

#include <stdlib.h>

void sim_story_demo(struct sim *sim)
{
    struct recording *story = recording_read(SLICE(demo_yaml), "demo.yaml", sim_world_time(sim), NULL);

    if (!story || !sim_story_tell(sim, story, NULL))
        abort();                     /* a file of our own, which a test has read */
}
