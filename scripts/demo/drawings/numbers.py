"""In the spirit of SVHN: the middle digit of a house number, between its neighbours."""

from .canvas import Canvas, hsv, mix, shade
from .glyphs import HOLES, draw_digit

LABEL, ABOUT = "House numbers", "The middle digit of a painted house number"
LABELS = [str(digit) for digit in range(10)]
NOISE = {"noise": 13, "light": 0.2, "tint": 10}


def draw(rng, label):
    light = rng.random() < 0.5
    hue = rng.random()
    wall = hsv(hue, rng.uniform(0.1, 0.7), rng.uniform(0.2, 0.45) if light else rng.uniform(0.6, 0.95))
    paint = hsv(rng.random(), rng.uniform(0, 0.6), rng.uniform(0.75, 1) if light else rng.uniform(0.05, 0.35))
    canvas = Canvas(wall)
    canvas.gradient(shade(wall, rng.uniform(0.75, 1.2)), shade(wall, rng.uniform(0.75, 1.2)))
    clutter(canvas, rng, wall)
    paint = mix(paint, wall, rng.uniform(0.1, 0.5))
    scale, turn, width = rng.uniform(0.45, 0.7), rng.normal(0, 9), rng.uniform(0.1, 0.19)
    x, y, apart = rng.uniform(0.45, 0.55), rng.uniform(0.43, 0.57), scale * rng.uniform(0.68, 0.85)
    sides = [side for side in (-1, 1) if rng.random() < 0.75]
    for side in [*sides, 0]:
        digit = label if side == 0 else int(rng.integers(10))
        canvas.place(x + side * apart, y + side * apart * turn / 57, scale, turn, stretch=0.62)
        draw_digit(canvas, rng, digit, paint, width, 0.025)
    return canvas, {"holes": HOLES[label], "light": int(light), "neighbours": len(sides), "hue": int(hue * 6)}


def clutter(canvas, rng, wall):
    for _ in range(rng.integers(1, 5)):
        colour = shade(wall, rng.uniform(0.7, 1.3))
        canvas.place(*rng.uniform(0, 1, 2), turn=rng.uniform(0, 180))
        canvas.box(0.2, 0.4, 0.8, 0.4 + rng.uniform(0.05, 0.3), colour)
    canvas.place()
