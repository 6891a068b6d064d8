#include "ssdgan.h"

/* SSD_VERSION is package.json's: the build reads it there. */
const char *ssd_version(void) { return SSD_VERSION; }
