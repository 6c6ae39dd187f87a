"""In the spirit of DTD: textures at any scale, turn and colour."""

import numpy

from .canvas import Canvas, hsv, mix, ring, smooth

LABEL, ABOUT = "Textures", "Ten textures of any colour and scale"
LABELS = ["striped", "zigzagged", "chequered", "dotted", "grid", "honeycombed", "scaly", "cracked", "marbled", "woven"]
NOISE = {"noise": 10, "light": 0.2, "tint": 8}
FAMILIES = [0, 0, 1, 2, 1, 2, 2, 0, 0, 1]
SPAN = numpy.linspace(-0.7, 1.7, 40)


def draw(rng, label):
    hue, other = rng.random(), rng.random()
    back = hsv(hue, rng.uniform(0.1, 0.8), rng.uniform(0.5, 1))
    front = mix(hsv(other, rng.uniform(0.1, 0.8), rng.uniform(0.05, 0.45)), back, rng.uniform(0, 0.35))
    if rng.random() < 0.5:
        back, front = front, back
    canvas = Canvas(back)
    step, turn = rng.uniform(0.13, 0.28), rng.uniform(0, 180)
    canvas.place(*rng.uniform(0.4, 0.6, 2), turn=turn, shear=rng.normal(0, 0.1))
    PAINTERS[label](canvas, rng, step, back, front)
    return canvas, {"hue": int(hue * 6), "turn": int((turn + 22.5) % 180 // 45), "step": int(step > 0.2), "family": FAMILIES[label]}


def places(rng, step, wobble):
    return [at + rng.normal(0, wobble * step) for at in numpy.arange(-0.7, 1.7, step)]


def striped(canvas, rng, step, back, front):
    width = rng.uniform(0.35, 0.6)
    for y in places(rng, step, 0.06):
        canvas.line([(-0.7, y), (1.7, y)], front, step * width)


def zigzagged(canvas, rng, step, back, front):
    height, length = step * rng.uniform(0.35, 0.6), step * rng.uniform(0.8, 1.3)
    xs = numpy.arange(-0.7, 1.7, length / 2)
    for y in places(rng, step, 0.03):
        canvas.line([(x, y + height * (i % 2 - 0.5)) for i, x in enumerate(xs)], front, step * rng.uniform(0.3, 0.45))


def chequered(canvas, rng, step, back, front):
    for i, x in enumerate(numpy.arange(-0.7, 1.7, step)):
        for j, y in enumerate(numpy.arange(-0.7, 1.7, step)):
            if (i + j) % 2:
                canvas.box(x, y, x + step, y + step, front)


def dotted(canvas, rng, step, back, front):
    radius = step * rng.uniform(0.26, 0.4)
    for j, y in enumerate(numpy.arange(-0.7, 1.7, step)):
        for x in numpy.arange(-0.7, 1.7, step):
            dx, dy = rng.normal(0, 0.07 * step, 2)
            canvas.disc(x + dx + (j % 2) * step / 2, y + dy, radius, front)


def grid(canvas, rng, step, back, front):
    width = step * rng.uniform(0.16, 0.3)
    for at in places(rng, step, 0.03):
        canvas.line([(-0.7, at), (1.7, at)], front, width)
        canvas.line([(at, -0.7), (at, 1.7)], front, width)


def honeycombed(canvas, rng, step, back, front):
    radius, width = step * 0.66, step * rng.uniform(0.14, 0.26)
    for j, y in enumerate(numpy.arange(-0.7, 1.7, radius * 1.5)):
        for x in numpy.arange(-0.7, 1.7, radius * 3**0.5):
            canvas.line(ring(x + (j % 2) * radius * 0.866, y, radius, points=6, turn=numpy.pi / 6), front, width, closed=True)


def scaly(canvas, rng, step, back, front):
    radius = step * rng.uniform(0.55, 0.65)
    for j, y in enumerate(numpy.arange(-0.7, 1.7, step * 0.5)):
        for x in numpy.arange(-0.7, 1.7, step):
            at = x + (j % 2) * step / 2
            canvas.disc(at, -y + 1, radius, front)
            canvas.disc(at, -y + 1 - step * 0.12, radius * 0.86, back)


def cracked(canvas, rng, step, back, front):
    for _ in range(int(1.1 / step) + 2):
        at, heading, path = rng.uniform(0, 1, 2), rng.uniform(0, 2 * numpy.pi), []
        for _ in range(9):
            path.append(at)
            heading += rng.normal(0, 0.7)
            at = at + 0.14 * numpy.array([numpy.cos(heading), numpy.sin(heading)])
            if rng.random() < 0.3:
                side = heading + rng.choice([-1.1, 1.1])
                canvas.line([at, at + 0.2 * numpy.array([numpy.cos(side), numpy.sin(side)])], front, 0.025)
        canvas.line(path, front, rng.uniform(0.025, 0.05))


def marbled(canvas, rng, step, back, front):
    phase, bend = rng.uniform(0, 6.3, 3), rng.uniform(0.6, 1.3)
    for y in places(rng, step, 0.2):
        wave = numpy.sin(SPAN * 5 + phase[0] + y * 2) + 0.6 * numpy.sin(SPAN * 11 + phase[1] + y * 4)
        points = numpy.stack([SPAN, y + bend * step * 0.7 * wave], 1)
        canvas.line(smooth(points, steps=2), mix(front, back, rng.uniform(0, 0.5)), step * rng.uniform(0.15, 0.5))


def woven(canvas, rng, step, back, front):
    middle = mix(back, front, 0.5)
    for i, x in enumerate(numpy.arange(-0.7, 1.7, step)):
        for j, y in enumerate(numpy.arange(-0.7, 1.7, step)):
            if (i + j) % 2:
                canvas.box(x - step * 0.2, y + step * 0.15, x + step * 1.2, y + step * 0.85, front)
            else:
                canvas.box(x + step * 0.15, y - step * 0.2, x + step * 0.85, y + step * 1.2, middle)


PAINTERS = [striped, zigzagged, chequered, dotted, grid, honeycombed, scaly, cracked, marbled, woven]
