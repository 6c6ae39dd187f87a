"""In the spirit of GTSRB: traffic signs in bad light."""

import numpy

from .canvas import Canvas, hsv, ring, shade, vary
from .glyphs import draw_digit

LABEL, ABOUT = "Traffic signs", "Twelve traffic signs in bad light"
LABELS = [
    *("speed limit 30", "speed limit 50", "speed limit 60", "speed limit 80", "stop", "give way", "no entry"),
    *("bend to the left", "bend to the right", "turn left", "turn right", "priority road"),
]
NOISE = {"noise": 9, "light": 0.28, "tint": 10}
RED, BLUE, YELLOW, WHITE, BLACK = (200, 30, 40), (30, 80, 180), (240, 190, 30), (240, 240, 235), (25, 25, 30)
SHAPES = [0, 0, 0, 0, 1, 2, 0, 2, 2, 0, 0, 3]
COLOURS = [0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 3]
TRIANGLE = numpy.array([(0.5, 0.02), (0.98, 0.88), (0.02, 0.88)])


def draw(rng, label):
    canvas = Canvas(hsv(rng.uniform(0.2, 0.65), rng.uniform(0.1, 0.5), rng.uniform(0.3, 0.8)))
    colours = [hsv(rng.uniform(0.05, 0.6), rng.uniform(0.1, 0.6), rng.uniform(0.15, 0.9)) for _ in range(4)]
    canvas.blotches(rng, colours, 7, 0.08, 0.35)
    size = rng.uniform(0.5, 0.85)
    canvas.place(*rng.uniform(0.4, 0.6, 2), size, rng.normal(0, 8), rng.normal(0, 0.1), rng.uniform(0.75, 1.05))
    sign(canvas, rng, label)
    if rng.random() < 0.3:
        canvas.place(*rng.uniform(0, 1, 2), turn=rng.uniform(0, 180))
        canvas.line([(0, 0.5), (1, 0.5)], colours[0], rng.uniform(0.03, 0.08))
    return canvas, {"shape": SHAPES[label], "paint": COLOURS[label], "size": int(size > 0.68)}


def sign(canvas, rng, label):
    red, blue, white, black = (vary(rng, colour, 20) for colour in (RED, BLUE, WHITE, BLACK))
    if label < 4:
        disc(canvas, red, white)
        number(canvas, rng, (3, 5, 6, 8)[label], black)
    elif label == 4:
        canvas.polygon(ring(0.5, 0.5, 0.5, points=8, turn=numpy.pi / 8), red)
        canvas.line([(0.18, 0.5), (0.82, 0.5)], white, 0.2)
        for x in (0.3, 0.45, 0.6, 0.75):
            canvas.line([(x - 0.03, 0.43), (x - 0.03, 0.57)], red, 0.045)
    elif label == 5:
        canvas.polygon(1 - TRIANGLE, red)
        canvas.polygon(0.5 + (1 - TRIANGLE - [0.5, 0.45]) * 0.55 - [0, 0.05], white)
    elif label == 6:
        canvas.disc(0.5, 0.5, 0.5, red)
        canvas.box(0.16, 0.41, 0.84, 0.59, white)
    elif label < 9:
        canvas.polygon(TRIANGLE, red)
        canvas.polygon([0.5, 0.62] + (TRIANGLE - [0.5, 0.6]) * 0.66, white)
        bend = numpy.array([(0.6, 0.8), (0.6, 0.64), (0.44, 0.56), (0.42, 0.38)])
        canvas.line(mirrored(bend, label == 8), black, 0.1)
    elif label < 11:
        canvas.disc(0.5, 0.5, 0.5, blue)
        arrow = numpy.array([(0.62, 0.82), (0.62, 0.48), (0.36, 0.48)])
        canvas.line(mirrored(arrow, label == 10), white, 0.12)
        canvas.polygon(mirrored(numpy.array([(0.38, 0.26), (0.38, 0.7), (0.14, 0.48)]), label == 10), white)
    else:
        canvas.polygon(ring(0.5, 0.5, 0.55, points=4), white)
        canvas.polygon(ring(0.5, 0.5, 0.4, points=4), vary(rng, YELLOW, 20))


def disc(canvas, rim, inside):
    canvas.disc(0.5, 0.5, 0.5, rim)
    canvas.disc(0.5, 0.5, 0.37, inside)


def mirrored(points, yes):
    return numpy.array([1, 0]) + points * [-1, 1] if yes else points


def number(canvas, rng, tens, colour):
    """Two digits side by side within the sign's disc."""
    matrix, offset = canvas.matrix, canvas.offset
    for digit, x in ((tens, 0.24), (0, 0.53)):
        canvas.matrix, canvas.offset = matrix @ numpy.diag([0.23, 0.38]), offset + matrix @ [x, 0.31]
        draw_digit(canvas, rng, digit, shade(colour, 1), 0.26, 0.02)
    canvas.matrix, canvas.offset = matrix, offset
