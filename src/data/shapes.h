/* Signed distances of the doodles' shapes: negative inside, in the units of the coordinates. */
#ifndef DATA_SHAPES_H
#define DATA_SHAPES_H

#include <math.h>

typedef struct point {
    float x, y;
} point;

static inline float shape_clamp(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

static inline point shape_shift(point p, float x, float y) { return (point){p.x - x, p.y - y}; }

static inline point shape_turn(point p, float cosine, float sine) {
    return (point){cosine * p.x + sine * p.y, cosine * p.y - sine * p.x};
}

/* Ellipse at the origin, to first order near its edge: f / |grad f|. */
static inline float shape_ellipse(point p, float rx, float ry) {
    const float ax = p.x / rx, ay = p.y / ry, bx = ax / rx, by = ay / ry;
    const float k = sqrtf(ax * ax + ay * ay), g = sqrtf(bx * bx + by * by);
    return g > 1e-6f ? k * (k - 1.0f) / g : -(rx < ry ? rx : ry);
}

static inline float shape_circle(point p, float r) { return sqrtf(p.x * p.x + p.y * p.y) - r; }

/* The union of two shapes, the crease between them filled over a width of `k`. */
static inline float shape_join(float a, float b, float k) {
    const float t = shape_clamp(0.5f + 0.5f * (b - a) / k, 0.0f, 1.0f);
    return b + (a - b) * t - k * t * (1.0f - t);
}

/* Line from a to b, `radius` thick. */
static inline float shape_line(point p, point a, point b, float radius) {
    const float dx = b.x - a.x, dy = b.y - a.y, px = p.x - a.x, py = p.y - a.y;
    const float t = shape_clamp((px * dx + py * dy) / (dx * dx + dy * dy), 0.0f, 1.0f);
    const float ex = px - t * dx, ey = py - t * dy;
    return sqrtf(ex * ex + ey * ey) - radius;
}

/* Triangle with corners rounded by `radius`; corners counter-clockwise or clockwise. */
static inline float shape_triangle(point p, point a, point b, point c, float radius) {
    const point corner[3] = {a, b, c};
    float nearest = 1e9f;
    int left = 0;
    for (int i = 0; i < 3; i++) {
        const point from = corner[i], to = corner[(i + 1) % 3];
        const float d = shape_line(p, from, to, 0.0f);
        nearest = d < nearest ? d : nearest;
        left += (to.x - from.x) * (p.y - from.y) - (to.y - from.y) * (p.x - from.x) > 0;
    }
    return (left == 0 || left == 3 ? -nearest : nearest) - radius;
}

/* The arc y = bend x^2, |x| <= half, `radius` thick. */
static inline float shape_arc(point p, float half, float bend, float radius) {
    const float x = shape_clamp(p.x, -half, half), slope = 2.0f * bend * x;
    const float dx = p.x - x, dy = (p.y - bend * x * x) / sqrtf(1.0f + slope * slope);
    return sqrtf(dx * dx + dy * dy) - radius;
}

#endif
