"""In the spirit of SUN397: scenes with a horizon, many of them in black and white."""

import numpy
from PIL import Image

from .canvas import BIG, Canvas, hsv, mix, shade, vary

LABEL, ABOUT = "Scenes", "Twelve outdoor scenes"
LABELS = [
    *("beach", "mountains", "forest", "desert", "skyline", "street"),
    *("farmland", "lake", "waterfall", "open sea", "village", "canyon"),
]
NOISE = {"noise": 10, "light": 0.22, "tint": 12}
KINDS = [0, 1, 1, 1, 2, 2, 1, 0, 0, 0, 2, 1]
# Hue, saturation and value above and at the horizon, by the time of day.
SKIES = [((0.58, 0.5, 0.85), (0.56, 0.15, 0.97)), ((0.72, 0.4, 0.55), (0.06, 0.6, 0.95)), ((0.64, 0.6, 0.16), (0.62, 0.45, 0.38)), ((0.6, 0.05, 0.6), (0.6, 0.04, 0.8))]


def draw(rng, label):
    time = int(rng.integers(4))
    top, low = (hsv(h + rng.normal(0, 0.02), s + rng.normal(0, 0.07), v + rng.normal(0, 0.06)) for h, s, v in SKIES[time])
    horizon = rng.uniform(0.35, 0.62)
    canvas = Canvas(low)
    canvas.gradient(top, low, 0, horizon)
    light = (1, 0.85, 0.55, 0.9)[time]
    if time < 3 and rng.random() < 0.5:
        canvas.disc(rng.uniform(0.1, 0.9), rng.uniform(0.08, horizon), rng.uniform(0.04, 0.07), mix(low, (255, 250, 220), 0.9))
    for _ in range(rng.integers(0, 4)):
        canvas.disc(rng.uniform(0, 1), rng.uniform(0, horizon), rng.uniform(0.1, 0.2), mix(low, (255, 255, 255), 0.35), 0.03)
    tone = lambda *colour: vary(rng, shade(colour, light), 14)
    PAINTERS[label](canvas, rng, horizon, tone, low)
    if rng.random() < 0.4:
        x = rng.uniform(0, 1)
        canvas.line([(x, 1), (x + rng.normal(0, 0.05), 0)], tone(55, 45, 40), rng.uniform(0.05, 0.12))
    canvas.image = framed(canvas.image, rng)
    if rng.random() < 0.4:
        canvas.image = canvas.image.convert("L").convert("RGB")
    return canvas, {"time": time, "place": KINDS[label], "horizon": int(horizon > 0.48)}


def framed(image, rng):
    """A part of the picture, at times mirrored."""
    side = int(BIG * rng.uniform(0.7, 1))
    x, y = rng.integers(0, BIG - side + 1, 2)
    part = image.crop((x, y, x + side, y + side)).resize((BIG, BIG), Image.BILINEAR)
    return part.transpose(Image.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else part


def ridge(canvas, rng, base, height, colour, points=7):
    xs = numpy.linspace(-0.1, 1.1, points)
    ys = base - height * rng.uniform(0.2, 1, points)
    canvas.polygon([*zip(xs, ys), (1.1, 1.1), (-0.1, 1.1)], colour)
    return xs, ys


def water(canvas, rng, y0, y1, colour, glint):
    canvas.gradient(colour, shade(colour, 0.75), y0, y1)
    for _ in range(10):
        x, y = rng.uniform(0, 1), rng.uniform(y0, y1)
        canvas.line([(x, y), (x + rng.uniform(0.05, 0.2), y)], mix(colour, glint, 0.4), 0.012)


def beach(canvas, rng, horizon, tone, low):
    shore = horizon + rng.uniform(0.12, 0.22)
    water(canvas, rng, horizon, 1, tone(50, 120, 165), low)
    slope = rng.normal(0, 0.12)
    canvas.polygon([(0, shore - slope), (0.5, shore + 0.03), (1, shore + slope), (1, 1), (0, 1)], tone(225, 200, 150))
    canvas.line([(0, shore - slope), (0.5, shore + 0.03), (1, shore + slope)], tone(245, 245, 240), 0.03)


def mountains(canvas, rng, horizon, tone, low):
    rock = tone(95, 95, 115)
    xs, ys = ridge(canvas, rng, horizon + 0.12, 0.5, rock)
    for x, y in zip(xs, ys):
        if y < horizon - 0.1:
            canvas.polygon([(x, y), (x - 0.07, y + 0.11), (x, y + 0.08), (x + 0.07, y + 0.11)], tone(245, 245, 250))
    ridge(canvas, rng, horizon + 0.25, 0.12, tone(70, 100, 60))


def trees(canvas, rng, y, tone, count, size):
    for _ in range(count):
        x, high = rng.uniform(-0.05, 1.05), size * rng.uniform(0.6, 1.1)
        green = tone(*[(40, 85, 45), (60, 105, 50), (30, 70, 50)][rng.integers(3)])
        canvas.line([(x, y), (x, y - high * 0.4)], tone(75, 55, 40), 0.02)
        canvas.polygon([(x - high * 0.28, y - high * 0.2), (x, y - high), (x + high * 0.28, y - high * 0.2)], green)


def forest(canvas, rng, horizon, tone, low):
    canvas.box(0, horizon, 1, 1, tone(75, 90, 50))
    for y in (horizon + 0.05, horizon + 0.2, horizon + 0.4):
        trees(canvas, rng, y, tone, 9, rng.uniform(0.4, 0.6))


def desert(canvas, rng, horizon, tone, low):
    canvas.box(0, horizon, 1, 1, tone(215, 170, 105))
    for step in (0.02, 0.2, 0.38):
        bend, sand = rng.normal(0, 0.06, 4), tone(*[(205, 155, 90), (230, 185, 120)][rng.integers(2)])
        canvas.polygon([*zip((0, 0.33, 0.66, 1), horizon + step + bend), (1, 1), (0, 1)], sand)
    if rng.random() < 0.4:
        x, y = rng.uniform(0.15, 0.85), horizon + rng.uniform(0.05, 0.25)
        canvas.line([(x, y), (x, y - 0.16)], tone(60, 100, 60), 0.035)
        canvas.line([(x, y - 0.07), (x + 0.06, y - 0.07), (x + 0.06, y - 0.13)], tone(60, 100, 60), 0.025)


def windows(canvas, rng, x, y, wide, bottom, colour):
    for wx in numpy.arange(x + 0.025, x + wide - 0.015, 0.045):
        for wy in numpy.arange(y + 0.03, bottom, 0.06):
            if rng.random() < 0.55:
                canvas.box(wx, wy, wx + 0.02, wy + 0.03, colour)


def skyline(canvas, rng, horizon, tone, low):
    foot = horizon + 0.15
    for _ in range(9):
        x, wide = rng.uniform(-0.1, 1), rng.uniform(0.09, 0.17)
        y = foot - rng.uniform(0.15, 0.55)
        canvas.box(x, y, x + wide, foot, tone(*[(85, 95, 115), (115, 115, 125), (70, 75, 95)][rng.integers(3)]))
        windows(canvas, rng, x, y, wide, foot, (240, 220, 150))
    canvas.box(0, foot, 1, 1, tone(*[(90, 110, 80), (70, 100, 130)][rng.integers(2)]))


def street(canvas, rng, horizon, tone, low):
    eye = rng.uniform(0.4, 0.6)
    canvas.box(0, horizon, 1, 1, tone(150, 145, 140))
    for side in (0, 1):
        wall, edge = tone(*[(160, 110, 90), (180, 165, 140), (130, 125, 130)][rng.integers(3)]), 0 if side == 0 else 1
        far, high = eye + (side - 0.5) * 0.24, rng.uniform(0, 0.15)
        canvas.polygon([(edge, high - 0.05), (far, horizon - 0.15), (far, horizon + 0.02), (edge, horizon + 0.28)], wall)
        for share in (0.15, 0.4, 0.65):
            x = edge + (far - edge) * share
            canvas.box(x - 0.03, horizon - 0.22 + share * 0.12, x + 0.03, horizon - 0.1 + share * 0.08, shade(wall, 0.55))
    canvas.polygon([(eye - 0.06, horizon), (eye + 0.06, horizon), (0.95, 1), (0.05, 1)], tone(85, 85, 90))
    canvas.line([(eye, horizon + 0.05), (0.5, 1)], tone(230, 225, 200), 0.02)


def farmland(canvas, rng, horizon, tone, low):
    canvas.box(0, horizon, 1, 1, tone(120, 150, 60))
    eye, colours = rng.uniform(0.2, 0.8), [tone(190, 175, 75), tone(110, 145, 60), tone(150, 120, 75)]
    edges = numpy.linspace(-1.2, 2.2, 11)
    for i, (a, b) in enumerate(zip(edges, edges[1:])):
        canvas.polygon([(eye + (a - 0.5) * 0.12, horizon), (eye + (b - 0.5) * 0.12, horizon), (b, 1), (a, 1)], colours[i % 3])
    if rng.random() < 0.6:
        x = rng.uniform(0.05, 0.8)
        canvas.box(x, horizon - 0.09, x + 0.16, horizon + 0.03, tone(165, 60, 50))
        canvas.polygon([(x - 0.02, horizon - 0.09), (x + 0.08, horizon - 0.17), (x + 0.18, horizon - 0.09)], tone(90, 85, 85))


def lake(canvas, rng, horizon, tone, low):
    hill = tone(75, 100, 80)
    ridge(canvas, rng, horizon, rng.uniform(0.15, 0.3), hill)
    water(canvas, rng, horizon, 1, mix(tone(75, 120, 150), low, 0.3), shade(hill, 0.8))
    bank = rng.uniform(0.8, 0.92)
    canvas.polygon([(0, bank), (0.5, bank + 0.06), (1, bank - 0.02), (1, 1), (0, 1)], tone(85, 105, 60))


def waterfall(canvas, rng, horizon, tone, low):
    rock = tone(85, 85, 80)
    top = horizon - rng.uniform(0.1, 0.25)
    ridge(canvas, rng, top, 0.1, rock)
    x, wide, foot = rng.uniform(0.3, 0.7), rng.uniform(0.08, 0.16), rng.uniform(0.72, 0.85)
    canvas.blotches(rng, [shade(rock, 0.7), shade(rock, 1.2), tone(60, 95, 55)], 18, 0.03, 0.1, top + 0.1, foot)
    canvas.polygon([(x - wide, top), (x + wide, top), (x + wide * 1.3, foot), (x - wide * 1.3, foot)], tone(225, 235, 242))
    for at in numpy.linspace(-0.6, 0.6, 3):
        canvas.line([(x + at * wide, top), (x + at * wide * 1.3, foot)], tone(170, 195, 215), 0.018)
    canvas.box(0, foot, 1, 1, tone(70, 115, 135))
    canvas.disc(x, foot, wide * 1.8, tone(235, 240, 245), 0.045)


def sea(canvas, rng, horizon, tone, low):
    water(canvas, rng, horizon, 1, tone(35, 85, 130), low)
    for y in numpy.arange(horizon + 0.08, 1, 0.13):
        xs = numpy.linspace(0, 1, 9)
        canvas.line(numpy.stack([xs, y + rng.normal(0, 0.015, 9)], 1), tone(90, 140, 175), 0.015)
    if rng.random() < 0.4:
        x = rng.uniform(0.15, 0.85)
        canvas.polygon([(x - 0.09, horizon), (x + 0.09, horizon), (x + 0.06, horizon + 0.05), (x - 0.06, horizon + 0.05)], tone(90, 60, 50))
        canvas.polygon([(x, horizon - 0.18), (x, horizon - 0.01), (x + 0.09, horizon - 0.01)], tone(245, 245, 240))


def village(canvas, rng, horizon, tone, low):
    ridge(canvas, rng, horizon + 0.05, 0.1, tone(90, 120, 70))
    canvas.box(0, horizon + 0.05, 1, 1, tone(105, 140, 70))
    for y in (horizon + 0.12, horizon + 0.3):
        for x in rng.uniform(-0.05, 0.9, 4):
            wide, high = rng.uniform(0.12, 0.2), rng.uniform(0.09, 0.14)
            canvas.box(x, y - high, x + wide, y, tone(225, 210, 185))
            canvas.polygon([(x - 0.02, y - high), (x + wide / 2, y - high - 0.1), (x + wide + 0.02, y - high)], tone(165, 75, 55))
            canvas.box(x + wide * 0.4, y - high * 0.6, x + wide * 0.6, y - high * 0.2, tone(70, 70, 85))
    trees(canvas, rng, horizon + 0.45, tone, 3, 0.25)


def canyon(canvas, rng, horizon, tone, low):
    for side in (0, 1):
        for share, colour in ((1, (150, 80, 55)), (0.75, (180, 100, 65)), (0.5, (130, 65, 50))):
            reach = rng.uniform(0.3, 0.45) * share + 0.05
            top = horizon - 0.3 * rng.uniform(0.5, 1) * share + 0.05
            xs = [0, reach * 0.6, reach * 0.8, reach]
            if side:
                xs = [1 - x for x in xs]
            canvas.polygon([*zip(xs, [top, top + 0.03, top + 0.2, 0.95]), (xs[0], 1)], tone(*colour))
    canvas.polygon([(0, 0.9), (0.5, horizon + 0.25), (1, 0.9), (1, 1), (0, 1)], tone(200, 140, 95))


PAINTERS = [beach, mountains, forest, desert, skyline, street, farmland, lake, waterfall, sea, village, canyon]
