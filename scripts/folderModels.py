"""Small models for scripts/checkFolders.py: folders by transformers, test data, and what the models put out on them."""

import copy
import json
import random

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import (
    CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizer, GPT2Config, GPT2LMHeadModel, GPT2Tokenizer,
    RobertaConfig, RobertaForMaskedLM, RobertaTokenizer,
)

from suiteTexts import passage

TUNED = ["first", "second"]
WORDS = [" terrible", " great"]
LABELS = ["cat", "dog", "sailing boat"]
CLIP_SPLIT = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
# Tensors of older files: prefixes left out, and copies of tied ones.
TIED = {"lm_head.decoder.weight": "roberta.embeddings.word_embeddings.weight", "lm_head.decoder.bias": "lm_head.bias"}
TIED |= {"lm_head.weight": "transformer.wte.weight"}


def counterpart(tensors, name):
    """A tensor by its name, with or without GPT-2's prefix, or the one it is tied to; None where there is none."""
    for each in (name, TIED.get(name)):
        for known in (each, f"transformer.{each}", (each or "").removeprefix("transformer.")):
            if known in tensors:
                return tensors[known]
    return None


class Kind:
    """Of an architecture; `old` is given the base's folder to make its file such as older versions saved them."""

    methods, old = None, None
    data, recipe, measured = {}, "", True

    def test(self, name):
        return f"data/{name}"

    def make(self, folder):
        """folder/base, first and second, and folder/data."""
        torch.manual_seed(0)
        rng = random.Random(0)
        processor = self.processor(folder / "vocabulary", rng)
        base = self.model(processor)
        spread(base, 0.2)
        base = base.bfloat16().float()  # so that rounding changes nothing that a fine-tune in bfloat16 left as it was
        self.save(base, processor, folder / "base")
        for name, scale in zip(TUNED, (0.02, 0.05)):
            tuned, own = self.copy(base, processor, name)
            spread(tuned, scale, self.changes)
            if name == "second":
                tuned = tuned.bfloat16()
            self.save(tuned, own, folder / name, **({"max_shard_size": "60KB"} if name == "first" else {}))
            self.write(folder, name, rng)
        if self.old:
            self.old(folder)

    def changes(self, name):
        return True

    def copy(self, base, processor, name):
        """A model to become the fine-tune of this name, with its processor."""
        tuned = type(base)(copy.deepcopy(base.config))
        tuned.load_state_dict(base.state_dict())
        return tuned, processor

    def save(self, model, processor, folder, **options):
        model.save_pretrained(folder, **options)
        processor.save_pretrained(folder)


def spread(model, scale, changes=lambda name: True):
    """Adds normal noise to parameters; tied ones are one."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if changes(name):
                parameter += scale * torch.randn_like(parameter)


def byte_level(rng, specials, folder):
    """vocab.json and merges.txt of a byte-level BPE in which WORDS are tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=specials, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([passage(rng) for _ in range(2000)], trainer)
    write_vocabulary(tokenizer, tokenizer.get_vocab(), folder)


def write_vocabulary(tokenizer, vocabulary, folder):
    folder.mkdir(parents=True)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))


class Roberta(Kind):
    name = "RoBERTa"
    data = {"template": "{text} It was{mask} .", "label_words": WORDS, "labels": ["0", "1"]}

    def test(self, name):
        return f"data/{name}.jsonl"

    def processor(self, folder, rng):
        byte_level(rng, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], folder)
        return RobertaTokenizer.from_pretrained(folder)

    def model(self, tokenizer):
        sizes = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}
        sizes |= {"vocab_size": len(tokenizer), "max_position_embeddings": 130, "type_vocab_size": 1}
        return RobertaForMaskedLM(RobertaConfig(**sizes))

    def write(self, folder, name, rng):
        (folder / "data").mkdir(exist_ok=True)
        rows = [{"text": passage(rng), "label": i % 2} for i in range(40)]
        (folder / self.test(name)).write_text("".join(json.dumps(row) + "\n" for row in rows))

    def outputs(self, model, tokenizer, folder, task):
        rows = [json.loads(line) for line in (folder / self.test(task["task"])).read_text().splitlines()]
        texts = [f"{row['text']} It was{tokenizer.mask_token} ." for row in rows]
        inputs = tokenizer(texts, padding=True, return_tensors="pt")
        at = inputs["input_ids"] == tokenizer.mask_token_id
        words = [tokenizer.encode(word, add_special_tokens=False)[0] for word in WORDS]
        return model(**inputs).logits[at][:, words]


class Clip(Kind):
    """Only the vision tower is fine-tuned, as usual: the app tells classes by the base's text tower."""

    name = "CLIP"
    data = {"prompts": ["a photo of a {label}."], "labels": LABELS}

    def processor(self, folder, rng):
        tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix=""))
        tokenizer.normalizer = normalizers.Lowercase()
        split = pre_tokenizers.Split(Regex(CLIP_SPLIT), behavior="removed", invert=True)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False)])
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        options = {"initial_alphabet": alphabet, "end_of_word_suffix": "</w>", "show_progress": False}
        tokenizer.train_from_iterator([passage(rng) for _ in range(500)], trainers.BpeTrainer(vocab_size=700, **options))
        known = [*alphabet, *(letter + "</w>" for letter in alphabet), *sorted(tokenizer.get_vocab())]
        known = dict.fromkeys([*known, "<|startoftext|>", "<|endoftext|>"])
        write_vocabulary(tokenizer, {token: at for at, token in enumerate(known)}, folder)
        images = CLIPImageProcessor(size={"shortest_edge": 36}, crop_size={"height": 32, "width": 32})
        return CLIPProcessor(images, CLIPTokenizer.from_pretrained(folder))

    def model(self, processor):
        tokenizer = processor.tokenizer
        sizes = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}
        ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
        text = sizes | ends | {"vocab_size": len(tokenizer), "max_position_embeddings": 24, "pad_token_id": tokenizer.pad_token_id}
        config = CLIPConfig(text_config=text, vision_config=sizes | {"image_size": 32, "patch_size": 8}, projection_dim=24)
        return CLIPModel(config)

    def changes(self, name):
        return name.startswith("vision_model.")

    def write(self, folder, name, rng):
        noise = numpy.random.default_rng(rng.randrange(1000))
        for label in LABELS:
            (folder / self.test(name) / label).mkdir(parents=True)
            for i in range(8):
                coarse = Image.fromarray(noise.integers(0, 256, (6, 6, 3), dtype=numpy.uint8))
                coarse.resize((44, 52), Image.BICUBIC).save(folder / self.test(name) / label / f"{i}.png")

    def outputs(self, model, processor, folder, task):
        texts = [f"a photo of a {label}." for label in task["labels"]]
        images = [Image.open(folder / path) for path in task["paths"]]
        return model(**processor(text=texts, images=images, padding=True, return_tensors="pt")).logits_per_image


class Gpt2(Kind):
    name = "GPT-2"
    data = {"kind": "next_token"}
    length = 64

    def test(self, name):
        return f"data/{name}.txt"

    def processor(self, folder, rng):
        byte_level(rng, ["<|endoftext|>"], folder)
        return GPT2Tokenizer.from_pretrained(folder)

    def model(self, tokenizer):
        end = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
        sizes = {"vocab_size": len(tokenizer), "n_positions": self.length, "n_embd": 48, "n_layer": 2, "n_head": 4}
        return GPT2LMHeadModel(GPT2Config(**sizes, **end))

    def write(self, folder, name, rng):
        (folder / "data").mkdir(exist_ok=True)
        (folder / self.test(name)).write_text("".join(f"{passage(rng)}\n" for _ in range(60)))

    def outputs(self, model, tokenizer, folder, task):
        ids = tokenizer.encode((folder / self.test(task["task"])).read_text())
        blocks = torch.tensor(ids[: len(ids) // self.length * self.length]).view(-1, self.length)
        likelihoods = model(blocks).logits.log_softmax(-1)[:, :-1]
        return -likelihoods.gather(2, blocks[:, 1:, None]).squeeze(2)


def rewrite(folder, change):
    """Changes the tensors of a folder's one file."""
    path = folder / "model.safetensors"
    tensors = change(load_file(path))
    save_file({name: tensor.clone() for name, tensor in tensors.items()}, path, {"format": "pt"})


class OldRoberta(Roberta):
    """As older versions saved it: positions as a buffer, the tied decoder once more."""

    name, methods = "old RoBERTa", ["task_arithmetic", "ties"]

    def old(self, folder):
        buffer = {"roberta.embeddings.position_ids": torch.arange(130)[None]}
        tied = lambda tensors: {name: tensors[to] for name, to in TIED.items() if to in tensors}
        rewrite(folder / "base", lambda tensors: tensors | buffer | tied(tensors))


class OldClip(Clip):
    name, methods = "old CLIP", ["task_arithmetic"]

    def old(self, folder):
        at = "{}_model.embeddings.position_ids".format
        rewrite(folder / "base", lambda tensors: tensors | {at("text"): torch.arange(24)[None], at("vision"): torch.arange(17)[None]})


class OldGpt2(Gpt2):
    """As gpt2 on its page: without prefix, with causal masks, in bfloat16; a fine-tune with the tied head."""

    name, methods = "old GPT-2", ["task_arithmetic", "localize_and_stitch"]

    def old(self, folder):
        masks = {f"h.{n}.attn.bias": torch.ones(1, 1, self.length, self.length).tril() for n in range(2)}
        bare = lambda tensors: {name.removeprefix("transformer."): tensor.bfloat16() for name, tensor in tensors.items()}
        rewrite(folder / "base", lambda tensors: bare(tensors) | masks)
        config = folder / "base" / "config.json"
        config.write_text(config.read_text().replace('"dtype": "float32"', '"torch_dtype": "bfloat16"'))
        rewrite(folder / "second", lambda tensors: tensors | {"lm_head.weight": tensors["transformer.wte.weight"]})


class UntiedGpt2(Gpt2):
    """One fine-tune has a head of its own, where base and the other have the embeddings for it."""

    name, methods = "untied GPT-2", ["task_arithmetic", "ties"]

    def copy(self, base, processor, name):
        if name != "first":
            return super().copy(base, processor, name)
        config = copy.deepcopy(base.config)
        config.tie_word_embeddings = False
        tuned = type(base)(config)
        tuned.load_state_dict(base.state_dict())
        return tuned, processor


class WordyRoberta(Roberta):
    """One fine-tune has two words more, which the output keeps; the app measures models by the base's words alone."""

    name, methods, recipe, measured = "wordy RoBERTa", ["task_arithmetic"], "rows: all\n", False

    def copy(self, base, processor, name):
        tuned, _ = super().copy(base, processor, name)
        if name != "first":
            return tuned, processor
        own = copy.deepcopy(processor)
        own.add_tokens(["<one>", "<two>"])
        tuned.resize_token_embeddings(len(own), mean_resizing=False)
        return tuned, own


KINDS = [Roberta(), Clip(), Gpt2(), OldRoberta(), OldClip(), OldGpt2(), UntiedGpt2(), WordyRoberta()]
