"""What pretraining teaches in full: plain shapes of any colour, on any ground."""

import numpy

from .canvas import Canvas, hsv, ring, shade

LABEL, ABOUT = "Shapes", "Ten plain shapes: what the base learnt in pretraining"
LABELS = ["circle", "square", "triangle", "star", "cross", "ring", "crescent", "heart", "arrow", "hexagon"]
NOISE = {"noise": 9, "light": 0.2, "tint": 9}


def draw(rng, label):
    hue, other = rng.random(), rng.random()
    back = hsv(other, rng.uniform(0, 0.7), rng.uniform(0.1, 0.95))
    value = rng.uniform(0.65, 1) if sum(back) < 380 else rng.uniform(0.05, 0.45)
    front = hsv(hue, rng.uniform(0.2, 0.9), value)
    canvas = Canvas(back)
    canvas.blotches(rng, [shade(back, each) for each in (0.8, 0.9, 1.12)], 6, 0.08, 0.3)
    size = rng.uniform(0.4, 0.75)
    canvas.place(*rng.uniform(0.38, 0.62, 2), size, rng.normal(0, 15), rng.normal(0, 0.1), rng.uniform(0.8, 1.2))
    outline(canvas, LABELS[label], front, back)
    return canvas, {"shape": label, "hue": int(hue * 6), "size": int(size > 0.58), "dark": int(sum(back) < 380)}


def outline(canvas, name, front, back):
    if name in ("circle", "ring", "crescent"):
        canvas.disc(0.5, 0.5, 0.5, front)
    if name == "ring":
        canvas.disc(0.5, 0.5, 0.28, back)
    elif name == "crescent":
        canvas.disc(0.72, 0.42, 0.42, back)
    elif name == "square":
        canvas.box(0.06, 0.06, 0.94, 0.94, front)
    elif name == "triangle":
        canvas.polygon([(0.5, 0), (1, 0.9), (0, 0.9)], front)
    elif name == "star":
        points = ring(0.5, 0.5, 0.55, points=10, turn=-numpy.pi / 2)
        points[1::2] = 0.5 + (points[1::2] - 0.5) * 0.42
        canvas.polygon(points, front)
    elif name == "cross":
        canvas.box(0.34, 0, 0.66, 1, front)
        canvas.box(0, 0.34, 1, 0.66, front)
    elif name == "heart":
        canvas.disc(0.27, 0.3, 0.26, front)
        canvas.disc(0.73, 0.3, 0.26, front)
        canvas.polygon([(0.03, 0.4), (0.97, 0.4), (0.5, 0.98)], front)
    elif name == "arrow":
        canvas.box(0, 0.36, 0.55, 0.64, front)
        canvas.polygon([(0.5, 0.08), (0.5, 0.92), (1, 0.5)], front)
    elif name == "hexagon":
        canvas.polygon(ring(0.5, 0.5, 0.52, points=6), front)
