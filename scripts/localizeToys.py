"""A two-layer RoBERTa, a toy language and two toy tasks for scripts/localizeGoldens.py."""

import copy

import torch
import transformers

START, PAD, END, MASK = 0, 1, 2, 4
WORDS = {"a": [5, 6], "b": [7, 8, 9]}
TASKS = {"a": ("a", 2), "b": ("b", 3)}
GROUPS, GROUP, FIRST = 11, 10, 10
LONGEST = 24
PER_CLASS = 32


def token(group, generator):
    return FIRST + GROUP * group + int(torch.randint(GROUP, (), generator=generator))


def sentence(groups, length, generator):
    """Tokens of random groups of these, each mostly staying for two."""
    ids = []
    while len(ids) < length:
        group = groups[int(torch.randint(len(groups), (), generator=generator))]
        ids += [token(group, generator), token(group, generator)]
    return ids[:length]


def example(task, label, generator):
    """Ids and the position of the mask token. a: which of groups 0 and 1 is the more frequent; b: which of 2, 3 and 4 is."""
    length = int(torch.randint(4, LONGEST - 3, (), generator=generator))
    body = sentence(range(5, GROUPS), length, generator)
    first, classes = (0, 2) if task == "a" else (2, 3)
    other = (label + int(torch.randint(1, classes, (), generator=generator))) % classes
    groups = [first + each for each in (label, label, label, other)]
    places = torch.randperm(length, generator=generator).tolist()
    for place, group in zip(places, groups):
        body[place] = token(group, generator)
    ids = [START, *body, MASK, END] if task == "a" else [START, MASK, *body, END]
    return ids, ids.index(MASK)


def padded(rows):
    ids = torch.full((len(rows), LONGEST), PAD)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row)
    return ids, (ids != PAD).to(torch.float32)


def draw(task, labels, generator):
    rows = [example(task, label, generator) for label in labels]
    return *padded([ids for ids, _ in rows]), torch.tensor([at for _, at in rows]), torch.tensor(labels)


def examples(task):
    """The few shots: ids, attention, positions of the mask token and labels, classes in turn."""
    name, classes = task
    return draw(name, list(range(classes)) * PER_CLASS, torch.Generator().manual_seed(ord(name)))


def masked(generator, size=32):
    """A batch of masked language modelling: sentences of either task, their label word or any at the mask token."""
    words, rows = WORDS["a"] + WORDS["b"], []
    for _ in range(size):
        name, classes = TASKS["ab"[int(torch.randint(2, (), generator=generator))]]
        ids, at = example(name, int(torch.randint(classes, (), generator=generator)), generator)
        ids[at] = words[int(torch.randint(len(words), (), generator=generator))]
        rows.append(ids)
    ids, attention = padded(rows)
    hidden = (torch.rand(ids.shape, generator=generator) < 0.2) & (ids > MASK)
    return torch.where(hidden, MASK, ids), attention, torch.where(hidden, ids, -100)


def pretrained(steps=600):
    config = transformers.RobertaConfig(
        vocab_size=FIRST + GROUPS * GROUP, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=34, type_vocab_size=1, pad_token_id=PAD, layer_norm_eps=1e-5, initializer_range=0.1,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, attn_implementation="eager",
    )
    torch.manual_seed(0)
    model = transformers.RobertaForMaskedLM(config).eval()
    generator = torch.Generator().manual_seed(1)
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3)
    for _ in range(steps):
        ids, attention, labels = masked(generator)
        optimizer.zero_grad()
        model(input_ids=ids, attention_mask=attention, labels=labels).loss.backward()
        optimizer.step()
    return model


def fine_tune(base, task, steps=800):
    """The encoder's layers alone, by AdamW on fresh examples, 32 a step."""
    name, classes = task
    model = copy.deepcopy(base)
    model.requires_grad_(False)
    model.roberta.encoder.requires_grad_(True)
    generator = torch.Generator().manual_seed(10 + ord(name))
    optimizer = torch.optim.AdamW(model.roberta.encoder.parameters(), 1e-3)
    for _ in range(steps):
        labels = torch.randint(classes, (32,), generator=generator).tolist()
        ids, attention, at, labels = draw(name, labels, generator)
        logits = model(input_ids=ids, attention_mask=attention).logits[torch.arange(32), at]
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits[:, WORDS[name]], labels).backward()
        optimizer.step()
    return model.requires_grad_(True)
