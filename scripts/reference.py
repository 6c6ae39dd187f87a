#!/usr/bin/env python3
"""Independent reference of the merge methods, in plain numpy: slow, whole tensors in memory, nothing shared with src/.

Usage: reference.py RECIPE.json --models DIR --out FILE.safetensors [--stats FILE.json]

A recipe is the app's recipe as JSON; DIR holds <name>.safetensors or <name>/*.safetensors. All arithmetic is float32
in the order of the models; a sum starts with its first term. What is computed and is NaN has the bits 7fc00000.
"""

import usage  # answers --help without the libraries below

import argparse
import json
import math
import pathlib
import re
import struct
from fractions import Fraction

import numpy as np

from methodReference import F32_INFINITY, F32_NAN, METHODS, merge_tensor, method_masks, pcb_scores

FLOAT_DTYPES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1}
OUT_DTYPES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
BLOCK = re.compile(r"(^|\.)(layers?|h|blocks?)\.(\d+)\.")


# safetensors ------------------------------------------------------------------------------------------------------


def read_safetensors(path):
    """{name: (dtype, shape, bytes)} in the order of the file's bytes."""
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    start = 8 + length
    return {
        name: (
            info["dtype"],
            tuple(info["shape"]),
            data[start + info["data_offsets"][0] : start + info["data_offsets"][1]],
        )
        for name, info in tensors
    }


def write_safetensors(path, tensors):
    """Writes {name: (dtype, shape, bytes)} in the order given."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + len(data)]}
        end += len(data)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, data in tensors.values():
            file.write(data)


def open_checkpoint(folder, name):
    single = pathlib.Path(folder) / f"{name}.safetensors"
    if single.exists():
        return read_safetensors(single)
    tensors = {}
    for path in sorted((pathlib.Path(folder) / name).glob("*.safetensors")):
        tensors.update(read_safetensors(path))
    if not tensors:
        raise SystemExit(f"No checkpoint {name} below {folder}.")
    return tensors


# dtypes: everything is held as the uint32 bits of float32 ----------------------------------------------------------


def table_e4m3():
    """The 128 non-negative values of F8_E4M3; code 127 is NaN."""
    codes = np.arange(128)
    exponent, mantissa = codes >> 3, codes & 7
    values = np.where(exponent == 0, mantissa / 8 * 2.0**-6, (1 + mantissa / 8) * 2.0 ** (exponent - 7.0))
    values[127] = np.nan
    return values


def table_e5m2():
    """The 128 non-negative values of F8_E5M2; code 124 is Inf, 125 to 127 are NaN."""
    codes = np.arange(128)
    exponent, mantissa = codes >> 2, codes & 3
    values = np.where(exponent == 0, mantissa / 4 * 2.0**-14, (1 + mantissa / 4) * 2.0 ** (exponent - 15.0))
    values[124], values[125:] = np.inf, np.nan
    return values


def decode(dtype, data):
    """uint32 bits of float32; F64 is rounded to nearest even."""
    if dtype == "F32":
        return np.frombuffer(data, "<u4").copy()
    if dtype == "BF16":
        return np.frombuffer(data, "<u2").astype(np.uint32) << 16
    if dtype == "F16":
        half = np.frombuffer(data, "<u2").astype(np.uint32)
        bits = np.frombuffer(data, "<f2").astype(np.float32).view(np.uint32)
        nan = (half & 0x7FFF) > 0x7C00
        return np.where(nan, (half & 0x8000) << 16 | F32_INFINITY | (half & 0x3FF) << 13, bits).astype(np.uint32)
    if dtype == "F64":
        with np.errstate(all="ignore"):
            return np.frombuffer(data, "<f8").astype(np.float32).view(np.uint32)
    codes = np.frombuffer(data, "u1").astype(np.uint32)
    values = table_e4m3() if dtype == "F8_E4M3" else table_e5m2()
    bits = values.astype(np.float32).view(np.uint32)[codes & 127]
    payload = F32_NAN if dtype == "F8_E4M3" else F32_INFINITY | (codes & 3) << 21
    bits = np.where(np.isnan(values[codes & 127]), np.uint32(payload), bits)
    return (bits | (codes & 128) << 24).astype(np.uint32)


def encode(dtype, bits):
    """Bytes of float32 bits in another dtype, rounded to nearest even."""
    if dtype == "F32":
        return bits.astype("<u4").tobytes()
    sign, size = bits & 0x80000000, bits & 0x7FFFFFFF
    nan = size > F32_INFINITY
    with np.errstate(all="ignore"):
        if dtype == "F64":
            return bits.view(np.float32).astype("<f8").tobytes()
        if dtype == "BF16":
            rounded = (size + 0x7FFF + (size >> 16 & 1)) >> 16
            kept = size >> 16 | np.where(size & 0x7F0000, 0, 0x40).astype(np.uint32)
            return (sign >> 16 | np.where(nan, kept, rounded)).astype("<u2").tobytes()
        if dtype == "F16":
            half = bits.view(np.float32).astype(np.float16).view(np.uint16)
            kept = sign >> 16 | 0x7C00 | np.maximum(size >> 13 & 0x3FF, 1)
            return np.where(nan, kept, half).astype("<u2").tobytes()
    e4m3 = dtype == "F8_E4M3"
    fraction, lowest, last = (3, -6, 126) if e4m3 else (2, -14, 123)
    values = (table_e4m3() if e4m3 else table_e5m2())[: last + 1]
    x = np.where(nan, 0, size).astype(np.uint32).view(np.float32).astype(np.float64)
    x = np.minimum(x, 1e30)
    step = 2.0 ** (np.maximum(np.floor(np.log2(np.maximum(x, 2.0**-126))), lowest) - fraction)
    rounded = np.rint(x / step) * step
    codes = np.searchsorted(values, rounded)
    payload = size >> 21 & 3
    codes = np.where(nan, 127 if e4m3 else 124 | np.where(payload == 0, 2, payload), codes)
    return (codes.astype(np.uint32) | sign >> 24).astype("u1").tobytes()


def convert(tensor, dtype):
    """Bytes of a tensor in another dtype; the same dtype keeps its bytes."""
    return tensor[2] if tensor[0] == dtype else encode(dtype, decode(tensor[0], tensor[2]))


# merging ------------------------------------------------------------------------------------------------------------


def in_scope(name, scope):
    if scope == "all":
        return True
    if scope == "blocks":
        return bool(BLOCK.search(name))
    included = any(matches(name, pattern) for pattern in scope.get("include", ["*"]))
    return included and not any(matches(name, pattern) for pattern in scope.get("exclude", []))


def matches(name, pattern):
    """* and ? as in file names; a pattern without them is a whole name or its first parts."""
    if not re.search(r"[*?]", pattern):
        return name == pattern or name.startswith(pattern.rstrip(".") + ".")
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), name, re.S) is not None


def depth_of(name, names):
    """0 in the first layer and outside the layers, 1 in the last layer."""
    layers = {each: int(BLOCK.search(each).group(3)) for each in names if BLOCK.search(each)}
    last = max(layers.values(), default=0)
    return layers.get(name, 0) / last if last else 0.0


def parameters_of(recipe, model):
    """The method's parameters for a model: its own, else the recipe's, else the defaults."""
    defaults = METHODS[recipe["merge_method"]]["parameters"]
    given = {**recipe.get("parameters", {}), **model.get("parameters", {})}
    return {name: given.get(name, default) for name, default in defaults.items()}


def merge(recipe, checkpoints):
    """(tensors, stats) of a recipe over {name: tensors}; tensors are {name: (dtype, shape, bytes)}."""
    method = recipe["merge_method"]
    base = checkpoints[recipe["base_model"]]
    tuned = [checkpoints[model["model"]] for model in recipe["models"]]
    default_scope = "blocks" if method == "localize_and_stitch" else "all"
    scope = [
        name
        for name, (dtype, shape, _) in base.items()
        if dtype in FLOAT_DTYPES
        and all(name in model and model[name][1] == shape and model[name][0] in FLOAT_DTYPES for model in tuned)
        and in_scope(name, recipe.get("scope", default_scope))
    ]
    pre = {name: decode(base[name][0], base[name][2]) for name in scope}
    theta = [{name: decode(model[name][0], model[name][2]) for name in scope} for model in tuned]
    values = [parameters_of(recipe, model) for model in recipe["models"]]
    size = sum(len(bits) for bits in pre.values())
    total = int(sum(np.prod(shape, dtype=np.int64) for dtype, shape, _ in base.values() if dtype in FLOAT_DTYPES))
    if recipe.get("density_of") == "model":
        values = [{**own, "density": Fraction(math.floor(own["density"] * total), size)} for own in values]
    flat = [np.concatenate([np.zeros(0, np.uint32), *each.values()]) for each in (pre, *theta)]
    masks = method_masks(method, flat[0], flat[1:], values)

    scores = None
    if METHODS[method]["masks"] == "scores":
        scores = [score * scale for score, scale in zip(*pcb_scores(flat[0], flat[1:]))]

    merged, changed, at = {}, 0, 0
    wanted = OUT_DTYPES.get(recipe.get("out_dtype", "base"))
    for name, tensor in base.items():
        dtype, shape, data = tensor
        out = wanted if wanted and dtype in FLOAT_DTYPES else dtype
        if name not in pre:
            merged[name] = (out, shape, convert(tensor, out))
            continue
        here = slice(at, at + len(pre[name]))
        at = here.stop
        with np.errstate(all="ignore"):
            bits, origin = merge_tensor(
                method,
                pre[name],
                [bits[name] for bits in theta],
                values,
                [mask[here] for mask in masks],
                depth_of(name, list(base)),
                shape,
                scores and [score[here] for score in scores],
            )
        kept = np.frombuffer(convert(tensor, out), "u1").reshape(-1, FLOAT_DTYPES[out])
        result = np.frombuffer(encode(out, bits), "u1").reshape(-1, FLOAT_DTYPES[out])
        result = np.where((origin == 0)[:, None], kept, result)
        for i, model in enumerate(tuned):
            own = np.frombuffer(convert(model[name], out), "u1").reshape(-1, FLOAT_DTYPES[out])
            result = np.where((origin == i + 1)[:, None], own, result)
        changed += int(np.any(result != kept, axis=1).sum())
        merged[name] = (out, shape, result.astype(np.uint8).tobytes())

    owners = np.sum(masks, axis=0) if size else np.zeros(0, int)
    stats = {
        "parameters": {
            "total": total,
            "scope": size,
            "changed": changed,
        },
        "kept": [int(mask.sum()) for mask in masks],
        "intersections": [int((a & b).sum()) for a in masks for b in masks],
        "owners": [int((owners == k).sum()) for k in range(len(masks) + 1)],
    }
    return merged, stats


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--models", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--stats")
    args = parser.parse_args()
    recipe = json.loads(pathlib.Path(args.recipe).read_text())
    names = [recipe["base_model"], *(model["model"] for model in recipe["models"])]
    tensors, stats = merge(recipe, {name: open_checkpoint(args.models, name) for name in names})
    write_safetensors(args.out, tensors)
    if args.stats:
        pathlib.Path(args.stats).write_text(json.dumps(stats, indent=2) + "\n")


if __name__ == "__main__":
    main()
