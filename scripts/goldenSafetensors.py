"""Writes, as hex, the file that the safetensors library makes of a few tensors: the expected value of
src/formats/writeSafetensors.test.ts.

Usage: goldenSafetensors.py   (needs safetensors and numpy)"""

import usage  # answers --help without the libraries below

import argparse

import numpy
from safetensors.numpy import save

argparse.ArgumentParser().parse_args()
tensors = {
    "b.weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3),
    "a.weight": numpy.arange(2, dtype=numpy.float16),
    "é🧵": numpy.array(7, dtype=numpy.float32),
    "flag": numpy.array([True]),
    "ids": numpy.arange(2, dtype=numpy.int64),
    "empty": numpy.zeros((0, 3), dtype=numpy.float32),
    'quote"\\\n': numpy.arange(3, dtype=numpy.uint8),
}
print(save(tensors, {"format": "pt"}).hex())
