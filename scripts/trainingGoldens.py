#!/usr/bin/env python3
"""Writes src/training/goldens/training.safetensors and .json: what the merge methods that learn from data come to on the
model, fine-tunes and examples of scripts/localizeGoldens.py, by autograd through Hugging Face transformers in float64.

Usage: trainingGoldens.py   (needs torch, transformers, safetensors, numpy)

JSON `coefficients[form]`: λ per tensor of the scope and task, and the loss of each step. Tensors: `<method>/<name>`, the
merged weights of the scope. Batches are as in src/data/batches.ts, 16 examples each, seed 0."""

import usage  # answers --help without the libraries below

import argparse
import json
import pathlib

import numpy
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch.func import functional_call

from localizeOracle import GOLDEN, WORD, batch_order, mulberry32, shuffled
from methodReference import elect, largest, share_of, sizes

ROOT = pathlib.Path(__file__).parent.parent / "src"
TASKS = ("a", "b")
BATCH = 16


class Setting:
    """The base, the fine-tunes and their examples, in float64."""

    def __init__(self):
        told = json.loads((ROOT / "localize/goldens/localize.json").read_text())
        stored = load_file(ROOT / "localize/goldens/localize.safetensors")
        self.scope, self.words = told["scope"], told["labelWords"]
        config = transformers.RobertaConfig(**told["config"], attn_implementation="eager")
        self.model = transformers.RobertaForMaskedLM(config).eval()
        base = {name[5:]: value for name, value in stored.items() if name.startswith("base/")}
        missing = self.model.load_state_dict(base, strict=False).missing_keys
        assert all(name.startswith("lm_head.decoder") or name == "lm_head.bias" for name in missing), missing
        self.model.tie_weights()
        self.model.double()
        self.base = {name: base[name].double() for name in self.scope}
        self.tuned = {task: {name: stored[f"{task}/{name}"].double() for name in self.scope} for task in TASKS}
        keys = ("ids", "attention", "at", "labels")
        self.data = {task: {key: stored[f"{task}/{key}"].long() for key in keys} for task in TASKS}

    def logits(self, task, rows, weights):
        data = self.data[task]
        inputs = {"input_ids": data["ids"][rows], "attention_mask": data["attention"][rows].double()}
        logits = functional_call(self.model, weights, (), inputs).logits
        return logits[torch.arange(len(rows)), data["at"][rows]][:, self.words[task]]

    def rows(self, task, step):
        n = len(self.data[task]["labels"])
        per_epoch = -(-n // BATCH)
        return batch_order(n, BATCH, step // per_epoch, 0)[step % per_epoch]

    def labels(self, task, rows):
        return self.data[task]["labels"][rows]


def entropy(setting, task, rows, weights):
    logs = torch.log_softmax(setting.logits(task, rows, weights), 1)
    return -(logs.exp() * logs).sum(1).mean()


def labelled(setting, task, rows, weights):
    return torch.nn.functional.cross_entropy(setting.logits(task, rows, weights), setting.labels(task, rows))


def changes(setting):
    return {
        task: {name: setting.tuned[task][name] - setting.base[name] for name in setting.scope} for task in TASKS
    }


def elected(setting, density):
    """TIES before its mean: each τ (float32) where it is among the largest |τ| of the scope, earlier ones first, and has the
    sign of the sum of all that are."""
    every = {task: torch.cat([tau.flatten() for tau in own.values()]).float() for task, own in changes(setting).items()}
    terms = [tau.numpy() for tau in every.values()]
    masks = elect(terms, [largest(sizes(term), share_of(density, len(term))) for term in terms])
    lengths = [setting.base[name].numel() for name in setting.scope]
    return {
        task: {
            name: piece.reshape(setting.base[name].shape).double()
            for name, piece in zip(setting.scope, torch.where(torch.from_numpy(mask), tau, 0).split(lengths))
        }
        for (task, tau), mask in zip(every.items(), masks)
    }


def coefficients(setting, taus, loss_of, steps, rate, layerwise):
    """AdaMerging: torch's Adam on λ, clamped after each step; one per tensor and task, or one per task."""
    shape = (len(setting.scope) if layerwise else 1, len(TASKS))
    value = torch.full(shape, 0.3, dtype=torch.float64, requires_grad=True)
    adam, losses = torch.optim.Adam([value], rate), []
    for step in range(steps):
        weights = {}
        for t, name in enumerate(setting.scope):
            row = value[t if layerwise else 0]
            weights[name] = setting.base[name] + sum(row[u] * taus[task][name] for u, task in enumerate(TASKS))
        total = sum(loss_of(setting, task, setting.rows(task, step), weights) for task in TASKS)
        adam.zero_grad()
        total.backward()
        adam.step()
        with torch.no_grad():
            value.clamp_(0, 1)
        losses.append(total.item() / len(TASKS))
    return {"values": value.detach().expand(len(setting.scope), -1).tolist(), "losses": losses}


def fisher(setting, examples):
    """Σ F θ / Σ F, F ≥ 1e-6: mean squared gradients of 2 Σ ε √p, the signs ε as src/data/random.ts draws them. Beside it,
    how far these F are from the expectation over all classes."""
    top = {name: torch.zeros_like(value) for name, value in setting.base.items()}
    bottom, worst = {name: torch.zeros_like(value) for name, value in setting.base.items()}, []
    for u, task in enumerate(TASKS):
        leaves = {name: value.clone().requires_grad_() for name, value in setting.tuned[task].items()}
        random, classes = mulberry32(u), len(setting.words[task])
        order = [row for batch in batch_order(len(setting.data[task]["labels"]), 1, 0, 0) for row in batch][:examples]
        drawn, exact = [{name: 0 for name in leaves} for _ in range(2)]
        for row in order:
            logs = torch.log_softmax(setting.logits(task, [row], leaves), 1)[0]
            signs = torch.tensor([-1.0 if next(random) < 0.5 else 1.0 for _ in range(classes)], dtype=torch.float64)
            loss = 2 * (signs * (logs / 2).exp()).sum()
            for name, g in zip(leaves, torch.autograd.grad(loss, list(leaves.values()), retain_graph=True)):
                drawn[name] = drawn[name] + g**2 / len(order)
            for c in range(classes):
                for name, g in zip(leaves, torch.autograd.grad(logs[c], list(leaves.values()), retain_graph=True)):
                    exact[name] = exact[name] + logs[c].exp().item() * g**2 / len(order)
        sums = [sum(each.sum().item() for each in which.values()) for which in (drawn, exact)]
        worst.append(sums[0] / sums[1])
        for name, value in leaves.items():
            share = drawn[name].clamp(min=1e-6)
            top[name] += share * value.detach()
            bottom[name] += share
    return {name: top[name] / bottom[name] for name in top}, worst


def few_shot(setting, epochs, rate, average=False, in_turn=False):
    """AdamW from the base or the average on batches of all tasks shuffled together, or of one task after another."""
    start = {
        name: sum(setting.tuned[task][name] for task in TASKS) / len(TASKS) if average else value
        for name, value in setting.base.items()
    }
    leaves = {name: value.clone().requires_grad_() for name, value in start.items()}
    for tasks in [[task] for task in TASKS] if in_turn else [TASKS]:
        adam = torch.optim.AdamW(leaves.values(), rate, weight_decay=0.01)
        for epoch in range(epochs):
            steps = [
                (task, rows) for task in tasks for rows in batch_order(len(setting.data[task]["labels"]), BATCH, epoch, 0)
            ]
            order = range(len(steps)) if in_turn else shuffled(len(steps), (GOLDEN * epoch + 1) % WORD)
            for at in order:
                adam.zero_grad()
                labelled(setting, *steps[at], leaves).backward()
                adam.step()
    return {name: value.detach() for name, value in leaves.items()}


def solved(setting, examples, alpha, linear, weights_of):
    """(Σ G)⁻¹ Σ G W of linear layers, G = XᵀX per token with smaller off-diagonals, X as models of these weights make it."""
    grams = {}
    for task in TASKS:
        data, sums = setting.data[task], {}
        kept = [row for rows in batch_order(len(data["labels"]), BATCH, 0, 0) for row in rows][:examples]
        tokens = data["attention"][kept].flatten().bool()

        def watch(name):
            return lambda _, given: sums.__setitem__(name, given[0].reshape(-1, given[0].shape[-1])[tokens])

        hooks = [module.register_forward_pre_hook(watch(name)) for name, module in linear.items()]
        with torch.no_grad():
            setting.logits(task, kept, weights_of(task))
        for hook in hooks:
            hook.remove()
        grams[task] = {name: x.T @ x / len(x) for name, x in sums.items()}
        for name, gram in grams[task].items():
            grams[task][name] = alpha * gram + (1 - alpha) * torch.diag(gram.diag())
    merged = {}
    for name in linear:
        right = sum(grams[task][name] @ setting.tuned[task][name].T for task in TASKS)
        merged[name] = torch.linalg.solve(sum(grams[task][name] for task in TASKS), right).T.contiguous()
    return merged


def linear_layers(setting):
    return {
        f"{name}.weight": module
        for name, module in setting.model.named_modules()
        if isinstance(module, torch.nn.Linear) and f"{name}.weight" in setting.scope
    }


def average(setting):
    return {name: sum(setting.tuned[task][name] for task in TASKS) / len(TASKS) for name in setting.scope}


def reg_mean(setting, examples, alpha):
    """Linear layers by the inputs that the fine-tuned models make; all else averaged."""
    return average(setting) | solved(setting, examples, alpha, linear_layers(setting), lambda task: setting.tuned[task])


def stage_of(name):
    """Embeddings, the layers, then what follows them."""
    if ".layer." in name:
        return int(name.split(".layer.")[1].split(".")[0])
    return -1 if ".embeddings." in name else 1000


def reg_mean_plus_plus(setting, examples, alpha):
    """The same, stage by stage: what comes before a stage is merged already."""
    merged, linear = average(setting), linear_layers(setting)
    for stage in sorted({stage_of(name) for name in linear}):

        def weights_of(task):
            return {
                name: (merged if stage_of(name) < stage else setting.tuned[task])[name] for name in setting.scope
            }

        own = {name: module for name, module in linear.items() if stage_of(name) == stage}
        merged |= solved(setting, examples, alpha, own, weights_of)
    return merged


def main():
    argparse.ArgumentParser().parse_args()
    torch.set_num_threads(1)
    setting = Setting()
    told = {
        "coefficients": {
            "entropy": {"steps": 16, "rate": 0.04, "layerwise": 1},
            "labels": {"steps": 16, "rate": 0.06, "layerwise": 1},
            "shared": {"steps": 8, "rate": 0.04, "layerwise": 0},
            "elected": {"steps": 16, "rate": 0.04, "layerwise": 1, "density": 0.2},
        }
    }
    for form, given in told["coefficients"].items():
        loss_of = labelled if form == "labels" else entropy
        taus = elected(setting, given["density"]) if "density" in given else changes(setting)
        given |= coefficients(setting, taus, loss_of, given["steps"], given["rate"], given["layerwise"])
        flat = numpy.array(given["values"])
        print(f"{form}: loss {given['losses'][0]:.3f} → {given['losses'][-1]:.3f}, λ {flat.min():.2f}…{flat.max():.2f}")
    merged, ratios = fisher(setting, 40)
    print(f"Fisher information as drawn, of that over all classes: {ratios}")
    made = {"fisher": merged}
    made |= {f"few_shot{average}": few_shot(setting, 2, 3e-4, average) for average in (0, 1)}
    made["few_shot_in_turn"] = few_shot(setting, 2, 3e-4, in_turn=True)
    made["regmean"] = reg_mean(setting, 60, 0.9)
    made["regmean_plus_plus"] = reg_mean_plus_plus(setting, 60, 0.9)
    folder = ROOT / "training/goldens"
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"{form}/{name}": value.float() for form, each in made.items() for name, value in each.items()}
    save_file(tensors, folder / "training.safetensors")
    (folder / "training.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
