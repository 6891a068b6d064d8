#include "model/growth.h"

#include <math.h>

growth growth_at(const ssd_config *config, int stages, double step) {
    if (!(config->growth_pictures > 0))
        return (growth){stages, 1, 0};
    const double phases = floor(step * config->batch / config->growth_pictures);
    const double phase = phases < stages - 1 ? phases : stages - 1;
    /* Of the pictures with this step's: a new layer that does not show in its first step would not learn in it. */
    const double fade = 2 * ((step + 1) * config->batch / config->growth_pictures - phase);
    return (growth){1 + (int)phase, phase > 0 && fade < 1 ? (float)fade : 1,
                    ceil(phase * config->growth_pictures / config->batch)};
}
