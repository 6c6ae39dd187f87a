"""Accuracies of merges of a text miniature, in torch."""

import copy

import torch

from merges import dataless, ties, top_k
from miniature import accuracy

SCOPE = "roberta.encoder."


def flat(model):
    state = model.state_dict()
    return torch.cat([state[name].flatten() for name in state if name.startswith(SCOPE)])


def with_scope(base, values):
    """`base` with these values in its encoder."""
    model, at, state = copy.deepcopy(base), 0, {}
    for name, tensor in base.state_dict().items():
        if name.startswith(SCOPE):
            state[name] = values[at : at + tensor.numel()].view_as(tensor)
            at += tensor.numel()
    model.load_state_dict(state, strict=False)
    return model


def measure(base, tuned, tests, kinds, tokenizer):
    """Accuracies by method and task, `grafted` of each task's own graft, and the lengths |tau| / |theta|."""
    start = flat(base)
    vectors = {name: flat(model) - start for name, model in tuned.items()}
    every, mean = list(vectors.values()), lambda scores: round(sum(scores.values()) / len(scores), 4)
    score = lambda model, name: round(accuracy(model, tokenizer, kinds[name], tests[name]), 4)
    merges = {"base": 0 * start, "average": sum(every) / len(every)}
    merges |= {f"arithmetic {alpha}": alpha * sum(every) for alpha in (0.2, 0.3, 0.4, 0.5, 0.6, 0.8)}
    merges |= {f"ties 0.2, lambda {scale}": scale * ties(0 * start, every, 0.2) for scale in (0.5, 0.8, 1.0)}
    merges |= {f"stitch {density}": dataless(0 * start, torch.stack(every), density) for density in (0.05, 0.1, 0.2, 0.4)}
    found = {key: {name: score(with_scope(base, start + value), name) for name in kinds} for key, value in merges.items()}
    found["finetuned"] = {name: score(model, name) for name, model in tuned.items()}
    for density in (0.01, 0.05, 0.1, 0.2, 0.4):
        masked = {name: vector * top_k(vector.abs(), int(density * len(vector))) for name, vector in vectors.items()}
        grafts = {name: with_scope(base, start + vector) for name, vector in masked.items()}
        found[f"grafted {density}"] = {name: score(graft, name) for name, graft in grafts.items()}
    for scores in found.values():
        scores["mean"] = mean({name: scores[name] for name in tuned})
    length = {name: round((vector.norm() / start.norm()).item(), 4) for name, vector in vectors.items()}
    return {"accuracy": found, "length": length}
