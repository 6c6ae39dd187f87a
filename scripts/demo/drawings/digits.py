"""In the spirit of MNIST: handwritten digits, light on dark."""

from .canvas import Canvas, hsv
from .glyphs import HOLES, draw_digit

LABEL, ABOUT = "Digits", "Handwritten digits, 0 to 9"
LABELS = [str(digit) for digit in range(10)]
NOISE = {"noise": 9, "light": 0.1, "tint": 3}


def draw(rng, label):
    canvas = Canvas(hsv(0, 0, rng.uniform(0, 0.12)))
    slant, width = rng.normal(0, 0.22), rng.uniform(0.08, 0.2)
    canvas.place(
        *rng.uniform(0.4, 0.6, 2), scale=rng.uniform(0.5, 0.72), turn=rng.normal(0, 9), shear=slant, stretch=rng.uniform(0.55, 0.9)
    )
    draw_digit(canvas, rng, label, hsv(0, 0, rng.uniform(0.7, 1)), width, 0.055)
    if rng.random() < 0.35:
        canvas.place(*rng.uniform(0.15, 0.85, 2), turn=rng.uniform(0, 180))
        canvas.line([(0.2, 0.5), (0.8, 0.5)], hsv(0, 0, rng.uniform(0, 0.8)), rng.uniform(0.02, 0.06))
    return canvas, {"holes": HOLES[label], "slant": int(slant > 0), "width": int(width > 0.14)}
