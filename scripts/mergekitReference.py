"""mergekit's merge methods in plain numpy, one tensor at a time, written from their formulas: slow, nothing shared with src/.

`merge` takes a configuration of mergekit as a dict, `models` form, and {name: {tensor: float32 array}}. Arithmetic is
float32 in the order of the models, as under `dtype: float32`.
"""

import re

import numpy as np

LAYER = re.compile(r"(?:^|\.)(?:layers?|h|blocks?)\.(\d+)\.")
F = np.float32

# Parameters by method: (of the whole merge, of each model), with mergekit's defaults; None is required.
GTA = {"lambda": 1.0}
METHODS = {
    "linear": ({"normalize": True}, {"weight": None}),
    "slerp": ({"t": None}, {}),
    "nuslerp": ({}, {"weight": None}),
    "multislerp": ({"normalize_weights": True}, {"weight": None}),
    "karcher": ({"max_iter": 10, "tol": 1e-5}, {}),
    "model_stock": ({}, {}),
    "nearswap": ({"t": None}, {}),
    "sce": ({"select_topk": 1.0}, {}),
    "passthrough": ({}, {"scale": 1.0}),
    "task_arithmetic": (GTA | {"normalize": False, "rescale": False}, {"weight": None, "density": 1.0}),
    "ties": (GTA | {"normalize": True, "rescale": False}, {"weight": None, "density": 1.0}),
    "dare_linear": (GTA | {"normalize": False, "rescale": True}, {"weight": None, "density": 1.0}),
    "dare_ties": (GTA | {"normalize": False, "rescale": True}, {"weight": None, "density": 1.0}),
    "breadcrumbs": (GTA | {"normalize": False, "rescale": False}, {"weight": None, "density": 1.0, "gamma": 0.01}),
    "breadcrumbs_ties": (GTA | {"normalize": False, "rescale": False}, {"weight": None, "density": 1.0, "gamma": 0.01}),
    "della": (GTA | {"normalize": True, "rescale": True}, {"weight": None, "density": 1.0, "epsilon": 0.15}),
    "della_linear": (GTA | {"normalize": False, "rescale": True}, {"weight": None, "density": 1.0, "epsilon": 0.15}),
}


# settings -----------------------------------------------------------------------------------------------------------


def evaluate(setting, tensor, t):
    """A scalar, a gradient over depth, or the first filter that fits; None where none does."""
    if not isinstance(setting, list):
        return setting
    if not isinstance(setting[0], dict):
        at = t * (len(setting) - 1)
        low = int(at)
        high = min(low + 1, len(setting) - 1)
        return (1 - (at - low)) * setting[low] + (at - low) * setting[high]
    for entry in setting:
        if entry.get("filter", "*") == "*" or entry["filter"] in tensor:
            return evaluate(entry["value"], tensor, t)
    return None


def value_of(name, default, sources, tensor, t):
    for source in sources:
        value = evaluate(source.get(name), tensor, t)
        if value is not None:
            return value
    return default


def depth_of(name, names):
    """t of mergekit: 0 … 1 over the layers, 1 where there is one, 0 outside."""
    found = LAYER.search(name)
    if not found:
        return 0.0
    last = max(int(LAYER.search(each).group(1)) for each in names if LAYER.search(each))
    return int(found.group(1)) / last if last else 1.0


# sparsifying --------------------------------------------------------------------------------------------------------


def rescaled(delta, mask, rescale):
    kept = np.where(mask, delta, F(0))
    before, after = np.abs(delta.astype(np.float64)).sum(), np.abs(kept.astype(np.float64)).sum()
    if not rescale or before < 1e-7 or after < 1e-7:
        return kept
    return kept * F(before / after)


def largest(sizes, count):
    """Mask of the `count` largest; of equal ones the earlier."""
    mask = np.zeros(sizes.size, bool)
    mask[np.argsort(-sizes.reshape(-1), kind="stable")[:count]] = True
    return mask.reshape(sizes.shape)


def trim_outliers(delta, density, gamma):
    """The ⌊density·n⌋ after the ⌊gamma·n⌋ largest; nothing where the latter is none, as `[n_bot:-0]` is empty."""
    n = delta.size
    target, top = int(density * n), int(gamma * n)
    bottom = n - target - top
    if bottom < 0:
        top, bottom = top + bottom, 0
    mask = np.zeros(n, bool)
    if top > 0:
        descending = np.argsort(-np.abs(delta.reshape(-1)), kind="stable")
        mask[descending[top : n - bottom]] = True
    return mask.reshape(delta.shape)


def mix(x):
    """A permutation of the 32-bit words (Wellons, "lowbias32")."""
    x = np.asarray(x, np.uint32)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def draws(seed, model, first, size):
    """A word for each position, in place of torch's generator."""
    with np.errstate(over="ignore"):
        key = mix(mix(np.uint32(seed) + np.uint32(0x9E3779B9)) + np.uint32(model))
        positions = np.arange(first, first + size, dtype=np.uint32)
        return mix(mix(positions ^ key) + mix(~key)).astype(np.float64)


def probabilities(delta, density, epsilon):
    """DELLA's: density ± epsilon by rank of size within a row; of equal ones the later ranks higher."""
    rows = delta.reshape(1, -1) if delta.ndim < 2 else delta
    ranks = np.argsort(np.argsort(np.abs(rows), axis=1, kind="stable"), axis=1, kind="stable").astype(np.float64)
    span = ranks.max(axis=1, keepdims=True)
    return (density - epsilon + np.divide(ranks, span, where=span > 0, out=np.zeros_like(ranks)) * 2 * epsilon).reshape(
        delta.shape
    )


def sparsified(method, delta, own, shared, model, first):
    density = own["density"]
    if method == "task_arithmetic" or density >= 1:
        return delta
    if method == "ties":
        mask = largest(np.abs(delta), int(density * delta.size))
    elif method.startswith("breadcrumbs"):
        mask = trim_outliers(delta, density, own["gamma"])
    else:
        words = draws(shared.get("seed", 0), model, first, delta.size).reshape(delta.shape)
        share = probabilities(delta, density, own["epsilon"]) if method.startswith("della") else density
        mask = words < np.floor(share * 2.0**32)
    return rescaled(delta, mask, shared["rescale"])


# methods ------------------------------------------------------------------------------------------------------------


def in_order(terms):
    total = F(0) * terms[0]
    for term in terms:
        total = total + term
    return total


def task_arithmetic(method, base, thetas, owns, shared, first):
    deltas = [
        sparsified(method, theta - base, own, shared, m, first) for m, (theta, own) in enumerate(zip(thetas, owns))
    ]
    weights = [F(own["weight"]) for own in owns]
    weighted = [delta * weight for delta, weight in zip(deltas, weights)]
    if method in ("ties", "dare_ties", "breadcrumbs_ties", "della"):
        sign = np.where(in_order(weighted) >= 0, 1, -1)
        masks = [np.sign(each) == sign for each in weighted]
        mixed = in_order([np.where(mask, each, F(0)) for mask, each in zip(masks, weighted)])
        divisor = in_order([np.where(mask, weight, F(0)) for mask, weight in zip(masks, weights)])
        divisor = np.where(divisor == 0, F(1), divisor)
    else:
        mixed, divisor = in_order(weighted), in_order(weights)
        divisor = F(1) if abs(divisor) < 1e-8 else divisor
    if shared["normalize"]:
        mixed = mixed / divisor
    return base + mixed * F(shared["lambda"])


def length(x):
    return np.linalg.norm(x.astype(np.float64))


def arc(u, v, t, straight):
    """slerp of two arrays; `straight` tells by the cosine where to go straight."""
    u, v = u.astype(np.float64), v.astype(np.float64)
    lengths = length(u) * length(v)
    cosine = np.clip((u * v).sum() / lengths, -1, 1) if lengths > 0 else 0.0
    if straight(cosine):
        return (1 - t) * u + t * v
    angle = np.arccos(cosine)
    return (np.sin((1 - t) * angle) * u + np.sin(t * angle) * v) / np.sin(angle)


def multislerp(vectors, weights, normalize):
    weights = np.array(weights, np.float64)
    if normalize:
        weights = weights / weights.sum()
    units = [x / (length(x) + 1e-8) for x in vectors]
    mean = sum(w * u for w, u in zip(weights, units))
    mean = mean / length(mean)
    tangent = sum(w * (u - (u * mean).sum() * mean) for w, u in zip(weights, units))
    size = length(tangent) + 1e-8
    result = mean * np.cos(size) + tangent * np.sin(size) / size
    return result * sum(w * length(x) for w, x in zip(weights, vectors))


def karcher(vectors, steps, tolerance):
    norms = [length(x) for x in vectors]
    units = [x.astype(np.float64) / n for x, n in zip(vectors, norms) if n > tolerance]
    if not units:
        return np.zeros_like(vectors[0])
    mean = sum(units) / len(units)
    mean = mean / length(mean) if length(mean) >= tolerance else units[0]
    for _ in range(steps):
        tangent = np.zeros_like(mean)
        for unit in units:
            dot = np.clip((mean * unit).sum(), -1, 1)
            angle = np.arccos(dot)
            if angle >= tolerance:
                tangent += angle / np.sin(angle) * (unit - dot * mean) / len(units)
        size = length(tangent)
        if size < tolerance:
            break
        mean = np.cos(size) * mean + np.sin(size) * tangent / size
        mean /= length(mean)
    return mean * (sum(norms) / len(vectors))


def model_stock(base, thetas):
    offsets = [theta - base for theta in thetas]
    n, cosines = len(offsets), []
    for i in range(n):
        for j in range(i + 1, n):
            lengths = max(length(offsets[i]) * length(offsets[j]), 1e-6)
            cosines.append(np.clip((offsets[i].astype(np.float64) * offsets[j]).sum() / lengths, -1, 1))
    t = n * np.mean(cosines) / (1 + (n - 1) * np.mean(cosines))
    return t * (sum(x.astype(np.float64) for x in thetas) / n) + (1 - t) * base


def sce(base, thetas, share):
    deltas = [theta - base for theta in thetas]
    if share < 1:
        variance = np.var(np.array(deltas, np.float64), axis=0).astype(F)
        mask = largest(variance, int(np.count_nonzero(variance) * share))
        deltas = [np.where(mask, delta, F(0)) for delta in deltas]
    sign = np.where(in_order(deltas) >= 0, 1, -1)
    squares = np.array([np.mean(delta.astype(np.float64) ** 2) for delta in deltas])
    weights = squares / squares.sum() if squares.sum() >= 1e-6 else np.full(len(deltas), 1 / len(deltas))
    erased = [np.where(np.sign(delta) == sign, F(w), F(0)) for delta, w in zip(deltas, weights)]
    merged = in_order([delta * w for delta, w in zip(deltas, erased)])
    return base + merged / np.maximum(in_order(erased), F(1e-6))


def nearswap(base, theta, t):
    way = np.clip(F(t) * (F(1) / np.maximum(np.abs(base - theta), F(1e-6))), 0, 1).astype(F)
    return way * theta + (F(1) - way) * base


def linear(thetas, weights, normalize):
    total = in_order([F(w) * theta for w, theta in zip(weights, thetas)])
    return total / in_order([F(w) for w in weights]) if normalize else total


def merge_tensor(method, base, thetas, owns, shared, first):
    """`base` is None where a method is given none."""
    weights = [own.get("weight") for own in owns]
    if method == "linear":
        return linear(thetas, weights, shared["normalize"])
    if method == "slerp":
        return arc(thetas[0], thetas[1], shared["t"], lambda cosine: abs(cosine) > 0.9995)
    if method == "karcher":
        return karcher(thetas, shared["max_iter"], shared["tol"])
    if method == "passthrough":
        return thetas[0] * F(owns[0]["scale"])
    if method == "model_stock":
        return model_stock(base, thetas)
    if method == "nearswap":
        return nearswap(base, thetas[0], shared["t"])
    if method == "sce":
        return sce(base, thetas, shared["select_topk"])
    if method in ("nuslerp", "multislerp"):
        origin = F(0) if base is None else base
        vectors = [theta - origin for theta in thetas]
        if method == "multislerp":
            return origin + multislerp(vectors, weights, shared["normalize_weights"])
        t = weights[1] / sum(weights)
        return origin + arc(vectors[0], vectors[1], t, lambda cosine: np.sin(np.arccos(cosine)) < 1e-8)
    return task_arithmetic(method, base, thetas, owns, shared, first)


def models_of(config):
    """The models that are merged, by mergekit's rules for the base."""
    method, base = config["merge_method"], config.get("base_model")
    listed = config["models"]
    if base is None:
        return listed
    others = [each for each in listed if each["model"] != base]
    if method not in ("linear", "slerp", "karcher", "passthrough"):
        return others
    own = next((each for each in listed if each["model"] == base), {"model": base})
    if method == "slerp":
        return [own, *others]
    return listed if own in listed else [*listed, own]


def merge(config, checkpoints):
    """{tensor: float32 array} of a configuration."""
    method, base = config["merge_method"], config.get("base_model")
    merged_wide, per_model = METHODS[method]
    models = models_of(config)
    result, first = {}, 0
    names = list(checkpoints[base or models[0]["model"]])
    for name in names:
        t = depth_of(name, names)
        top = config.get("parameters", {})
        shared = {key: value_of(key, default, [top], name, t) for key, default in merged_wide.items()}
        shared["seed"] = top.get("seed", 0)
        owns = [
            {
                key: value_of(key, default, [each.get("parameters", {}), top], name, t)
                for key, default in per_model.items()
            }
            for each in models
        ]
        thetas = [checkpoints[each["model"]][name] for each in models]
        merged = merge_tensor(method, checkpoints[base][name] if base else None, thetas, owns, shared, first)
        result[name] = np.asarray(merged).astype(F)
        first += thetas[0].size
    return result
