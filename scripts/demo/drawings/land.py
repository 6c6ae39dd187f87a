"""In the spirit of EuroSAT: land use seen from a satellite, through clouds and often in false colours."""

import numpy

from PIL import Image

from .canvas import Canvas, clip, hsv, shade, smooth, vary

LABEL, ABOUT = "Land use", "Land use as a satellite sees it"
LABELS = ["cropland", "forest", "pasture", "orchard", "scrub", "motorway", "industry", "housing", "river", "lake"]
NOISE = {"noise": 10, "light": 0.25, "tint": 12}
SURFACES = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2]


def draw(rng, label):
    green = hsv(rng.uniform(0.18, 0.36), rng.uniform(0.2, 0.55), rng.uniform(0.3, 0.6))
    dry = rng.random() < 0.4
    ground = hsv(rng.uniform(0.08, 0.14), rng.uniform(0.25, 0.5), rng.uniform(0.4, 0.65)) if dry else green
    canvas = Canvas(ground)
    turn = rng.uniform(0, 180)
    patches(canvas, rng, ground)
    canvas.place(*rng.uniform(0.42, 0.58, 2), turn=turn, scale=rng.uniform(0.85, 1.15))
    PAINTERS[label](canvas, rng, ground)
    canvas.place()
    if rng.random() < 0.4:
        for _ in range(rng.integers(2, 5)):
            canvas.disc(*rng.uniform(0.1, 0.9, 2), rng.uniform(0.08, 0.2), vary(rng, (215, 218, 222), 20), rng.uniform(0.06, 0.15))
    if rng.random() < 0.7:
        bands = canvas.image.split()
        canvas.image = Image.merge("RGB", [bands[i] for i in rng.permutation(3)])
    return canvas, {"surface": SURFACES[label], "dry": int(dry), "turn": int((turn + 22.5) % 180 // 45)}


def patches(canvas, rng, ground):
    for _ in range(rng.integers(2, 5)):
        canvas.place(*rng.uniform(0, 1, 2), turn=rng.uniform(0, 180))
        canvas.box(0.1, 0.2, 0.9, rng.uniform(0.4, 0.8), vary(rng, shade(ground, rng.uniform(0.85, 1.15)), 10))


def crops(canvas, rng, ground):
    x = -0.5
    while x < 1.5:
        width = rng.uniform(0.15, 0.4)
        field = vary(rng, hsv(rng.uniform(0.1, 0.3), rng.uniform(0.2, 0.6), rng.uniform(0.4, 0.8)), 10)
        canvas.box(x, -0.5, x + width, 1.5, field)
        for at in numpy.arange(x, x + width, 0.06):
            canvas.line([(at, -0.5), (at, 1.5)], shade(field, 0.86), 0.016)
        x += width


def forest(canvas, rng, ground):
    wood = hsv(rng.uniform(0.27, 0.4), rng.uniform(0.35, 0.6), rng.uniform(0.18, 0.34))
    canvas.box(-0.5, -0.5, 1.5, 1.5, wood)
    canvas.blotches(rng, [shade(wood, each) for each in (0.7, 0.85, 1.25, 1.45)], 90, 0.03, 0.07)


def pasture(canvas, rng, ground):
    meadow = hsv(rng.uniform(0.2, 0.3), rng.uniform(0.35, 0.6), rng.uniform(0.45, 0.7))
    canvas.box(-0.5, -0.5, 1.5, 1.5, meadow)
    canvas.blotches(rng, [shade(meadow, each) for each in (0.93, 1.07)], 8, 0.1, 0.3)
    for y in rng.uniform(0, 1, 2):
        canvas.line([(-0.5, y), (1.5, y + rng.normal(0, 0.1))], shade(meadow, 0.65), 0.03)
    canvas.blotches(rng, [shade(meadow, 0.55)], int(rng.integers(1, 6)), 0.02, 0.05)


def orchard(canvas, rng, ground):
    step = rng.uniform(0.11, 0.17)
    tree = hsv(rng.uniform(0.22, 0.36), rng.uniform(0.4, 0.6), rng.uniform(0.2, 0.36))
    soil = hsv(rng.uniform(0.08, 0.2), rng.uniform(0.25, 0.45), rng.uniform(0.5, 0.68))
    canvas.box(-0.5, -0.5, 1.5, 1.5, soil)
    for x in numpy.arange(-0.5, 1.5, step):
        for y in numpy.arange(-0.5, 1.5, step):
            dx, dy = rng.normal(0, 0.008, 2)
            canvas.disc(x + dx, y + dy, step * 0.32, vary(rng, tree, 12))


def scrub(canvas, rng, ground):
    bush = hsv(rng.uniform(0.18, 0.34), rng.uniform(0.3, 0.5), rng.uniform(0.22, 0.4))
    canvas.blotches(rng, [bush, shade(bush, 1.3), shade(ground, 1.15)], 40, 0.015, 0.06)


def motorway(canvas, rng, ground):
    bend = rng.normal(0, 0.15)
    path = smooth([(-0.5, 0.5 - bend), (0.2, 0.5), (0.8, 0.5 + bend / 2), (1.5, 0.5 - bend)])
    grey = hsv(0.6, 0.05, rng.uniform(0.45, 0.7))
    canvas.line(path, grey, rng.uniform(0.12, 0.19))
    canvas.line(path, shade(grey, 0.65), 0.02)
    for x in rng.uniform(0, 1, rng.integers(0, 5)):
        canvas.disc(x, 0.5 + rng.choice([-0.04, 0.04]), 0.02, (235, 235, 235))
    if rng.random() < 0.4:
        canvas.line([(0.6, 0.5), (1.1, 1.2)], grey, 0.06)


def industry(canvas, rng, ground):
    canvas.box(-0.5, -0.5, 1.5, 1.5, hsv(0.1, 0.08, rng.uniform(0.45, 0.6)))
    for _ in range(rng.integers(3, 6)):
        (x, y), (w, h) = rng.uniform(-0.1, 0.85, 2), rng.uniform(0.18, 0.45, 2)
        roof = vary(rng, hsv(rng.random(), 0.1, rng.uniform(0.6, 0.95)), 12)
        canvas.box(x + 0.03, y + 0.03, x + w + 0.03, y + h + 0.03, (60, 60, 65))
        canvas.box(x, y, x + w, y + h, roof)
        canvas.line([(x, y + h / 2), (x + w, y + h / 2)], shade(roof, 0.85), 0.02)


def housing(canvas, rng, ground):
    step, roof = rng.uniform(0.17, 0.24), hsv(rng.uniform(0, 0.08), rng.uniform(0.15, 0.6), rng.uniform(0.45, 0.75))
    for i, y in enumerate(numpy.arange(-0.4, 1.4, step)):
        if i % 3 == 0:
            canvas.line([(-0.5, y), (1.5, y)], (150, 150, 150), 0.06)
            continue
        for x in numpy.arange(-0.4, 1.4, step):
            dx, dy = rng.normal(0, 0.015, 2)
            canvas.box(x + dx, y + dy - 0.05, x + dx + step * 0.6, y + dy + 0.05, vary(rng, roof, 30))
            canvas.disc(x + step * 0.8, y + dy, 0.03, (60, 90, 50))


def river(canvas, rng, ground):
    water = hsv(rng.uniform(0.48, 0.62), rng.uniform(0.3, 0.6), rng.uniform(0.3, 0.55))
    xs = numpy.linspace(-0.5, 1.5, 8)
    path = smooth(numpy.stack([xs, 0.5 + rng.normal(0, 0.11, 8)], 1))
    width = rng.uniform(0.12, 0.24)
    canvas.line(path, shade(ground, 0.8), width + 0.05)
    canvas.line(path, water, width)


def lake(canvas, rng, ground):
    water = hsv(rng.uniform(0.5, 0.63), rng.uniform(0.35, 0.7), rng.uniform(0.22, 0.5))
    size = rng.uniform(0.25, 0.6)
    shore = ring_of(rng, size)
    canvas.polygon(shore, shade(water, clip(rng.uniform(1, 1.5), 1, 1.5)))
    canvas.polygon(0.5 + (shore - 0.5) * 0.92, water)


def ring_of(rng, size):
    angles = numpy.linspace(0, 2 * numpy.pi, 9)[:-1]
    radii = size * rng.uniform(0.65, 1.1, 8)
    points = numpy.stack([0.5 + radii * numpy.cos(angles), 0.5 + radii * numpy.sin(angles)], 1)
    return smooth(points, closed=True)


PAINTERS = [crops, forest, pasture, orchard, scrub, motorway, industry, housing, river, lake]
