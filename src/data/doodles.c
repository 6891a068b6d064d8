/* Doodles: cartoon animal faces, drawn from signed distances with one-pixel edges. A face is first drawn up as a plan
 * (every choice and measure, from the seed), then every pixel is painted from back to front. Coordinates: the picture
 * is -1..1 both ways, y downwards; the head is about 0.62 wide. */
#include <stdint.h>

#include "base/rng.h"
#include "data/shapes.h"
#include "ssdgan.h"

typedef struct colour {
    float r, g, b;
} colour;

typedef enum ear_kind { EAR_CAT, EAR_BEAR, EAR_BUNNY, EAR_FLOPPY, EAR_FOX, EAR_MOUSE, EAR_KINDS } ear_kind;
typedef enum eye_kind { EYE_DOT, EYE_TALL, EYE_IRIS, EYE_SLEEPY, EYE_HAPPY, EYE_KINDS } eye_kind;
typedef enum nose_kind { NOSE_OVAL, NOSE_TRIANGLE, NOSE_HEART, NOSE_BUTTON, NOSE_KINDS } nose_kind;
typedef enum mouth_kind { MOUTH_CAT, MOUTH_SMILE, MOUTH_OPEN, MOUTH_SMALL, MOUTH_KINDS } mouth_kind;
typedef enum coat_kind {
    COAT_PLAIN,
    COAT_PATCH,
    COAT_STRIPES,
    COAT_SPOTS,
    COAT_BLAZE,
    COAT_MASK,
    COAT_KINDS
} coat_kind;
typedef enum ground_kind { GROUND_FLAT, GROUND_GRADIENT, GROUND_SUN, GROUND_DOTS, GROUND_KINDS } ground_kind;

enum { SPOTS = 6 };

typedef struct plan {
    colour fur, dark, light, inner, ink, iris, blush, ground, ground_second;
    ear_kind ears;
    eye_kind eyes;
    nose_kind nose;
    mouth_kind mouth;
    coat_kind coat;
    ground_kind scene;
    int whiskers, patch_side;
    float cosine, sine, scale, shift_x, shift_y; /* pose */
    float turn_x, turn_y;                        /* features move with the head's turn */
    float head_x, head_y, cheek;                 /* half axes; how full the cheeks are */
    float ear_size, ear_spread, ear_lean;
    float eye_gap, eye_size, eye_height, look_x, look_y;
    float muzzle_x, muzzle_y, nose_size, mouth_size, blush_strength;
    point spot[SPOTS];
    float spot_size[SPOTS];
} plan;

/* ----------------------------------------------------------------------------------------- plan --- */

static float between(rng *r, float low, float high) { return low + (high - low) * (float)rng_uniform(r); }
static int chance(rng *r, double probability) { return rng_uniform(r) < probability; }

static colour mix(colour a, colour b, float t) {
    return (colour){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

static colour hex(uint32_t rgb) {
    return (colour){(float)(rgb >> 16 & 255) / 255, (float)(rgb >> 8 & 255) / 255, (float)(rgb & 255) / 255};
}

/* Fur, its dark and its light companion, and a background that it stands out from. */
static const uint32_t PALETTES[][4] = {
    {0xd98b4a, 0x8f4f24, 0xfbe6c8, 0xa9d8d3}, {0x9c7350, 0x5d3f2a, 0xefdcc0, 0xf3c98b},
    {0x8d949e, 0x555b66, 0xe9edf1, 0xf6b8a6}, {0xf2dfc0, 0xb98f5e, 0xfffaf0, 0x8fbcd4},
    {0x4c4a52, 0x2a2930, 0xd9d4d0, 0xf4cf6d}, {0xe9a8b4, 0xb86377, 0xfff0f0, 0xbfe0c2},
    {0xa7b9dd, 0x6577a6, 0xf2f6ff, 0xf8d8a0}, {0xb9d3a4, 0x6f9161, 0xf6fbe9, 0xf3b3bd},
    {0xc9b1e0, 0x8467a8, 0xf8f1ff, 0xf6e2a0}, {0xc4603c, 0x77301b, 0xfde9d8, 0x9fc6b0},
    {0xe8c15e, 0xa97a26, 0xfff4d3, 0xa8b8e6}, {0xffffff, 0xa8a8b4, 0xffffff, 0x90cbb6},
    {0x7d5a6b, 0x4a3240, 0xeed9df, 0xc7d9a1}, {0x6fa3a8, 0x3f6a70, 0xe6f5f3, 0xf5c6a0},
};
static const uint32_t IRISES[] = {0x5b8c4a, 0x4a7fb5, 0xa8742c, 0x6b4a2f, 0x8a5bb0, 0x3f8f87};

static colour jitter(rng *r, colour c, float amount) {
    c.r = shape_clamp(c.r + between(r, -amount, amount), 0, 1);
    c.g = shape_clamp(c.g + between(r, -amount, amount), 0, 1);
    c.b = shape_clamp(c.b + between(r, -amount, amount), 0, 1);
    return c;
}

static void plan_colours(plan *p, rng *r) {
    const uint32_t *palette = PALETTES[rng_below(r, sizeof PALETTES / sizeof PALETTES[0])];
    p->fur = jitter(r, hex(palette[0]), 0.05f);
    p->dark = jitter(r, hex(palette[1]), 0.04f);
    p->light = jitter(r, hex(palette[2]), 0.02f);
    p->inner = mix(hex(0xf2a0a0), p->light, between(r, 0.0f, 0.5f));
    p->ink = mix(hex(0x241c22), p->dark, 0.15f);
    p->iris = jitter(r, hex(IRISES[rng_below(r, sizeof IRISES / sizeof IRISES[0])]), 0.06f);
    p->blush = hex(0xf07f7f);
    p->ground = jitter(r, hex(palette[3]), 0.06f);
    const colour towards = chance(r, 0.5) ? hex(0xffffff) : hex(0x5a6b8c);
    p->ground_second = mix(p->ground, towards, between(r, 0.2f, 0.45f));
}

static void plan_face(plan *p, rng *r) {
    p->ears = (ear_kind)rng_below(r, EAR_KINDS);
    p->eyes = chance(r, 0.7) ? (eye_kind)rng_below(r, EYE_SLEEPY) : (eye_kind)rng_below(r, EYE_KINDS);
    p->nose = (nose_kind)rng_below(r, NOSE_KINDS);
    p->mouth = (mouth_kind)rng_below(r, MOUTH_KINDS);
    p->coat = chance(r, 0.75) ? (coat_kind)(1 + rng_below(r, COAT_KINDS - 1)) : COAT_PLAIN;
    p->scene = (ground_kind)rng_below(r, GROUND_KINDS);
    p->whiskers = (p->ears == EAR_CAT || p->ears == EAR_MOUSE || p->ears == EAR_BUNNY) && chance(r, 0.75);
    p->patch_side = chance(r, 0.5) ? 1 : -1;
    p->head_x = between(r, 0.52f, 0.64f);
    p->head_y = between(r, 0.46f, 0.56f);
    p->cheek = between(r, 0.0f, 0.12f);
    p->ear_size = between(r, 0.85f, 1.15f);
    p->ear_spread = between(r, 0.85f, 1.1f);
    p->ear_lean = between(r, -0.12f, 0.2f);
    p->eye_gap = between(r, 0.2f, 0.29f);
    p->eye_size = between(r, 0.085f, 0.13f);
    p->eye_height = between(r, -0.12f, 0.02f);
    p->look_x = between(r, -0.3f, 0.3f);
    p->look_y = between(r, -0.2f, 0.25f);
    p->muzzle_x = between(r, 0.2f, 0.3f);
    p->muzzle_y = between(r, 0.14f, 0.2f);
    p->nose_size = between(r, 0.06f, 0.1f);
    p->mouth_size = between(r, 0.8f, 1.25f);
    p->blush_strength = chance(r, 0.6) ? between(r, 0.25f, 0.55f) : 0.0f;
    for (int i = 0; i < SPOTS; i++) {
        p->spot[i].x = between(r, -0.5f, 0.5f);
        p->spot[i].y = between(r, -0.5f, 0.1f);
        p->spot_size[i] = between(r, 0.04f, 0.1f);
    }
}

/* How far the ears, or the head, reach above the head's centre. */
static float reach(const plan *p) {
    const float y = p->head_y * 0.78f, s = p->ear_size, edge = 0.06f;
    switch (p->ears) {
    case EAR_CAT: return y + 0.36f * s + edge;
    case EAR_FOX: return y + 0.46f * s + edge;
    case EAR_BEAR: return y + 0.25f * s + edge;
    case EAR_MOUSE: return y + 0.38f * s + edge;
    case EAR_BUNNY: return y + 0.66f * s + edge;
    default: return p->head_y + edge;
    }
}

static void plan_pose(plan *p, rng *r) {
    /* The half-angle formulae: no library sine, whose last bit differs between platforms. */
    const float half = between(r, -0.11f, 0.11f), square = half * half;
    p->cosine = (1.0f - square) / (1.0f + square);
    p->sine = 2.0f * half / (1.0f + square);
    p->scale = between(r, 0.98f, 1.24f);
    p->scale *= p->ears == EAR_BUNNY ? 0.92f : p->ears == EAR_FLOPPY || p->ears == EAR_BEAR ? 1.06f : 1.0f;
    p->shift_x = between(r, -0.08f, 0.08f);
    p->shift_y = between(r, 0.06f, 0.18f);
    const float room = p->scale * (reach(p) + 0.4f * fabsf(p->sine)) - 1.0f; /* so that the ears fit in */
    p->shift_y = room > p->shift_y ? room : p->shift_y;
    p->turn_x = between(r, -0.09f, 0.09f);
    p->turn_y = between(r, -0.04f, 0.05f);
}

static plan make_plan(double seed, int index) {
    rng r;
    rng_seed(&r, seed >= 0 && seed < 0x1p53 ? (uint64_t)seed : 0, STREAM_DOODLES + (uint64_t)index);
    plan p = {0};
    plan_colours(&p, &r);
    plan_face(&p, &r);
    plan_pose(&p, &r);
    return p;
}

/* ---------------------------------------------------------------------------------------- paint --- */

/* One pixel being painted: its colour so far, and how wide a pixel is in face coordinates. */
typedef struct brush {
    colour c;
    float pixel;
} brush;

static float coverage(const brush *b, float distance) { return shape_clamp(0.5f - distance / b->pixel, 0.0f, 1.0f); }

static void fill(brush *b, float distance, colour c, float alpha) {
    b->c = mix(b->c, c, alpha * coverage(b, distance));
}

/* How dark the pixel is so far: 0 for most colours, 1 for what ink would not show on. */
static float darkness(const brush *b) {
    return shape_clamp((0.42f - (0.3f * b->c.r + 0.6f * b->c.g + 0.1f * b->c.b)) * 8.0f, 0.0f, 1.0f);
}

/* Ink that shows on what it is painted on. */
static colour line_ink(const brush *b, const plan *p) { return mix(p->ink, p->light, darkness(b) * 0.85f); }

static void paint_ground(brush *b, const plan *p, point at) {
    b->c = p->ground;
    if (p->scene == GROUND_GRADIENT)
        b->c = mix(p->ground, p->ground_second, shape_clamp(0.5f + 0.5f * at.y, 0, 1));
    else if (p->scene == GROUND_SUN)
        fill(b, shape_circle(shape_shift(at, p->turn_x * 2, -0.05f), 0.86f), p->ground_second, 1.0f);
    else if (p->scene == GROUND_DOTS) {
        const point cell = {at.x * 2.5f - floorf(at.x * 2.5f) - 0.5f, at.y * 2.5f - floorf(at.y * 2.5f) - 0.5f};
        fill(b, (shape_circle(cell, 0.22f)) / 2.5f, p->ground_second, 0.8f);
    }
}

/* An ear on the right side (mirrored by the caller): outside, then inside. */
static void paint_ear(brush *b, const plan *p, point at) {
    const float s = p->ear_size, x = p->head_x * 0.62f * p->ear_spread, y = -p->head_y * 0.78f, edge = 0.028f;
    float outer = 1, inner = 1;
    colour outside = p->fur, inside = p->inner;
    if (p->ears == EAR_CAT || p->ears == EAR_FOX) {
        const float tall = (p->ears == EAR_FOX ? 0.46f : 0.36f) * s, wide = 0.2f * s, lean = x + 0.1f + p->ear_lean;
        const point tip = {lean, y - tall}, left = {x - wide, y + 0.12f}, right = {x + wide, y + 0.2f};
        outer = shape_triangle(at, tip, left, right, 0.05f);
        inner = shape_triangle(at, (point){lean, y - tall * 0.7f}, (point){x - wide * 0.5f, y + 0.1f},
                               (point){x + wide * 0.5f, y + 0.12f}, 0.02f);
        if (p->ears == EAR_FOX) {
            outside = mix(p->fur, p->dark, shape_clamp((y - tall * 0.35f - at.y) * 6.0f, 0, 1));
            inside = p->light;
        }
    } else if (p->ears == EAR_BEAR || p->ears == EAR_MOUSE) {
        const float r = (p->ears == EAR_MOUSE ? 0.3f : 0.2f) * s;
        const point centre = shape_shift(at, x + (p->ears == EAR_MOUSE ? 0.12f : 0.04f), y - r * 0.25f);
        outer = shape_circle(centre, r);
        inner = shape_circle(centre, r * 0.62f);
    } else if (p->ears == EAR_BUNNY) {
        const point ear = shape_turn(shape_shift(at, x * 0.62f, y - 0.26f * s), 1.0f, 0.25f + p->ear_lean);
        outer = shape_ellipse(ear, 0.13f * s, 0.4f * s);
        inner = shape_ellipse(ear, 0.065f * s, 0.3f * s);
    } else {
        const point ear = shape_turn(shape_shift(at, p->head_x * 0.92f, -0.06f), 1.0f, -0.3f + p->ear_lean);
        outer = shape_ellipse(ear, 0.16f * s, 0.36f * s);
        outside = p->dark;
    }
    fill(b, outer - edge, p->dark, 1.0f);
    fill(b, outer, outside, 1.0f);
    fill(b, inner, inside, 1.0f);
}

static float head_distance(const plan *p, point at) {
    const float skull = shape_ellipse(at, p->head_x, p->head_y);
    const point jaw = {fabsf(at.x) - p->head_x * 0.42f, at.y - p->head_y * 0.32f};
    const float cheek = shape_ellipse(jaw, p->head_x * (0.5f + p->cheek), p->head_y * (0.58f + p->cheek));
    return shape_join(skull, cheek, 0.1f);
}

static void paint_coat(brush *b, const plan *p, point at, float head) {
    const float x = at.x - p->turn_x, y = at.y - p->turn_y;
    float d = 1;
    colour c = p->dark;
    switch (p->coat) {
    case COAT_PATCH:
        d = shape_ellipse((point){x - p->patch_side * p->eye_gap * 1.1f, y - p->eye_height}, 0.21f, 0.25f);
        break;
    case COAT_STRIPES:
        for (int i = -1; i <= 1; i++) {
            const float line = shape_line((point){x, y}, (point){i * 0.13f, -p->head_y * 1.1f},
                                          (point){i * 0.1f, -p->head_y * (i ? 0.62f : 0.5f)}, 0.032f);
            d = line < d ? line : d;
        }
        for (int i = 0; i < 2; i++) {
            const float line = shape_line((point){fabsf(x), y}, (point){p->head_x * 1.1f, 0.02f + 0.13f * i},
                                          (point){p->head_x * 0.72f, 0.05f + 0.11f * i}, 0.026f);
            d = line < d ? line : d;
        }
        break;
    case COAT_SPOTS:
        for (int i = 0; i < SPOTS; i++) {
            const float spot = shape_circle((point){x - p->spot[i].x, y - p->spot[i].y}, p->spot_size[i]);
            d = spot < d ? spot : d;
        }
        break;
    case COAT_BLAZE:
        d = shape_triangle((point){x, y}, (point){0, -p->head_y * 1.1f}, (point){-0.1f, 0.2f}, (point){0.1f, 0.2f},
                           0.06f);
        c = p->light;
        break;
    case COAT_MASK:
        d = -shape_ellipse((point){fabsf(x) - 0.16f, y + 0.42f}, 0.3f, 0.52f);
        c = p->light;
        break;
    default: return;
    }
    fill(b, d > head ? d : head, c, 1.0f);
}

/* Both eyes at once: the right one's coordinates, `mirror` telling which side is painted. */
static void paint_eye(brush *b, const plan *p, point at, float mirror) {
    const float s = p->eye_size, shine_x = at.x * mirror + s * 0.3f;
    const point shine = {shine_x, at.y + s * 0.35f};
    const colour white = {1, 1, 1};
    switch (p->eyes) {
    case EYE_SLEEPY: fill(b, shape_arc(at, s * 1.1f, 2.5f, 0.028f), line_ink(b, p), 1); return;
    case EYE_HAPPY: fill(b, shape_arc(at, s * 1.1f, -4.0f, 0.028f), line_ink(b, p), 1); return;
    case EYE_DOT:
    case EYE_TALL: {
        const int tall = p->eyes == EYE_TALL;
        const float d = tall ? shape_ellipse(at, s * 0.8f, s * 1.25f) : shape_circle(at, s * 0.85f);
        fill(b, d - 0.024f, p->light, 0.8f * darkness(b));
        fill(b, d, p->ink, 1);
        break;
    }
    default: {
        const point look = {at.x * mirror - p->look_x * s * 0.5f, at.y - p->look_y * s * 0.5f};
        fill(b, shape_ellipse(at, s * 1.25f, s * 1.3f), p->ink, 1);
        fill(b, shape_ellipse(at, s * 1.08f, s * 1.13f), white, 1);
        fill(b, shape_circle(look, s * 0.85f), p->iris, 1);
        fill(b, shape_circle(look, s * 0.5f), p->ink, 1);
        fill(b, shape_circle(shape_shift(look, s * 0.4f, s * 0.4f), s * 0.18f), white, 0.85f);
        break;
    }
    }
    fill(b, shape_circle(shine, s * 0.3f), white, 0.95f);
}

static void paint_nose(brush *b, const plan *p, point at) {
    const float s = p->nose_size;
    const colour c = p->nose == NOSE_HEART ? mix(p->inner, hex(0xd9566b), 0.6f) : p->ink;
    float d;
    if (p->nose == NOSE_TRIANGLE || p->nose == NOSE_HEART) {
        d = shape_triangle(at, (point){-s * 0.8f, -s * 0.3f}, (point){s * 0.8f, -s * 0.3f}, (point){0, s * 0.6f},
                           0.02f);
        const float lobes = shape_circle((point){fabsf(at.x) - s * 0.45f, at.y + s * 0.35f}, s * 0.5f);
        if (p->nose == NOSE_HEART)
            d = lobes < d ? lobes : d;
    } else {
        d = shape_ellipse(at, s * (p->nose == NOSE_OVAL ? 1.2f : 0.75f), s * 0.75f);
    }
    fill(b, d, c, 1);
    fill(b, shape_ellipse((point){at.x + s * 0.3f, at.y + s * 0.25f}, s * 0.28f, s * 0.16f), (colour){1, 1, 1}, 0.6f);
}

static void paint_mouth(brush *b, const plan *p, point at) {
    const float s = 0.09f * p->mouth_size, line = 0.016f;
    const point side = {fabsf(at.x) - s, at.y - s * 0.2f};
    switch (p->mouth) {
    case MOUTH_CAT: fill(b, shape_arc((point){side.x, side.y - s * 0.5f}, s, -4.0f, line), p->ink, 1); break;
    case MOUTH_SMILE: fill(b, shape_arc((point){at.x, at.y - s * 0.9f}, s * 1.3f, -3.0f, line), p->ink, 1); break;
    case MOUTH_OPEN: {
        const point lip = {at.x, at.y - s * 0.75f};
        const float hole = shape_ellipse(lip, s * 0.75f, s * 0.8f);
        fill(b, hole, mix(p->ink, hex(0x8a2f3c), 0.5f), 1);
        const float tongue = shape_ellipse((point){lip.x, lip.y - s * 0.5f}, s * 0.5f, s * 0.4f);
        fill(b, tongue > hole ? tongue : hole, hex(0xf08a94), 1);
        break;
    }
    default: fill(b, shape_ellipse((point){at.x, at.y - s * 0.4f}, s * 0.3f, s * 0.2f), p->ink, 1); break;
    }
}

static void paint_face(brush *b, const plan *p, point at) {
    const point face = {at.x - p->turn_x, at.y - p->turn_y};
    const point mirrored = {fabsf(face.x), face.y};
    const point muzzle = {face.x - p->turn_x * 0.5f, face.y - p->head_y * 0.42f};
    if (p->blush_strength > 0)
        fill(b, shape_ellipse((point){mirrored.x - p->eye_gap * 1.45f, mirrored.y - 0.14f}, 0.11f, 0.07f), p->blush,
             p->blush_strength);
    fill(b, shape_ellipse(muzzle, p->muzzle_x, p->muzzle_y), p->light, 1);
    paint_eye(b, p, (point){mirrored.x - p->eye_gap, mirrored.y - p->eye_height}, face.x < 0 ? -1.0f : 1.0f);
    paint_mouth(b, p, (point){muzzle.x, muzzle.y - 0.01f});
    paint_nose(b, p, (point){muzzle.x, muzzle.y + p->muzzle_y * 0.5f});
    for (int i = 0; p->whiskers && i < 2; i++) {
        const float y = 0.01f + 0.07f * (float)i;
        fill(b,
             shape_line((point){fabsf(muzzle.x), muzzle.y}, (point){0.2f, y},
                        (point){0.5f, y + 0.06f * (float)i - 0.05f}, 0.008f),
             line_ink(b, p), 0.75f);
    }
}

static colour paint_pixel(const plan *p, point canvas, float pixel) {
    brush b = {.pixel = pixel};
    paint_ground(&b, p, canvas);
    b.pixel = pixel / p->scale;
    const point moved = shape_shift(canvas, p->shift_x, p->shift_y);
    const point at = shape_turn((point){moved.x / p->scale, moved.y / p->scale}, p->cosine, p->sine);
    const point ear = {fabsf(at.x + p->turn_x * 0.6f), at.y + p->turn_y};
    const float head = head_distance(p, at);
    if (p->ears != EAR_FLOPPY)
        paint_ear(&b, p, ear);
    fill(&b, head - 0.028f, p->dark, 1);
    fill(&b, head, p->fur, 1);
    paint_coat(&b, p, at, head);
    if (p->ears == EAR_FLOPPY)
        paint_ear(&b, p, ear);
    paint_face(&b, p, at);
    return b.c;
}

static uint8_t level(float x) { return (uint8_t)(shape_clamp(x, 0, 1) * 255.0f + 0.5f); }

void ssd_doodle_draw(double seed, int index, int size, uint8_t *rgb) {
    const plan p = make_plan(seed, index);
    const float pixel = 2.0f / (float)size;
    for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
            const colour c =
                paint_pixel(&p, (point){((float)x + 0.5f) * pixel - 1, ((float)y + 0.5f) * pixel - 1}, pixel);
            *rgb++ = level(c.r);
            *rgb++ = level(c.g);
            *rgb++ = level(c.b);
        }
    }
}
