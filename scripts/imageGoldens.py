#!/usr/bin/env python3
"""Writes src/data/goldens/images.json: small images, and what Pillow and numpy make of them for CLIP and ViT.

Usage: imageGoldens.py   (needs numpy, and Pillow before 13, which resizes four of these otherwise)

{images: [{width, height, rgb}], resized: [{image, width, height, filter, rgb}], inputs: [{image, config, size, pixels}]}
"""

import usage  # answers --help without the libraries below

import argparse
import json
import pathlib

import numpy as np
from PIL import Image

FILE = pathlib.Path(__file__).resolve().parent.parent / "src" / "data" / "goldens" / "images.json"
FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
CLIP = {
    "image_processor_type": "CLIPImageProcessor",
    "do_center_crop": True,
    "crop_size": {"height": 8, "width": 8},
    "size": {"shortest_edge": 8},
    "resample": 3,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
VIT = {
    "image_processor_type": "ViTImageProcessor",
    "size": {"height": 8, "width": 8},
    "resample": 2,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}


def make(width, height, seed):
    """Noise beside hard edges, so that overshoot is clipped."""
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2] = 255
    rgb[height // 2 :, width // 3 : width // 2] = 0
    return Image.fromarray(rgb)


def flat(image):
    return np.asarray(image).reshape(-1).tolist()


def model_input(image, config, size):
    """CLIP's and ViT's steps as transformers has them, in numpy."""
    width, height = image.size
    if "shortest_edge" in config["size"]:
        short = min(width, height)
        image = image.resize((int(size * width / short), int(size * height / short)), config["resample"])
    else:
        image = image.resize((size, size), config["resample"])
    width, height = image.size
    left, top = (width - size) // 2, (height - size) // 2
    pixels = np.asarray(image, np.float64)[top : top + size, left : left + size] / 255
    return (pixels - config["image_mean"]) / config["image_std"]


def main():
    argparse.ArgumentParser().parse_args()
    images = [make(23, 17, 1), make(9, 14, 2), make(5, 5, 3)]
    sizes = [(8, 8), (23, 6), (11, 17), (40, 31), (1, 1), (7, 13)]
    resized = [
        {
            "image": at,
            "width": width,
            "height": height,
            "filter": name,
            "rgb": flat(image.resize((width, height), kind)),
        }
        for at, image in enumerate(images)
        for width, height in sizes
        for name, kind in FILTERS.items()
    ]
    inputs = [
        {
            "image": at,
            "config": config,
            "size": 8,
            "pixels": [round(value, 7) for value in model_input(image, config, 8).reshape(-1).tolist()],
        }
        for at, image in enumerate(images)
        for config in (CLIP, VIT)
    ]
    thin = make(400, 1, 4)
    images.append(thin)
    inputs.append(
        {
            "image": len(images) - 1,
            "config": CLIP,
            "size": 8,
            "pixels": [round(value, 7) for value in model_input(thin, CLIP, 8).reshape(-1).tolist()],
        }
    )
    made = {
        "images": [{"width": image.width, "height": image.height, "rgb": flat(image)} for image in images],
        "resized": resized,
        "inputs": inputs,
    }
    FILE.write_text(json.dumps(made, separators=(",", ":")), encoding="utf-8")


main()
