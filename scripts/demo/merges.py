"""Merges of vectors in the scope, θ [N] and τ [tasks, N], written plainly on torch; TIES is that of ../methodReference.py."""

import numpy as np
import torch

from methodReference import elect, largest, share_of, sizes, weighted_sum


def top_k(score, k):
    mask = torch.zeros(len(score), dtype=torch.bool)
    mask[torch.topk(score, k).indices] = True
    return mask


def ties(base, taus, density=0.2):
    terms = [tau.numpy() for tau in taus]
    masks = elect(terms, [largest(sizes(term), share_of(density, len(term))) for term in terms])
    total, owners = weighted_sum(terms, [np.float32(1)] * len(terms), masks)
    return base + torch.from_numpy(total / np.maximum(owners, 1))


def stitch(base, taus, masks):
    return base + (taus * masks).sum(0) / masks.sum(0).clamp(min=1)


def dataless(base, taus, density):
    return stitch(base, taus, torch.stack([top_k(tau.abs(), int(density * len(tau))) for tau in taus]))


def p99(values):
    return torch.topk(values.abs(), max(1, len(values) // 100)).values[-1].item() or 1.0


def hard(base, tau, density, batches, gradient, rate=0.05):
    """Straight-through on the exact top-k of S (ARCHITECTURE.md, Masks by gradient)."""
    score, velocity, k = tau.abs() / p99(tau), torch.zeros_like(tau), int(density * len(tau))
    for batch in batches:
        velocity = 0.9 * velocity + gradient(base + top_k(score, k) * tau, batch) * tau
        score = score - rate / p99(velocity) * velocity
    return top_k(score, k)


def scaled(base, tau, density, batches, gradient):
    """SGD on the mask logits in units of the gradients met."""
    k = int(density * len(tau))
    q = p99(torch.cat([gradient(base + tau / 2, batch) * tau for batch in batches[:8]]))
    logits = 3.0 * top_k(tau.abs(), k)
    for batch in batches:
        gate = torch.sigmoid(logits)
        logits = logits - 2 / q * (gradient(base + gate * tau, batch) * tau + 0.1 * q) * gate * (1 - gate)
    return top_k(logits, k)


def joint(base, taus, density, batches, gradient, rate=0.05):
    """As `hard`, for every task at once, against the stitched model; batches of all tasks in one shuffled list."""
    k = int(density * len(base))
    scores, velocities = torch.stack([tau.abs() / p99(tau) for tau in taus]), torch.zeros_like(taus)
    for batch in batches:
        masks = torch.stack([top_k(score, k) for score in scores])
        owners = masks.sum(0).clamp(min=1)
        velocities = 0.9 * velocities + gradient(stitch(base, taus, masks), batch) * taus / owners
        scores = scores - torch.stack([rate / p99(each) * each for each in velocities])
    return torch.stack([top_k(score, k) for score in scores])
