"""A canvas of 128 × 128 pixels in coordinates 0 … 1 (y down), and its reduction to a tile of 32 × 32."""

import colorsys
import math

import numpy
from PIL import Image, ImageDraw

TILE = 32
BIG = 4 * TILE
LEVELS = 16


def hsv(hue, saturation, value):
    """0 … 255 of each colour; the hue is cyclic."""
    return tuple(int(round(255 * each)) for each in colorsys.hsv_to_rgb(hue % 1, clip(saturation), clip(value)))


def clip(x, low=0.0, high=1.0):
    return max(low, min(high, float(x)))


def mix(one, other, share):
    return tuple(int(round(a + (b - a) * share)) for a, b in zip(one, other))


def shade(colour, factor):
    return tuple(int(clip(each * factor, 0, 255)) for each in colour)


def vary(rng, colour, spread):
    """A colour near another, by up to `spread` in each channel."""
    return tuple(int(clip(each + rng.uniform(-spread, spread), 0, 255)) for each in colour)


def ring(x, y, rx, ry=None, points=20, turn=0.0):
    """Points of an ellipse."""
    angles = numpy.linspace(0, 2 * math.pi, points, endpoint=False) + turn
    return numpy.stack([x + rx * numpy.cos(angles), y + (rx if ry is None else ry) * numpy.sin(angles)], 1)


def smooth(points, closed=False, steps=5):
    """A Catmull-Rom spline through the points."""
    p = numpy.asarray(points, float)
    if len(p) < 3:
        return p
    ends = (p[-1:], p[:2]) if closed else (p[:1], p[-1:])
    p = numpy.concatenate([ends[0], p, ends[1]])
    a, b, c, d = (p[i : len(p) - 3 + i, None] for i in range(4))
    t = numpy.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = b + (c - a) * t / 2 + (a - 2.5 * b + 2 * c - d / 2) * t**2 + ((d - a) / 2 + 1.5 * (b - c)) * t**3
    return numpy.concatenate([curve.reshape(-1, 2), p[-2:-1]])


class Canvas:
    def __init__(self, colour):
        self.image = Image.new("RGB", (BIG, BIG), tuple(colour))
        self.pen = ImageDraw.Draw(self.image)
        self.matrix, self.offset = numpy.eye(2), numpy.zeros(2)

    def place(self, x=0.5, y=0.5, scale=1.0, turn=0.0, shear=0.0, stretch=1.0):
        """What is drawn next is turned (degrees), slanted and scaled about the middle, which comes to (x, y)."""
        angle = math.radians(turn)
        rotation = numpy.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        self.matrix = rotation @ numpy.array([[1, -shear], [0, 1]]) @ numpy.diag([scale * stretch, scale])
        self.offset = numpy.array([x, y]) - self.matrix @ [0.5, 0.5]

    def at(self, points):
        return [tuple(p) for p in (numpy.asarray(points, float) @ self.matrix.T + self.offset) * BIG]

    def polygon(self, points, colour):
        self.pen.polygon(self.at(points), fill=colour)

    def box(self, x0, y0, x1, y1, colour):
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)

    def disc(self, x, y, r, colour, ry=None):
        self.polygon(ring(x, y, r, ry), colour)

    def line(self, points, colour, width, closed=False):
        """Round at its ends; the width is in the canvas' unit before placing."""
        at = self.at(points)
        pixels = max(1, width * BIG * math.sqrt(abs(numpy.linalg.det(self.matrix))))
        at = at + at[:1] if closed else at
        self.pen.line(at, fill=colour, width=max(1, int(round(pixels))), joint="curve")
        for x, y in (at[0], at[-1]) if pixels > 3 else ():
            r = pixels / 2 - 0.5
            self.pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def gradient(self, top, bottom, y0=0.0, y1=1.0):
        """Rows from y0 to y1, whatever the placing."""
        first, last = int(y0 * BIG), int(y1 * BIG)
        for y in range(first, last):
            self.pen.line((0, y, BIG, y), fill=mix(top, bottom, (y - first) / max(1, last - first)))

    def blotches(self, rng, colours, count, low, high, y0=0.0, y1=1.0):
        """Soft-edged clutter: ellipses of sizes low … high."""
        for _ in range(count):
            x, y, r = rng.uniform(-0.1, 1.1), rng.uniform(y0, y1), rng.uniform(low, high)
            self.disc(x, y, r, colours[rng.integers(len(colours))], r * rng.uniform(0.5, 1.5))


def tile(canvas, rng, noise=10.0, light=0.15, tint=12.0):
    """[32, 32, 3] uint8 of 16 levels: reduced, in another light and tint, with noise."""
    pixels = numpy.asarray(canvas.image.reduce(BIG // TILE), numpy.float32)
    pixels = (pixels - 128) * rng.uniform(1 - 2 * light, 1.05) + 128 + 255 * rng.uniform(-light, light) * 0.6
    pixels = pixels + rng.normal(0, tint, 3) + rng.normal(0, noise, (TILE, TILE, 1)) + rng.normal(0, noise / 3, (TILE, TILE, 3))
    step = 255 / (LEVELS - 1)
    return (numpy.clip(numpy.round(pixels / step), 0, LEVELS - 1) * step).round().astype(numpy.uint8)
