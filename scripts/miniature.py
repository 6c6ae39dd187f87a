"""Training of pico RoBERTas on generated text: tokenizer, masked language modelling, fine-tuning of the encoder by prompt and
label words, accuracy and Hugging Face folders. Needs torch, transformers, tokenizers, safetensors."""

import copy
import json
import logging
import time

import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
START, PAD, END, UNKNOWN, MASK = range(5)
LENGTH, BATCH = 64, 48
PER_CLASS, TEST = 64, 240
TIED = ("lm_head.decoder.weight", "lm_head.decoder.bias")
logger = logging.getLogger("miniature")


def start_logging():
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logger.setLevel(logging.INFO)


def train_tokenizer(texts, words):
    """Byte-level BPE of 896 tokens, as RoBERTa's but small; each of `words` must be one of them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=896, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True, normalized=False)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", END), ("<s>", START), add_prefix_space=False)
    for word in words:
        assert len(tokenizer.encode(word, add_special_tokens=False).ids) == 1, f"{word} is not one token"
    return tokenizer


def pad(rows):
    ids = torch.full((len(rows), max(map(len, rows))), PAD)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row)
    return ids, (ids != PAD).long()


def encode(tokenizer, texts):
    rows = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    assert max(map(len, rows)) <= LENGTH, "a text is too long"
    return pad(rows)


def config_of(vocabulary, **sizes):
    return transformers.RobertaConfig(
        vocab_size=vocabulary, max_position_embeddings=LENGTH + 2, type_vocab_size=1, pad_token_id=PAD, bos_token_id=START,
        eos_token_id=END, layer_norm_eps=1e-5, initializer_range=0.06, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, **sizes,
    )


def descend(parameters, steps, rate, loss_of, name):
    """AdamW, the rate rising over a tenth of the steps and then falling to 0."""
    optimizer = torch.optim.AdamW(parameters, rate, weight_decay=0.01)
    shape = lambda step: min((step + 1) / (steps / 10), (steps - step) / (steps * 0.9))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, shape)
    started = time.time()
    for step in range(steps):
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 99:
            logger.info("%s %d: loss %.3f, %.0f s", name, step + 1, loss.item(), time.time() - started)


def pretrain(config, tokenizer, passage, steps, asked=()):
    """By masked language modelling on what `passage()` makes; hides a fifth of the tokens, three fifths of the words `asked`."""
    model, shares = transformers.RobertaForMaskedLM(config).eval(), torch.full((config.vocab_size,), 0.2)
    for word in asked:
        shares[tokenizer.encode(word, add_special_tokens=False).ids] = 0.6

    def loss_of():
        ids, attention = encode(tokenizer, [passage() for _ in range(BATCH)])
        hidden = (torch.rand(ids.shape) < shares[ids]) & (ids > MASK)
        inputs = torch.where(hidden & (torch.rand(ids.shape) < 0.9), MASK, ids)
        state = model.roberta(input_ids=inputs, attention_mask=attention).last_hidden_state
        return torch.nn.functional.cross_entropy(model.lm_head(state[hidden]), ids[hidden])

    descend(list(model.parameters()), steps, 2e-3, loss_of, "base")
    return model


def logits_of(model, tokenizer, kind, rows):
    ids, attention = encode(tokenizer, [kind.prompt(row, "<mask>") for row in rows])
    words = [tokenizer.encode(word, add_special_tokens=False).ids[0] for word in kind.words]
    state = model.roberta(input_ids=ids, attention_mask=attention).last_hidden_state
    return model.lm_head(state[ids == MASK])[:, words]


def fine_tune(base, tokenizer, kind, rng, tests, steps, rate, name):
    """All of the encoder, on fresh examples other than `tests`."""
    model, known = copy.deepcopy(base), {json.dumps(row) for row in tests}
    parameters = list(model.requires_grad_(False).roberta.encoder.requires_grad_(True).parameters())

    def loss_of():
        rows = [row for row in rows_of(kind, rng, BATCH) if json.dumps(row) not in known]
        labels = torch.tensor([kind.labels.index(row["label"]) for row in rows])
        return torch.nn.functional.cross_entropy(logits_of(model, tokenizer, kind, rows), labels)

    descend(parameters, steps, rate, loss_of, name)
    return model


def rows_of(kind, rng, count):
    """Classes in turn."""
    return [kind.row(rng, at % len(kind.labels)) for at in range(count)]


def examples(kind, rng):
    """Few shots and tests, no row twice."""
    seen, rows, shots = set(), [], PER_CLASS * len(kind.labels)
    while len(rows) < shots + TEST:
        row = kind.row(rng, len(rows) % len(kind.labels))
        if json.dumps(row) not in seen:
            seen.add(json.dumps(row))
            rows.append(row)
    return rows[:shots], rows[shots:]


def accuracy(model, tokenizer, kind, rows):
    with torch.no_grad():
        predicted = logits_of(model, tokenizer, kind, rows).argmax(1)
    return sum(kind.labels[each] == row["label"] for each, row in zip(predicted.tolist(), rows)) / len(rows)


def save(folder, model, tokenizer):
    """A Hugging Face folder in float16; `model` takes the rounded weights."""
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: tensor.half().clone() for name, tensor in model.state_dict().items()}
    for tied in TIED:
        halves.pop(tied)
    save_file(halves, folder / "model.safetensors", {"format": "pt"})
    model.load_state_dict({name: tensor.half().float() for name, tensor in model.state_dict().items()})
    config = model.config.to_dict() | {"architectures": ["RobertaForMaskedLM"], "model_type": "roberta", "dtype": "float16"}
    write_json(folder / "config.json", config)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    named = dict(zip(["bos_token", "pad_token", "eos_token", "unk_token", "mask_token"], SPECIALS))
    named |= {"cls_token": "<s>", "sep_token": "</s>", "add_prefix_space": False, "model_max_length": LENGTH}
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "RobertaTokenizer"} | named)


def load(folder, config):
    """A model as `save` leaves it."""
    model = transformers.RobertaForMaskedLM(config).eval()
    weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    left = model.load_state_dict(weights, strict=False)
    assert set(left.missing_keys) <= set(TIED) and not left.unexpected_keys, f"{folder} has other tensors: {left}"
    return model


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def average(base, tuned):
    model = copy.deepcopy(base)
    states = [each.state_dict() for each in tuned]
    model.load_state_dict({name: sum(state[name] for state in states) / len(states) for name in states[0]})
    return model
