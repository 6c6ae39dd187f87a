"""The merge methods that take 2-D tensors whole, in plain numpy and float64, by full singular value decompositions.

Each takes the task vectors [rows, columns] and the parameters, and returns the merged task vector before lambda. Singular
values of less than 1e-5 of the largest count as 0: their vectors are arbitrary, and are left out.
"""

import numpy as np

LEAST = 1e-5


def svd(matrix, largest=None):
    """(U, S, Vᵀ) of the singular values that do not count as 0 beside the largest."""
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    kept = s > LEAST * (s.max(initial=0) if largest is None else largest)
    return u[:, kept], s[kept], vt[kept]


def polar(matrix):
    """U·Vᵀ"""
    u, _, vt = svd(matrix)
    return u @ vt


def iso_c(taus, values):
    total = sum(taus)
    return np.linalg.svd(total, compute_uv=False).mean() * polar(total)


def tsv_merge(taus, values):
    each = min(taus[0].shape) // len(taus)
    if each == 0:
        return sum(taus) / len(taus)
    parts = [svd(tau) for tau in taus]
    u = np.hstack([u[:, :each] for u, _, _ in parts])
    s = np.concatenate([s[:each] for _, s, _ in parts])
    vt = np.vstack([vt[:each] for _, _, vt in parts])
    return polar(u) @ np.diag(s) @ polar(vt)


def iso_cts(taus, values):
    rank = min(taus[0].shape)
    own = round((rank - int(rank * values["common_space_fraction"])) / len(taus))
    own = min(own, rank // len(taus))
    common = rank - own * len(taus)
    u, s, vt = svd(sum(taus))
    u_common = u[:, :common]
    parts = [svd(tau - u_common @ (u_common.T @ tau), s.max(initial=0)) for tau in taus]
    parts = [tuple(x[..., :own] for x in (u, s)) + (vt[:own],) for u, s, vt in parts] + [(u_common, s[:common], vt[:common])]
    mean = sum(s.sum() for _, s, _ in parts) / rank
    return mean * polar(np.hstack([u for u, _, _ in parts])) @ polar(np.vstack([vt for _, _, vt in parts]))


def wudi(taus, values, beta1=0.9, beta2=0.999, epsilon=1e-8):
    merged = sum(taus)
    m, v = np.zeros_like(merged), np.zeros_like(merged)
    taus = [tau for tau in taus if np.any(tau)]
    for step in range(1, values["iterations"] + 1):
        gradient = sum(2 * (merged - tau) @ tau.T @ tau / np.sum(tau**2) for tau in taus) + np.zeros_like(merged)
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        size = np.sqrt(v / (1 - beta2**step)) + epsilon
        merged = merged - values["learning_rate"] * m / (1 - beta1**step) / size
    return merged


MATRIX_METHODS = {"wudi": wudi, "iso_c": iso_c, "iso_cts": iso_cts, "tsv_merge": tsv_merge}


def merged_matrix(method, taus, shape, values):
    """The merged task vector, flat; the mean of tensors that are no matrices."""
    taus = [np.asarray(tau, np.float64) for tau in taus]
    if len(shape) != 2:
        return sum(taus) / len(taus)
    return MATRIX_METHODS[method]([tau.reshape(shape) for tau in taus], values).reshape(-1)
