#!/usr/bin/env python3
"""Writes src/merge/goldens/mergekit/: four small checkpoints, configurations of mergekit, and what mergekitReference.py
makes of them.

Usage: mergekitGoldens.py [--check]   (--check compares with what is committed, and writes nothing)
"""

import usage  # answers --help without the libraries below

import json
import pathlib

import numpy as np

from goldenFiles import keep_or_check
from mergekitReference import merge
from reference import write_safetensors

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "merge" / "goldens" / "mergekit"
BLOCK = "roberta.encoder.layer"

SHAPES = {
    "roberta.embeddings.word_embeddings.weight": (11, 7),
    **{
        f"{BLOCK}.{i}.{name}": shape
        for i in range(3)
        for name, shape in {
            "attention.self.query.weight": (13, 19),
            "attention.self.query.bias": (13,),
            "output.dense.weight": (17, 40),
        }.items()
    },
    "lm_head.bias": (11,),
}

# Configurations by name; a model of "models" is its name and parameters.
LIST, FILTERS = [1, 0.4, 0.1], [{"filter": "attention", "value": 0.7}, {"filter": "dense", "value": [0.2, 1]}, {"value": 0.5}]

CASES = {
    "linear": ("linear", None, {"a": {"weight": 0.5}, "b": {"weight": 1.25}, "c": {"weight": 0.3}}, {}),
    "linear-sum": ("linear", None, {"a": {"weight": 0.5}, "b": {"weight": -0.25}}, {"normalize": False}),
    "linear-negative": ("linear", "base", {"a": {"weight": -2}, "base": {"weight": 1}}, {}),
    "linear-base": ("linear", "base", {"a": {}, "b": {}}, {"weight": [0.2, 1]}),
    "slerp": ("slerp", "a", {"a": {}, "b": {}}, {"t": 0.3}),
    "slerp-gradient": (
        "slerp",
        "b",
        {"a": {}, "b": {}},
        {"t": [{"filter": "attention", "value": [0, 0.5, 1]}, {"filter": "dense", "value": [1, 0]}, {"value": 0.5}]},
    ),
    "nuslerp": ("nuslerp", "base", {"b": {"weight": 1}, "c": {"weight": 0.25}}, {}),
    "nuslerp-baseless": ("nuslerp", None, {"b": {"weight": 1}, "c": {"weight": 0.25}}, {"int8_mask": True}),
    "multislerp": ("multislerp", "base", {"a": {"weight": 0.5}, "b": {"weight": 1}, "c": {"weight": 2}}, {}),
    "multislerp-baseless": (
        "multislerp",
        None,
        {"a": {"weight": 0.5}, "b": {"weight": 1}, "c": {"weight": 2}},
        {"normalize_weights": False},
    ),
    "karcher": ("karcher", None, {"a": {}, "b": {}, "c": {}}, {"max_iter": 4}),
    "karcher-base": ("karcher", "base", {"a": {}, "b": {}}, {}),
    "model_stock": ("model_stock", "base", {"a": {}, "b": {}, "c": {}}, {}),
    "task_arithmetic": ("task_arithmetic", "base", {"a": {"weight": 0.6}, "b": {"weight": -0.3}}, {"lambda": 0.7}),
    "task_arithmetic-mean": (
        "task_arithmetic",
        "base",
        {"base": {}, "a": {"weight": FILTERS}, "b": {"weight": LIST}},
        {"normalize": True},
    ),
    "ties": (
        "ties",
        "base",
        {
            "base": {},
            "a": {"weight": 1, "density": LIST},
            "b": {"weight": LIST, "density": 0.5},
            "c": {"weight": FILTERS, "density": 0.33},
        },
        {"int8_mask": True, "normalize": True},
    ),
    "ties-even": ("ties", "base", {"a": {"weight": 1}, "b": {"weight": 1}}, {"density": 0.6, "lambda": 1.1}),
    "ties-negative": ("ties", "base", {"a": {"weight": -1}, "b": {"weight": 1}}, {"density": FILTERS}),
    "ties-rescaled": (
        "ties",
        "base",
        {"a": {"weight": 1}, "b": {"weight": 0.5}},
        {"density": 0.4, "rescale": True, "normalize": False},
    ),
    "dare_linear": ("dare_linear", "base", {"a": {"weight": 0.5, "density": 0.3}, "b": {"weight": 1}}, {"seed": 7}),
    "dare_linear-plain": (
        "dare_linear",
        "base",
        {"a": {"weight": 0.5}, "b": {"weight": 1}},
        {"density": LIST, "rescale": False},
    ),
    "dare_ties": ("dare_ties", "base", {"a": {"weight": 0.5}, "b": {"weight": 1}}, {"density": 0.4, "normalize": True}),
    "breadcrumbs": ("breadcrumbs", "base", {"a": {"weight": 0.5}, "b": {"weight": 1}}, {"density": 0.4, "gamma": 0.06}),
    "breadcrumbs_ties": (
        "breadcrumbs_ties",
        "base",
        {"a": {"weight": 0.5, "gamma": 0.2}, "b": {"weight": 1, "density": 1}},
        {"density": 0.95},
    ),
}

CASES |= {
    "della": ("della", "base", {"a": {"weight": 0.5}, "b": {"weight": 1, "epsilon": 0.2}}, {"density": 0.4}),
    "della_linear": (
        "della_linear",
        "base",
        {"a": {"weight": 0.5, "density": 1}, "b": {"weight": 1}},
        {"density": [0.2, 0.8], "rescale": False, "epsilon": 0.1, "seed": 3},
    ),
    "sce": ("sce", "base", {"a": {}, "b": {}, "c": {}}, {"select_topk": [0.1, 0.9]}),
    "sce-all": ("sce", "base", {"a": {}, "b": {}}, {}),
    "nearswap": ("nearswap", "base", {"a": {}}, {"t": [0.001, 0.3]}),
    "passthrough": ("passthrough", None, {"a": {"scale": FILTERS}}, {}),
}


def make_models():
    """Smooth f32 models, and in one tensor steps of equal sizes, so that thresholds and signs tie."""
    rng = np.random.default_rng(11)
    models = {name: {} for name in ("base", "a", "b", "c")}
    for name, shape in SHAPES.items():
        stepped = name.startswith(f"{BLOCK}.1.output")
        base, shared = rng.standard_normal(shape), rng.standard_normal(shape)
        for model in models:
            if stepped:
                own = 0 if model == "base" else rng.integers(-3, 4, shape) / 512
                values = np.rint(base * 64) / 64 + own if model == "base" else models["base"][name] + own
            else:
                values = base + (0 if model == "base" else 0.3 * shared + 0.3 * rng.standard_normal(shape))
            models[model][name] = np.asarray(values, np.float32)
    models["c"][f"{BLOCK}.0.attention.self.query.bias"] = models["base"][f"{BLOCK}.0.attention.self.query.bias"]
    return models


def config_of(method, base, models, parameters):
    return {
        "merge_method": method,
        "compat": "mergekit",
        **({"base_model": base} if base else {}),
        "models": [{"model": name, **({"parameters": own} if own else {})} for name, own in models.items()],
        **({"parameters": parameters} if parameters else {}),
        "dtype": "float32",
    }


def write(path, tensors):
    write_safetensors(path, {name: ("F32", x.shape, x.astype("<f4").tobytes()) for name, x in tensors.items()})


def write_all(folder):
    models = make_models()
    for name, tensors in models.items():
        write(folder / f"{name}.safetensors", tensors)
    cases = []
    for case, spec in CASES.items():
        config = config_of(*spec)
        write(folder / f"{case}.safetensors", merge(config, models))
        cases.append({"case": case, "config": config})
    text = json.dumps(cases, separators=(",", ":")).replace('{"case"', '\n{"case"')
    (folder / "cases.json").write_text(text[:-1] + "\n]\n")


if __name__ == "__main__":
    keep_or_check(write_all, FOLDER)
