/* How stb is configured, the same for its one compilation and its users. */
#ifndef DATA_STB_H
#define DATA_STB_H

#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_NO_PSD
#define STBI_NO_PIC
#define STBI_NO_PNM
#define STBI_MAX_DIMENSIONS 16384
#define STBI_ASSERT(condition) ((void)0)

#endif
