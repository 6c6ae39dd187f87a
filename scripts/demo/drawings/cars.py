"""In the spirit of Stanford Cars: cars from the side, told apart by their body."""

import numpy

from .canvas import Canvas, hsv, mix, shade, smooth, vary

LABEL, ABOUT = "Cars", "Cars by the shape of their body"
LABELS = ["hatchback", "saloon", "estate", "coupé", "convertible", "off-roader", "pick-up", "van"]
NOISE = {"noise": 7, "light": 0.16, "tint": 8}
ROOFS = [1, 1, 1, 0, 0, 2, 2, 2]
# Outlines of the body above its sill, from the rear to the front; x 0 … 1, y up from the sill as a share of the length.
BODIES = [
    [(0.1, 0.0), (0.09, 0.14), (0.13, 0.22), (0.24, 0.38), (0.54, 0.39), (0.71, 0.21), (0.9, 0.16), (0.93, 0.0)],
    [(0.0, 0.0), (0.0, 0.17), (0.24, 0.18), (0.35, 0.33), (0.56, 0.33), (0.69, 0.18), (0.97, 0.14), (1.0, 0.0)],
    [(0.0, 0.0), (0.0, 0.17), (0.03, 0.31), (0.08, 0.34), (0.56, 0.34), (0.69, 0.18), (0.97, 0.14), (1.0, 0.0)],
    [(0.01, 0.0), (0.02, 0.14), (0.14, 0.17), (0.36, 0.26), (0.5, 0.26), (0.66, 0.16), (0.96, 0.1), (0.99, 0.0)],
    [(0.01, 0.0), (0.01, 0.14), (0.2, 0.17), (0.54, 0.16), (0.57, 0.17), (0.68, 0.17), (0.96, 0.12), (0.99, 0.0)],
    [(0.03, 0.0), (0.03, 0.2), (0.06, 0.4), (0.14, 0.42), (0.58, 0.42), (0.68, 0.26), (0.95, 0.23), (0.97, 0.0)],
    [(0.0, 0.0), (0.0, 0.2), (0.4, 0.2), (0.42, 0.37), (0.62, 0.37), (0.72, 0.22), (0.97, 0.19), (1.0, 0.0)],
    [(0.01, 0.0), (0.01, 0.4), (0.04, 0.45), (0.66, 0.45), (0.84, 0.26), (0.97, 0.2), (0.99, 0.0)],
]
WINDOWS = [
    [[(0.2, 0.23), (0.27, 0.35), (0.39, 0.35), (0.39, 0.23)], [(0.43, 0.23), (0.43, 0.35), (0.52, 0.35), (0.64, 0.23)]],
    [[(0.26, 0.18), (0.34, 0.28), (0.44, 0.28), (0.44, 0.18)], [(0.47, 0.18), (0.47, 0.28), (0.55, 0.28), (0.65, 0.18)]],
    [[(0.07, 0.19), (0.1, 0.28), (0.26, 0.29), (0.26, 0.19)], [(0.29, 0.19), (0.29, 0.29), (0.55, 0.29), (0.65, 0.19)]],
    [[(0.28, 0.165), (0.38, 0.235), (0.49, 0.235), (0.6, 0.165)]],
    [],
    [[(0.09, 0.26), (0.1, 0.37), (0.32, 0.38), (0.32, 0.26)], [(0.35, 0.26), (0.35, 0.38), (0.56, 0.38), (0.63, 0.26)]],
    [[(0.45, 0.22), (0.45, 0.33), (0.6, 0.33), (0.67, 0.22)]],
    [[(0.55, 0.27), (0.55, 0.4), (0.66, 0.4), (0.77, 0.27)]],
]


def draw(rng, label):
    night, left, hue = rng.random() < 0.3, rng.random() < 0.5, rng.random()
    horizon = rng.uniform(0.35, 0.6)
    canvas = Canvas((128, 128, 128))
    backdrop(canvas, rng, horizon, night)
    paint = hsv(hue, rng.uniform(0.5, 0.9), rng.uniform(0.35, 0.95)) if rng.random() < 0.75 else hsv(0, 0, rng.uniform(0.15, 0.95))
    length, tall = rng.uniform(0.74, 0.94), rng.uniform(0.95, 1.12)
    canvas.place(rng.uniform(0.46, 0.54), rng.uniform(0.5, 0.58), length, rng.normal(0, 2), stretch=-1 if left else 1)
    car(canvas, rng, label, paint, tall)
    canvas.place()
    if rng.random() < 0.3:
        x = rng.uniform(0.1, 0.9)
        canvas.box(x - 0.025, 0, x + 0.025, 1, vary(rng, (90, 80, 70), 30))
    return canvas, {"left": int(left), "night": int(night), "hue": int(hue * 6), "long": int(length > 0.84), "roof": ROOFS[label]}


def backdrop(canvas, rng, horizon, night):
    sky = hsv(rng.uniform(0.52, 0.66), rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.3) if night else rng.uniform(0.6, 0.95))
    canvas.gradient(sky, mix(sky, (230, 225, 215), 0.1 if night else 0.4), 0, horizon)
    for _ in range(rng.integers(1, 6)):
        x, wide, high = rng.uniform(-0.1, 1), rng.uniform(0.1, 0.35), rng.uniform(0.08, 0.35)
        canvas.box(x, horizon - high, x + wide, horizon, vary(rng, shade(sky, rng.uniform(0.55, 1)), 25))
    road = hsv(rng.uniform(0, 0.15), rng.uniform(0, 0.15), rng.uniform(0.15, 0.3) if night else rng.uniform(0.35, 0.6))
    canvas.gradient(shade(road, 1.1), shade(road, 0.8), horizon, 1)


def car(canvas, rng, label, paint, tall):
    up = lambda points: numpy.array([(x, 0.62 - y * tall) for x, y in points])
    outline = up(BODIES[label]) + rng.normal(0, 0.006, (len(BODIES[label]), 2))
    canvas.disc(0.5, 0.73, 0.5, (30, 30, 32), 0.03)
    canvas.polygon(numpy.concatenate([outline, [(0.97, 0.7), (0.03, 0.7)]]), paint)
    glass = mix((45, 60, 75), (190, 210, 225), rng.uniform(0, 0.8))
    for window in WINDOWS[label]:
        canvas.polygon(up(window), glass)
    if label == 4:
        canvas.line(up([(0.58, 0.17), (0.51, 0.27)]), glass, 0.03)
        canvas.polygon(up([(0.26, 0.16), (0.28, 0.21), (0.34, 0.21), (0.36, 0.16)]), shade(paint, 0.45))
    radius = rng.uniform(0.075, 0.09) + (0.02 if label in (5, 6) else 0)
    for x in (0.2, 0.79):
        canvas.disc(x, 0.7, radius, (22, 22, 25))
        canvas.disc(x, 0.7, radius * 0.5, vary(rng, (170, 170, 175), 25))
    canvas.disc(0.965, 0.62 - 0.08 * tall, 0.022, (250, 240, 190))
    canvas.disc(0.025, 0.62 - 0.09 * tall, 0.02, (190, 30, 30))
    canvas.line(smooth(up([(0.05, 0.05), (0.5, 0.06), (0.95, 0.04)])), shade(paint, 0.7), 0.015)
