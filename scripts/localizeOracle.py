"""The localizers that use data (ARCHITECTURE.md, Masks by gradient), written plainly on torch autograd: what
scripts/localizeGoldens.py records. The scope is one vector θ [N]; a task's τ is too."""

from dataclasses import dataclass

import numpy
import torch
from torch.func import functional_call

WORD = 1 << 32
GOLDEN = 0x9E3779B9


def mulberry32(seed):
    """Uniform numbers in [0, 1), as src/data/random.ts has them."""
    a = seed % WORD
    while True:
        a = (a + 0x6D2B79F5) % WORD
        t = ((a ^ (a >> 15)) * (a | 1)) % WORD
        t ^= (t + ((t ^ (t >> 7)) * (t | 61)) % WORD) % WORD
        yield ((t ^ (t >> 14)) % WORD) / WORD


def shuffled(n, seed):
    order, random = list(range(n)), mulberry32(seed)
    for i in range(n - 1, 0, -1):
        j = int(next(random) * (i + 1))
        order[i], order[j] = order[j], order[i]
    return order


def batch_order(n, size, epoch, seed):
    order = shuffled(n, (seed + GOLDEN * epoch) % WORD)
    return [order[at : at + size] for at in range(0, n, size)]


def p99(values):
    """The ⌊M/100⌋-th largest |x|, as float32 with the low half of its bits cleared; the largest when that is 0, else 1."""
    sizes = numpy.sort(numpy.abs(values.detach().to(torch.float32).numpy()))[::-1]
    high = sizes[max(1, len(sizes) // 100) - 1 :][:1].copy()
    high = float((high.view(numpy.uint32) & 0xFFFF0000).view(numpy.float32)[0])
    return high or float(sizes[0]) or 1.0


def top_k(score, k):
    """Mask of the k largest; of equals the earlier positions."""
    mask = torch.zeros(len(score), dtype=torch.bool)
    mask[torch.sort(score, descending=True, stable=True).indices[:k]] = True
    return mask


@dataclass
class Task:
    ids: torch.Tensor
    attention: torch.Tensor
    at: torch.Tensor
    labels: torch.Tensor
    words: list
    tau: torch.Tensor


class Problem:
    """Loss and gradient of a batch at θ; and what of it is the same for all presets."""

    def __init__(self, model, scope, density, dtype, turned):
        self.model, self.dtype, self.turned, self.seed = model.to(dtype), dtype, turned, 0
        parameters = dict(self.model.named_parameters())
        self.shapes = {name: parameters[name].shape for name in scope}
        self.pre = torch.cat([parameters[name].detach().flatten() for name in scope])
        self.n = len(self.pre)
        self.k = int(density * self.n)

    def step(self, task, rows, theta):
        """Mean cross-entropy of the label words' logits over the rows, and ∂loss/∂θ."""
        rows = rows[::-1] if self.turned else rows
        length = -(-int(task.attention[rows].sum(1).max()) // 8) * 8
        theta = theta.detach().requires_grad_()
        pieces = theta.split([shape.numel() for shape in self.shapes.values()])
        weights = {name: piece.view(shape) for (name, shape), piece in zip(self.shapes.items(), pieces)}
        inputs = {"input_ids": task.ids[rows, :length], "attention_mask": task.attention[rows, :length]}
        logits = functional_call(self.model, weights, (), inputs).logits
        logits = logits[torch.arange(len(rows)), task.at[rows]][:, task.words]
        loss = torch.nn.functional.cross_entropy(logits, task.labels[rows])
        return loss.item(), torch.autograd.grad(loss, theta)[0]

    def batches(self, task, size, epoch):
        return batch_order(len(task.labels), size, epoch, self.seed)

    def tau(self, task):
        return task.tau.to(self.dtype)

    def tiny(self, tau):
        return top_k(tau.abs(), max(1, int(1e-5 * self.n)))

    def result(self, s, losses, score=None, **more):
        """Both masks: free are the positions above 0 of `s`; `score` ranks where it is not `s` itself."""
        exact = top_k(s if score is None else score, self.k)
        return {"exact": exact, "free": s > 0, "losses": losses} | more


def slope(s):
    return torch.sigmoid(s) * (1 - torch.sigmoid(s))


def soft(problem, task, rate, l1, **more):
    tau = problem.tau(task)
    s, losses = 3.0 * top_k(tau.abs(), problem.k).to(problem.dtype), []
    for epoch in range(10):
        for rows in problem.batches(task, 16, epoch):
            loss, g = problem.step(task, rows, problem.pre + torch.sigmoid(s) * tau)
            s = s - rate * (g * tau + l1) * slope(s)
            losses.append(loss)
    return problem.result(s, losses, **more)


def paper(problem, task):
    return soft(problem, task, 1e7, 1e-5)


def scaled(problem, task):
    tau = problem.tau(task)
    middle = problem.pre + tau / 2
    products = [problem.step(task, rows, middle)[1] * tau for rows in problem.batches(task, 16, 0)[:8]]
    q = p99(torch.cat(products))
    return soft(problem, task, 2 / q, 0.1 * q, q=[q])


def epoch_step(problem, task, epoch, theta):
    """Mean loss of an epoch's batches of 8 at one θ, the sum of their g⊙τ, and their number."""
    steps = [problem.step(task, rows, theta) for rows in problem.batches(task, 8, epoch)]
    return sum(loss for loss, _ in steps) / len(steps), sum(g * problem.tau(task) for _, g in steps), len(steps)


def reference(problem, task):
    """The update of localize_utils.py in uiuctml/Localize-and-Stitch, whose l1 term pushes S away from 0."""
    tau = problem.tau(task)
    s, losses = 10.0 * problem.tiny(tau).to(problem.dtype) - 5, []
    for epoch in range(10):
        loss, total, _ = epoch_step(problem, task, epoch, problem.pre + torch.sigmoid(s) * tau)
        derivative = slope(s)
        away = 10 * torch.where(s > 0, derivative, -derivative)
        s = s - (1e7 * total * derivative - away)
        losses.append(loss)
    return problem.result(s, losses)


def grafting(problem, task):
    """Keeps γ of the epoch of least loss, as it was when that loss was measured."""
    tau = problem.tau(task)
    start, random = problem.tiny(tau).to(problem.dtype), mulberry32(problem.seed)
    s = torch.tensor([next(random) for _ in range(problem.n)], dtype=torch.float32).to(problem.dtype)
    losses, best = [], None
    for epoch in range(10):
        gamma = start + (1 - 2 * start) * torch.sigmoid(s - 10)
        loss, total, count = epoch_step(problem, task, epoch, problem.pre + gamma * tau)
        best = gamma if loss < min(losses, default=torch.inf) else best
        losses.append(loss)
        s = s - 1e7 * (total / count) * (1 - 2 * start) * slope(s - 10)
    return problem.result(best - 0.5, losses, score=best)


def hard(problem, task):
    tau = problem.tau(task)
    s, v, losses, q = tau.abs() / p99(tau), torch.zeros_like(tau), [], []
    for epoch in range(10):
        for rows in problem.batches(task, 16, epoch):
            loss, g = problem.step(task, rows, problem.pre + top_k(s, problem.k) * tau)
            v = 0.9 * v + g * tau
            q.append(p99(v))
            s = s - 0.05 / q[-1] * v
            losses.append(loss)
    return problem.result(s, losses, q=[q[0], q[-1]])


def joint(problem, tasks):
    """Of all tasks, in the order given, by name."""
    taus = {name: problem.tau(task) for name, task in tasks.items()}
    s = {name: tau.abs() / p99(tau) for name, tau in taus.items()}
    v = {name: torch.zeros_like(tau) for name, tau in taus.items()}
    q, losses, order = {name: [] for name in tasks}, [], []
    for epoch in range(6):
        steps = [(name, rows) for name, task in tasks.items() for rows in problem.batches(task, 32, epoch)]
        for at in shuffled(len(steps), (problem.seed + GOLDEN * epoch + 1) % WORD):
            name, rows = steps[at]
            masks = {each: top_k(s[each], problem.k) for each in tasks}
            owners = sum(mask.to(problem.dtype) for mask in masks.values()).clamp(min=1)
            theta = problem.pre + sum(masks[each] * taus[each] for each in tasks) / owners
            loss, g = problem.step(tasks[name], rows, theta)
            for each in tasks:
                v[each] = 0.9 * v[each] + g * taus[each] / owners
                q[each].append(p99(v[each]))
                s[each] = s[each] - 0.05 / q[each][-1] * v[each]
            losses.append(loss)
            order.append(name)
    return {each: problem.result(s[each], losses, q=[q[each][0], q[each][-1]], order=order) for each in tasks}


def presets(model, scope, tasks, density, dtype, turned=False, only=None):
    """Runs of every preset, or of one, by name of preset and task; afterwards the model is float32 again."""
    problem = Problem(model, scope, density, dtype, turned)
    single = {"paper": paper, "scaled": scaled, "reference": reference, "grafting": grafting, "hard": hard}
    wanted = [only] if only else [*single, "joint"]
    runs = {name: {task: single[name](problem, given) for task, given in tasks.items()} for name in wanted if name in single}
    if "joint" in wanted:
        runs["joint"] = joint(problem, tasks)
    model.to(torch.float32)
    return runs
