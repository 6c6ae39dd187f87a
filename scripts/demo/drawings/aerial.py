"""In the spirit of RESISC45: places seen from an aeroplane."""

import numpy

from .canvas import Canvas, hsv, ring, shade, vary

LABEL, ABOUT = "Aerial scenes", "Twelve places seen from an aeroplane"
LABELS = [
    *("airport", "harbour", "crossroads", "roundabout", "bridge", "stadium"),
    *("tennis court", "car park", "storage tanks", "railway", "swimming pools", "wind farm"),
]
NOISE = {"noise": 10, "light": 0.2, "tint": 9}
ROUND = [0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1]
GREY = (120, 120, 125)


def draw(rng, label):
    kind = int(rng.integers(3))
    ground = [
        hsv(rng.uniform(0.2, 0.35), rng.uniform(0.25, 0.5), rng.uniform(0.35, 0.6)),
        hsv(rng.uniform(0.06, 0.13), rng.uniform(0.2, 0.45), rng.uniform(0.45, 0.7)),
        hsv(rng.random(), rng.uniform(0.02, 0.1), rng.uniform(0.5, 0.7)),
    ][kind]
    canvas = Canvas(ground)
    canvas.blotches(rng, [shade(ground, each) for each in (0.85, 0.93, 1.1)], 10, 0.05, 0.25)
    turn = rng.uniform(0, 360)
    canvas.place(*rng.uniform(0.38, 0.62, 2), rng.uniform(0.75, 1.1), turn, rng.normal(0, 0.08))
    PAINTERS[label](canvas, rng, ground)
    if rng.random() < 0.35:
        canvas.place()
        canvas.disc(*rng.uniform(0, 1, 2), rng.uniform(0.08, 0.16), (215, 218, 222))
    return canvas, {"ground": kind, "round": ROUND[label], "turn": int((turn + 22.5) % 180 // 45)}


def plane(canvas, x, y, size, colour):
    canvas.line([(x - size, y), (x + size, y)], colour, size * 0.4)
    canvas.polygon([(x + size * 0.4, y), (x - size * 0.4, y - size), (x - size * 0.1, y), (x - size * 0.4, y + size)], colour)
    canvas.polygon([(x - size * 0.7, y), (x - size * 1.1, y - size * 0.4), (x - size * 1.1, y + size * 0.4)], colour)


def airport(canvas, rng, ground):
    canvas.line([(-0.5, 0.28), (1.5, 0.28)], vary(rng, (95, 95, 100), 15), 0.16)
    for x in numpy.arange(-0.4, 1.4, 0.16):
        canvas.line([(x, 0.28), (x + 0.07, 0.28)], (230, 230, 225), 0.02)
    canvas.box(0.05, 0.5, 1, 0.95, vary(rng, (165, 165, 168), 15))
    for x in rng.permutation([0.2, 0.5, 0.8])[: rng.integers(1, 4)]:
        plane(canvas, x, 0.7 + rng.normal(0, 0.03), rng.uniform(0.1, 0.15), (245, 245, 250))


def harbour(canvas, rng, ground):
    canvas.box(-0.5, -0.5, 1.5, 0.72, vary(rng, (45, 85, 120), 22))
    for x in numpy.arange(0.05, 1, rng.uniform(0.26, 0.36)):
        canvas.line([(x, 0.15), (x, 0.75)], (175, 165, 150), 0.04)
        for y in (0.22, 0.4, 0.58):
            if rng.random() < 0.75:
                side = rng.choice([-1, 1])
                canvas.polygon([(x, y - 0.05), (x + side * 0.13, y - 0.04), (x + side * 0.17, y), (x + side * 0.13, y + 0.04), (x, y + 0.05)], vary(rng, (235, 235, 235), 20))


def roads(canvas, rng, angles, reach=0.95):
    grey, width = vary(rng, GREY, 25), rng.uniform(0.13, 0.2)
    for angle in angles:
        end = (0.5 + reach * numpy.cos(angle), 0.5 + reach * numpy.sin(angle))
        canvas.line([(0.5, 0.5), end], grey, width)
        for share in (0.3, 0.5, 0.7):
            at = numpy.array([0.5, 0.5]) * (1 - share) + numpy.array(end) * share
            canvas.disc(*at, 0.018, (230, 230, 220))
    houses(canvas, rng, 4)
    return grey


def houses(canvas, rng, count):
    for _ in range(count):
        angle = rng.choice(4) * numpy.pi / 2 + numpy.pi / 4
        r = rng.uniform(0.38, 0.65)
        x, y = 0.5 + r * numpy.cos(angle), 0.5 + r * numpy.sin(angle)
        canvas.box(x - 0.07, y - 0.07, x + 0.07, y + 0.07, hsv(rng.uniform(0, 0.1), rng.uniform(0.1, 0.5), rng.uniform(0.5, 0.9)))


def quarters(rng):
    return numpy.arange(4) * numpy.pi / 2 + rng.normal(0, 0.12, 4)


def crossroads(canvas, rng, ground):
    roads(canvas, rng, quarters(rng))


def roundabout(canvas, rng, ground):
    grey = roads(canvas, rng, quarters(rng))
    radius = rng.uniform(0.2, 0.27)
    canvas.disc(0.5, 0.5, radius, grey)
    canvas.disc(0.5, 0.5, radius * 0.5, shade(ground, rng.uniform(0.8, 1.2)))


def bridge(canvas, rng, ground):
    width = rng.uniform(0.25, 0.4)
    canvas.box(0.5 - width, -0.6, 0.5 + width, 1.6, vary(rng, (55, 95, 120), 22))
    canvas.line([(-0.6, 0.5), (1.6, 0.5)], shade(GREY, 0.55), 0.2)
    canvas.line([(-0.6, 0.5), (1.6, 0.5)], vary(rng, (190, 185, 180), 20), 0.12)
    canvas.line([(-0.6, 0.5), (1.6, 0.5)], (110, 110, 112), 0.02)


def stadium(canvas, rng, ground):
    stretch = rng.uniform(0.6, 0.85)
    for radius, colour in ((0.48, (200, 200, 205)), (0.41, (150, 90, 75)), (0.32, (190, 185, 180)), (0.28, (70, 140, 65))):
        canvas.disc(0.5, 0.5, radius, vary(rng, colour, 15), radius * stretch)
    canvas.line([(0.5, 0.5 - 0.26 * stretch), (0.5, 0.5 + 0.26 * stretch)], (225, 230, 225), 0.02)


def tennis(canvas, rng, ground):
    inside = [(60, 110, 160), (60, 130, 80), (180, 95, 65)][rng.integers(3)]
    for x in (0.27, 0.73)[: rng.integers(1, 3)]:
        canvas.box(x - 0.21, 0.1, x + 0.21, 0.9, shade(inside, 0.75))
        canvas.box(x - 0.14, 0.2, x + 0.14, 0.8, inside)
        canvas.line([(x - 0.14, 0.2), (x + 0.14, 0.2), (x + 0.14, 0.8), (x - 0.14, 0.8)], (240, 240, 240), 0.025, closed=True)
        canvas.line([(x - 0.14, 0.5), (x + 0.14, 0.5)], (240, 240, 240), 0.025)
        canvas.line([(x, 0.35), (x, 0.65)], (240, 240, 240), 0.02)


def parking(canvas, rng, ground):
    canvas.box(0, 0, 1, 1, vary(rng, (105, 105, 110), 15))
    for y in (0.13, 0.38, 0.63, 0.88):
        for x in numpy.arange(0.06, 1, 0.125):
            if rng.random() < 0.7:
                paint = hsv(rng.random(), rng.choice([0.05, 0.7]), rng.uniform(0.3, 1))
                canvas.box(x - 0.04, y - 0.09, x + 0.04, y + 0.09, paint)


def tanks(canvas, rng, ground):
    step = rng.uniform(0.28, 0.4)
    for x in numpy.arange(0.15, 1, step):
        for y in numpy.arange(0.15, 1, step):
            if rng.random() < 0.85:
                canvas.disc(x + 0.03, y + 0.03, step * 0.38, shade(ground, 0.5))
                canvas.disc(x, y, step * 0.38, vary(rng, (225, 222, 215), 15))
                canvas.disc(x, y, step * 0.16, vary(rng, (195, 192, 190), 15))


def railway(canvas, rng, ground):
    count = rng.integers(2, 5)
    for i in range(count):
        y = 0.5 + (i - (count - 1) / 2) * rng.uniform(0.2, 0.23)
        canvas.line([(-0.6, y), (1.6, y)], (150, 135, 120), 0.14)
        for x in numpy.arange(-0.5, 1.5, 0.085):
            canvas.line([(x, y - 0.06), (x, y + 0.06)], (85, 70, 60), 0.025)
        if rng.random() < 0.4:
            x, paint = rng.uniform(-0.2, 0.4), hsv(rng.random(), 0.6, rng.uniform(0.5, 0.9))
            for k in range(3):
                canvas.box(x + k * 0.28, y - 0.05, x + k * 0.28 + 0.25, y + 0.05, paint)


def pools(canvas, rng, ground):
    for _ in range(rng.integers(2, 5)):
        (x, y), r = rng.uniform(0.15, 0.85, 2), rng.uniform(0.09, 0.16)
        canvas.disc(x, y, r + 0.05, (225, 215, 200), (r + 0.05) * 0.75)
        canvas.disc(x, y, r, vary(rng, (70, 180, 205), 20), r * 0.7)
    houses(canvas, rng, 2)


def turbines(canvas, rng, ground):
    for _ in range(rng.integers(1, 4)):
        (x, y), r, angle = rng.uniform(0.2, 0.8, 2), rng.uniform(0.18, 0.28), rng.uniform(0, 6.3)
        shadow, white = shade(ground, 0.55), (248, 248, 248)
        for dx, colour in ((0.06, shadow), (0, white)):
            for tip in ring(x + dx, y + dx, r, points=3, turn=angle):
                canvas.line([(x + dx, y + dx), tip], colour, 0.045)


PAINTERS = [airport, harbour, crossroads, roundabout, bridge, stadium, tennis, parking, tanks, railway, pools, turbines]
