"""The merge methods in plain numpy, on the uint32 bits of float32: masks over the whole scope, then one tensor at a time.

A method is its default parameters and, by name: `masks`, the rule of its masks; `terms`, "weights" or "changes"; `merge`,
how the terms of a position become one: "mean", "sum", "elect" (TIES), "largest" (MagMax).
"""

import math
from fractions import Fraction

import numpy as np

from matrixReference import MATRIX_METHODS, merged_matrix

F32_INFINITY = 0x7F800000
F32_NAN = 0x7FC00000

METHODS = {
    "linear": {"parameters": {"weight": 1.0}, "masks": "all", "terms": "weights", "merge": "mean"},
    "localize_and_stitch": {
        "parameters": {"density": 0.05, "weight": 1.0},
        "masks": "density",
        "terms": "weights",
        "merge": "mean",
    },
    "task_arithmetic": {
        "parameters": {"weight": 0.4, "lambda": 1.0},
        "masks": "all",
        "terms": "changes",
        "merge": "sum",
    },
    "ties": {
        "parameters": {"density": 0.2, "weight": 1.0, "lambda": 1.0},
        "masks": "density",
        "terms": "changes",
        "merge": "elect mean",
    },
    "dare_linear": {
        "parameters": {"density": 0.5, "weight": 0.4, "lambda": 1.0, "rescale": True, "rescale_l1": False, "seed": 0},
        "masks": "random",
        "terms": "changes",
        "merge": "sum",
    },
    "dare_ties": {
        "parameters": {"density": 0.5, "weight": 1.0, "lambda": 1.0, "rescale": True, "seed": 0},
        "masks": "random",
        "terms": "changes",
        "merge": "elect mean",
    },
}

METHODS |= {
    "breadcrumbs": {
        "parameters": {"density": 0.15, "gamma": 0.01, "weight": 0.4, "lambda": 1.0},
        "masks": "band",
        "terms": "changes",
        "merge": "sum",
    },
    "breadcrumbs_ties": {
        "parameters": {"density": 0.15, "gamma": 0.01, "weight": 1.0, "lambda": 1.0},
        "masks": "band",
        "terms": "changes",
        "merge": "elect mean",
    },
    "consensus_ta": {
        "parameters": {"weight": 1.0, "lambda": 0.4, "tall_lambda": 0.4, "least_tasks": 2},
        "masks": "consensus of differs",
        "terms": "changes",
        "merge": "sum",
    },
    "consensus_ties": {
        "parameters": {"density": 0.2, "weight": 1.0, "lambda": 0.4, "tall_lambda": 0.4, "least_tasks": 2},
        "masks": "consensus of density",
        "terms": "changes",
        "merge": "elect sum",
    },
    "magmax": {
        "parameters": {"weight": 1.0, "lambda": 1.0},
        "masks": "differs",
        "terms": "changes",
        "merge": "largest",
    },
    "lines": {
        "parameters": {"weight": 1.0, "alpha": 0.2, "beta": 0.4},
        "masks": "differs",
        "terms": "changes",
        "merge": "sum",
    },
}

METHODS |= {
    "pcb_merging": {
        "parameters": {"density": 0.2, "lambda": 1.0},
        "masks": "scores",
        "terms": "changes",
        "merge": "scored mean",
    },
}

METHODS |= {
    "model_stock": {"parameters": {}, "masks": "differs", "terms": "changes", "merge": "sum"},
    "slerp": {"parameters": {"t": 0.5}, "masks": "all", "terms": "weights", "merge": "sum"},
    "nuslerp": {"parameters": {"weight": 1.0}, "masks": "differs", "terms": "changes", "merge": "sum"},
    "multislerp": {"parameters": {"weight": 1.0}, "masks": "differs", "terms": "changes", "merge": "sum"},
    "karcher": {"parameters": {"weight": 1.0}, "masks": "all", "terms": "weights", "merge": "sum"},
}

METHODS |= {
    "tsv_merge": {"parameters": {"lambda": 1.0}, "masks": "differs", "terms": "changes", "merge": "matrix"},
    "wudi": {
        "parameters": {"lambda": 1.0, "iterations": 300, "learning_rate": 1e-5},
        "masks": "differs",
        "terms": "changes",
        "merge": "matrix",
    },
    "iso_c": {"parameters": {"lambda": 1.0}, "masks": "differs", "terms": "changes", "merge": "matrix"},
    "iso_cts": {
        "parameters": {"lambda": 1.0, "common_space_fraction": 0.8},
        "masks": "differs",
        "terms": "changes",
        "merge": "matrix",
    },
}


# bits ---------------------------------------------------------------------------------------------------------------


def floats(bits):
    return bits.view(np.float32)


def canonical(values):
    """Bits of computed values, NaN as 7fc00000."""
    return np.where(np.isnan(values), np.uint32(F32_NAN), values.astype(np.float32).view(np.uint32))


def sizes(values):
    """|x| as 31-bit patterns; NaN counts as 7fc00000."""
    return canonical(values) & np.uint32(0x7FFFFFFF)


def magnitude_keys(base, model):
    """|τ| as 31-bit patterns."""
    with np.errstate(all="ignore"):
        return sizes(floats(model) - floats(base))


# masks --------------------------------------------------------------------------------------------------------------


def largest(keys, count):
    """Mask of the `count` largest keys; ties go to the earlier position."""
    mask = np.zeros(len(keys), bool)
    if count == 0:
        return mask
    threshold = np.partition(keys, len(keys) - count)[len(keys) - count]
    mask[keys > threshold] = True
    mask[np.flatnonzero(keys == threshold)[: count - int(mask.sum())]] = True
    return mask


def share_of(share, size):
    """⌊share · size⌋; of a fraction exactly."""
    if isinstance(share, Fraction):
        return math.floor(share * size)
    return int(np.floor(np.float64(share) * np.float64(size)))


def mix(x):
    """A permutation of the 32-bit words (Wellons, "lowbias32")."""
    x = np.asarray(x, np.uint32)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def draws(seed, model, size):
    """A word for each position in scope."""
    with np.errstate(over="ignore"):
        key = mix(mix(np.uint32(seed) + np.uint32(0x9E3779B9)) + np.uint32(model))
        positions = np.arange(size, dtype=np.uint64)
        low, high = positions.astype(np.uint32), (positions >> np.uint64(32)).astype(np.uint32)
        return mix(mix(low ^ key) + mix(high ^ ~key))


def below(words, share):
    """Where words draw less than a share of all 2^32."""
    return words.astype(np.uint64) < np.uint64(np.floor(np.float64(share) * 2.0**32))


def band(keys, density, gamma):
    """The `density` share of largest keys after the `gamma` share of the very largest, fewer where both do not fit."""
    kept = share_of(density, len(keys))
    outliers = min(share_of(gamma, len(keys)), len(keys) - kept)
    return largest(keys, kept + outliers) & ~largest(keys, outliers) if kept else np.zeros(len(keys), bool)


def agreed(method, base, models, values, masks):
    """Positions in the TALL masks of at least `least_tasks` models: |τ_i| ≥ λ_t |τ − τ_i|."""
    with np.errstate(all="ignore"):
        changes = [floats(model) - floats(base) for model in models]
        factors = [np.float32(own["weight"]) for own in values]
        term, there = merged_term(method, [f * tau for f, tau in zip(factors, changes)], factors, masks)
        term = np.where(there, term, np.float32(0))
        tall = np.float32(values[0]["tall_lambda"])
        holders = sum((sizes(tau) >= sizes(tall * np.abs(term - tau))).astype(int) for tau in changes)
    return holders >= values[0]["least_tasks"]


def exponential(u):
    """e^u for 0 ≤ u ≤ 1: its Taylor polynomial of degree 10 in float32, by Horner's rule."""
    total = np.full(u.shape, np.float32(1 / 3628800))
    for divisor in (362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1):
        total = total * u + np.float32(1 / divisor)
    return total


def pcb_scores(base, models):
    """PCB-merging's β of every model without the constant factor of its intra-balancing softmax, and these factors.

    A softmax's divisor is the mean of its exponentials, here in steps of 1 / 8192; changes not within 2^±48 count as 0.
    """
    n, size = len(models), len(base)
    with np.errstate(all="ignore"):
        changes = [floats(model) - floats(base) for model in models]
        changes = [np.where((np.abs(x) >= 2.0**-48) & (np.abs(x) < 2.0**48), x, np.float32(0)) for x in changes]
    scores, scales = [], []
    for i in range(n):
        inter = np.zeros(size, np.float32)
        for j in range(n):
            product = changes[i] * changes[j]
            low, high = product.min(initial=np.inf), product.max(initial=-np.inf)
            share = np.float32(1 / (np.float64(high) - np.float64(low))) if high > low else np.float32(0)
            unit = (product - (low if high > low else np.float32(0))) * share
            e = exponential(unit.astype(np.float32))
            steps = np.floor(e * np.float32(8192) + np.float32(0.5)).astype(np.int64).sum()
            inter = inter + e * np.float32(size * 8192 / steps if size else 0)
            if i == j:
                own = e
        intra = own
        for _ in range(n - 1):
            intra = intra * own
        scores.append(intra * inter)
        scales.append(np.float32(size / intra.astype(np.float64).sum() if size else 0))
    return scores, scales


def method_masks(method, base, models, values):
    """One mask over the whole scope for each model."""
    rule = METHODS[method]["masks"]
    if rule == "scores":
        scores, _ = pcb_scores(base, models)
        return [largest(canonical(x), share_of(own["density"], len(base))) for x, own in zip(scores, values)]
    keys = [magnitude_keys(base, model) for model in models]
    size = len(base)
    rules = {
        "all": lambda m, key, own: np.ones(size, bool),
        "differs": lambda m, key, own: key > 0,
        "density": lambda m, key, own: largest(key, share_of(own["density"], size)),
        "band": lambda m, key, own: band(key, own["density"], own["gamma"]),
        "random": lambda m, key, own: (key > 0) & below(draws(own["seed"], m, size), own["density"]),
    }
    one = rules[rule.removeprefix("consensus of ")]
    masks = [one(m, key, own) for m, (key, own) in enumerate(zip(keys, values))]
    if rule.startswith("consensus"):
        kept = agreed(method, base, models, values, masks)
        masks = [mask & kept for mask in masks]
    return masks


# one tensor ---------------------------------------------------------------------------------------------------------


def weighted_sum(terms, shares, active):
    """(Σ_A terms, Σ_A shares) left to right over the active models, starting from the first."""
    total = np.zeros(terms[0].shape, np.float32)
    share = np.zeros(terms[0].shape, np.float32)
    started = np.zeros(terms[0].shape, bool)
    for term, w, on in zip(terms, shares, active):
        total = np.where(on, np.where(started, total + term, term), total)
        share = np.where(on, np.where(started, share + w, w), share)
        started |= on
    return total, share


def elect(terms, masks):
    """The masks without the terms that have not the sign of the sum."""
    total, _ = weighted_sum(terms, [np.float32(0)] * len(terms), masks)
    return [mask & (((total > 0) & (term > 0)) | ((total < 0) & (term < 0))) for mask, term in zip(masks, terms)]


def factor_of(method, own, depth):
    """What a model's terms are multiplied by, in float64; `depth` is 0 in the first layer and 1 in the last."""
    if method == "lines":
        return np.float64(own["weight"]) * (own["alpha"] + own["beta"] * depth)
    if METHODS[method]["masks"] == "random" and own["rescale"] and own["density"] > 0:
        return np.float64(own["weight"]) / np.float64(own["density"])
    return np.float64(own.get("weight", 1.0))


def merged_term(method, terms, shares, masks):
    """(the merged term, where there is one)"""
    how = METHODS[method]["merge"]
    if how == "largest":
        order = np.where(masks, [sizes(term).astype(np.int64) for term in terms], -1)
        return np.take_along_axis(np.array(terms), order.argmax(axis=0)[None], axis=0)[0], np.any(masks, axis=0)
    if "elect" in how:
        masks = elect(terms, masks)
    total, share = weighted_sum(terms, shares, masks)
    held = np.any(masks, axis=0)
    return (total / share, held & (share > 0)) if "mean" in how else (total, held)


def counted(vector):
    """A vector in float64 whose values that are not within 2^±60 are 0."""
    size = np.abs(vector)
    return np.where((size >= 2.0**-60) & (size < 2.0**60), vector, 0).astype(np.float64)


def arc(u, v, t):
    """The point at t on the great circle from u to v; on the straight line where they are parallel or 0."""
    lengths = np.linalg.norm(u) * np.linalg.norm(v)
    angle = np.arccos(np.clip(u @ v / lengths, -1, 1)) if lengths > 0 else 0
    if np.sin(angle) < 1e-4:
        return (1 - t) * u + t * v
    return (np.sin((1 - t) * angle) * u + np.sin(t * angle) * v) / np.sin(angle)


def sphere_mean(vectors, weights, steps):
    """The mean of directions, after `steps` along the mean tangent, as long as the vectors are on average."""
    some = [(x, np.float64(w)) for x, w in zip(vectors, weights) if np.linalg.norm(x) > 0]
    total = sum(w for _, w in some)
    if not some or total == 0:
        return np.zeros_like(vectors[0])
    units = [(x / np.linalg.norm(x), w / total) for x, w in some]
    mean = sum(w * u for u, w in units)
    if np.linalg.norm(mean) < 1e-4:
        return sum(w / total * x for x, w in some)
    mean /= np.linalg.norm(mean)
    for _ in range(steps):
        tangent = np.zeros_like(mean)
        for u, w in units:
            dot = np.clip(mean @ u, -1, 1)
            angle = np.arccos(dot)
            if angle >= 1e-5:
                tangent += w * angle / max(np.sin(angle), 1e-5) * (u - dot * mean)
        size = np.linalg.norm(tangent)
        if size < 1e-5:
            break
        mean = np.cos(size) * mean + np.sin(size) * tangent / size
        mean /= np.linalg.norm(mean)
    return mean * sum(w / total * np.linalg.norm(x) for x, w in some)


def stock(vectors):
    """Model Stock's centre, with mean cosines below 0 taken for 0."""
    n, cosines = len(vectors), []
    for i in range(n):
        for j in range(i + 1, n):
            lengths = np.linalg.norm(vectors[i]) * np.linalg.norm(vectors[j])
            cosines.append(vectors[i] @ vectors[j] / lengths if lengths > 0 else 0)
    cosine = max(0, np.mean(cosines))
    return n * cosine / (1 + (n - 1) * cosine) * sum(vectors) / n


def tensor_weights(method, vectors, values):
    """Weights whose weighted sum of the vectors is what a geometric method makes of them; None for other methods."""
    vectors = [counted(vector) for vector in vectors]
    weights = [own.get("weight", 1.0) for own in values]
    made = {
        "slerp": lambda: arc(vectors[0], vectors[1], values[0]["t"]),
        "nuslerp": lambda: arc(vectors[0], vectors[1], weights[1] / sum(weights)),
        "multislerp": lambda: sphere_mean(vectors, weights, 0),
        "karcher": lambda: sphere_mean(vectors, weights, 10),
        "model_stock": lambda: stock(vectors),
    }.get(method)
    if not made or len(vectors[0]) == 0:
        return None
    return np.linalg.lstsq(np.array(vectors).T, made(), rcond=None)[0]


def growth(change, mask):
    """Σ|τ| over Σ|τ| of what is kept; 1 where either is next to nothing."""
    sizes = np.abs(counted(change))
    before, after = sizes.sum(), sizes[mask].sum()
    return before / after if before >= 1e-7 and after >= 1e-7 else 1.0


def merge_tensor(method, base, models, values, masks, depth, shape, scores=None):
    """(bits, origin): origin 0 keeps the base, i + 1 keeps model i, −1 is computed; `scores` weigh every position."""
    pre, tuned = floats(base), [floats(model) for model in models]
    shares = [np.float32(own.get("weight", 1.0)) for own in values]
    factors = [np.float32(factor_of(method, own, depth)) for own in values]
    weighed = tensor_weights(method, tuned if METHODS[method]["terms"] == "weights" else [x - pre for x in tuned], values)
    if weighed is not None:
        factors = [np.float32(w) for w in weighed]
    if values[0].get("rescale_l1"):
        factors = [np.float32(own["weight"] * growth(x - pre, mask)) for own, x, mask in zip(values, tuned, masks)]
    if scores is not None:
        shares = factors = scores
    if METHODS[method]["terms"] == "weights":
        term, there = merged_term(method, [w * x for w, x in zip(factors, tuned)], shares, masks)
        owners = np.sum(masks, axis=0)
        origin = np.where(there, -1, 0)
        for i, mask in enumerate(masks):
            origin = np.where((owners == 1) & mask, i + 1, origin)
        return canonical(term), origin
    if method in MATRIX_METHODS:
        term = merged_matrix(method, [x - pre for x in tuned], shape, values[0]).astype(np.float32)
        there = term != 0
    else:
        term, there = merged_term(method, [w * (x - pre) for w, x in zip(factors, tuned)], shares, masks)
    if METHODS[method]["masks"] == "all":
        there &= np.any([magnitude_keys(base, model) > 0 for model in models], axis=0)
    return canonical(pre + np.float32(values[0].get("lambda", 1.0)) * term), np.where(there, -1, 0)
