#!/usr/bin/env python3
"""Writes src/models/goldens/<name>.safetensors: pico models of Hugging Face transformers, what they make of a batch, and
the gradients of all their weights.

Usage: parityGoldens.py   (needs torch, transformers, safetensors)

Every parameter is drawn anew, so that none is 0 or 1. A file holds the tensors under the names of save_pretrained,
`input.*`, and for each case `output.<case>`, `upstream.<case>` (∂loss/∂output, random) and `grad.<case>.<tensor>`. Its
metadata `golden` is JSON: {architecture, config, cases: [{case, tower, head, words?, bare}]}; `bare` says that the model can
be told from its shapes, without a config. open_clip's and timm's files are such models by their names.
"""

import usage  # answers --help without the libraries below

import argparse
import copy
import json
import logging
import pathlib
import tempfile

import torch
import transformers
from safetensors.torch import load_file, save_file

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "models" / "goldens"
VOCABULARY = 60
PAD = 1


def redraw(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        scale = 0.3 if parameter.ndim < 2 or "embedding" in name else 0.2
        is_norm = "norm" in name.lower() or "layrnorm" in name or ".ln_" in name
        parameter.data = noise * scale + (1 if is_norm and name.endswith("weight") else 0)
    return model.eval()


def saved(model):
    """Tensors by the names of a saved checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return load_file(f"{folder}/model.safetensors")


def gradients(model, output, upstream):
    """∂(output · upstream)/∂w by the names of a saved checkpoint; tensors that the output does not depend on are left out."""
    model.zero_grad()
    (output * upstream).sum().backward(retain_graph=True)
    holder = copy.deepcopy(model)
    used = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    grads = {name: parameter.grad for name, parameter in model.named_parameters()}
    for name, parameter in holder.named_parameters():
        parameter.data = grads[name].clone() if name in used else torch.full_like(parameter, torch.nan)
    return {name: grad for name, grad in saved(holder).items() if not grad.isnan().any()}


class Golden:
    """One file: inputs and cases are added, then it is written."""

    def __init__(self, name, architecture, config, rename=lambda tensors: tensors):
        self.name, self.architecture, self.config, self.rename = name, architecture, config, rename
        self.tensors, self.cases = {}, []

    def inputs(self, **tensors):
        self.tensors |= {f"input.{key}": value for key, value in tensors.items()}

    def case(self, name, model, output, tower, head, **more):
        generator = torch.Generator().manual_seed(len(self.cases) + 7)
        upstream = torch.randn(output.shape, generator=generator)
        self.tensors |= self.rename(saved(model))
        self.tensors |= {f"output.{name}": output.detach(), f"upstream.{name}": upstream}
        for key, grad in self.rename(gradients(model, output, upstream)).items():
            self.tensors[f"grad.{name}.{key}"] = grad
        self.cases.append({"case": name, "tower": tower, "head": head, "bare": True} | more)

    def write(self):
        tensors = {
            key: (value.to(torch.int32) if value.dtype == torch.int64 else value).contiguous().clone()
            for key, value in self.tensors.items()
        }
        described = {"architecture": self.architecture, "config": self.config, "cases": self.cases}
        path = FOLDER / f"{self.name}.safetensors"
        save_file(tensors, path, {"golden": json.dumps(described, sort_keys=True)})
        return path.stat().st_size


def token_batch(seed, lengths, first=2):
    """Ids from `first` on, padded to the longest."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(first, VOCABULARY, (len(lengths), max(lengths)), generator=generator)
    attention = torch.tensor([[float(t < length) for t in range(max(lengths))] for length in lengths])
    return torch.where(attention > 0, ids, PAD), attention


def common(**more):
    return {"attn_implementation": "eager", "num_hidden_layers": 2} | more


def bert_like(name, kind, config_class, classes, options, types):
    config = config_class(**common(vocab_size=VOCABULARY, num_labels=3, **options))
    masked_lm, classifier = (redraw(each(config), seed) for seed, each in enumerate(classes, 11))
    if kind == "bert":
        classifier.bert.embeddings, classifier.bert.encoder = masked_lm.bert.embeddings, masked_lm.bert.encoder
    else:
        classifier.roberta = masked_lm.roberta
    ids, attention = token_batch(3, [9, 5, 7])
    segments = torch.tensor([[int(3 <= t < 8) for t in range(9)]] * 3) if types else torch.zeros_like(ids)
    at, words = torch.tensor([4, 0, 6]), [7, 0, 33, 59]
    golden = Golden(name, kind, config.to_dict())
    golden.inputs(ids=ids, attention=attention, types=segments, at=at)
    inputs = {"input_ids": ids, "attention_mask": attention, "token_type_ids": segments}
    bare = kind == "bert"
    logits = masked_lm(**inputs).logits[torch.arange(3), at][:, words]
    golden.case("maskedLm", masked_lm, logits, "text", "maskedLm", words=words, bare=bare)
    golden.case("classifier", classifier, classifier(**inputs).logits, "text", "classifier", bare=bare)
    return golden


def roberta():
    # Four heads of eight and an uncommon eps: neither can be told from shapes.
    options = dict(hidden_size=32, num_attention_heads=4, intermediate_size=40, layer_norm_eps=1e-2)
    options |= dict(max_position_embeddings=14, type_vocab_size=1, pad_token_id=PAD)
    classes = transformers.RobertaForMaskedLM, transformers.RobertaForSequenceClassification
    return bert_like("roberta", "roberta", transformers.RobertaConfig, classes, options, types=False)


def bert():
    options = dict(hidden_size=24, num_attention_heads=3, intermediate_size=40)
    options |= dict(max_position_embeddings=12, pad_token_id=PAD)
    classes = transformers.BertForMaskedLM, transformers.BertForSequenceClassification
    return bert_like("bert", "bert", transformers.BertConfig, classes, options, types=True)


def gpt2():
    options = dict(n_embd=24, n_layer=2, n_head=3, n_inner=40, n_positions=12, vocab_size=VOCABULARY)
    config = transformers.GPT2Config(attn_implementation="eager", **options)
    model = redraw(transformers.GPT2LMHeadModel(config), 21)
    ids, attention = token_batch(4, [9, 6, 8], first=0)
    golden = Golden("gpt2", "gpt2", config.to_dict())
    golden.inputs(ids=ids, attention=attention)
    logits = model(input_ids=ids, attention_mask=attention).logits[:, :-1]
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
    golden.case("languageModel", model, losses * attention[:, 1:], "text", "languageModel")
    return golden


def clip_model(vision_act, seed):
    vision = dict(hidden_size=40, num_attention_heads=5, intermediate_size=48, image_size=12, patch_size=4)
    text = dict(hidden_size=24, num_attention_heads=3, intermediate_size=40, vocab_size=VOCABULARY)
    text |= dict(max_position_embeddings=10, eos_token_id=VOCABULARY - 1)
    config = transformers.CLIPConfig(
        vision_config=common(hidden_act=vision_act, projection_dim=16, **vision),
        text_config=common(projection_dim=16, **text),
        projection_dim=16,
        attn_implementation="eager",
    )
    return redraw(transformers.CLIPModel(config), seed)


def clip(name, vision_act, config_of, rename, bare):
    model = clip_model(vision_act, 31)
    ids, attention = token_batch(5, [8, 5, 7])
    ids = torch.where(ids == VOCABULARY - 1, 2, ids)
    at = attention.sum(1).long() - 1
    ids[torch.arange(3), at] = VOCABULARY - 1
    pixels = torch.randn((2, 3, 12, 12), generator=torch.Generator().manual_seed(6))
    golden = Golden(name, "clip", config_of(model.config), rename)
    golden.inputs(ids=ids, attention=attention, at=at, pixels=pixels.permute(0, 2, 3, 1))
    output = model(input_ids=ids, attention_mask=attention, pixel_values=pixels)
    golden.case("images", model, output.image_embeds, "images", "projection", bare=bare)
    golden.case("text", model, output.text_embeds, "text", "projection")
    return golden


def open_clip_config(_):
    vision = {"image_size": 12, "layers": 2, "width": 40, "head_width": 8, "patch_size": 4}
    text = {"context_length": 10, "vocab_size": VOCABULARY, "width": 24, "heads": 3, "layers": 2}
    return {"model_cfg": {"embed_dim": 16, "quick_gelu": True, "vision_cfg": vision, "text_cfg": text}}


OPEN_CLIP = [
    ("vision_model.embeddings.class_embedding", "visual.class_embedding"),
    ("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
    ("vision_model.embeddings.patch_embedding", "visual.conv1"),
    ("vision_model.pre_layrnorm", "visual.ln_pre"),
    ("vision_model.post_layernorm", "visual.ln_post"),
    ("vision_model.encoder.layers", "visual.transformer.resblocks"),
    ("text_model.embeddings.token_embedding", "token_embedding"),
    ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
    ("text_model.final_layer_norm", "ln_final"),
    ("text_model.encoder.layers", "transformer.resblocks"),
    ("self_attn.out_proj", "attn.out_proj"),
    ("layer_norm1", "ln_1"),
    ("layer_norm2", "ln_2"),
    ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"),
]

TIMM = [
    ("vit.embeddings.cls_token", "cls_token"),
    ("vit.embeddings.position_embeddings", "pos_embed"),
    ("vit.embeddings.patch_embeddings.projection", "patch_embed.proj"),
    ("vit.layernorm", "norm"),
    ("vit.encoder.layer", "blocks"),
    ("attention.output.dense", "attn.proj"),
    ("layernorm_before", "norm1"),
    ("layernorm_after", "norm2"),
    ("intermediate.dense", "mlp.fc1"),
    ("output.dense", "mlp.fc2"),
    ("classifier", "head"),
]


def renamed(tensors, names):
    result = {}
    for name, tensor in tensors.items():
        for old, new in names:
            name = name.replace(old, new)
        result[name] = tensor
    return result


def fused(tensors, query, key, value, whole):
    """Joins the rows of queries, keys and values; `whole` turns a stem and "weight" or "bias" into the new name."""
    result = {name: tensor for name, tensor in tensors.items() if not any(f".{each}." in name for each in (query, key, value))}
    for name in tensors:
        stem, found, rest = name.partition(f".{query}.")
        if found:
            result[whole(stem, rest)] = torch.cat([tensors[f"{stem}.{each}.{rest}"] for each in (query, key, value)])
    return result


def open_clip_names(tensors):
    whole = lambda stem, rest: f"{stem.removesuffix('.self_attn')}.attn.in_proj_{rest}"
    tensors = fused(tensors, "q_proj", "k_proj", "v_proj", whole)
    tensors = renamed(tensors, OPEN_CLIP)
    for old, new in (("visual_projection.weight", "visual.proj"), ("text_projection.weight", "text_projection")):
        if old in tensors:
            tensors[new] = tensors.pop(old).T
    return tensors


def timm_names(tensors):
    whole = lambda stem, rest: f"{stem.removesuffix('.attention.attention')}.attn.qkv.{rest}"
    return renamed(fused(tensors, "query", "key", "value", whole), TIMM)


def vit(name, eps, config_of, rename, family="ViT"):
    options = dict(hidden_size=24, num_attention_heads=3, intermediate_size=40, image_size=12, patch_size=4)
    config_class = getattr(transformers, f"{family}Config")
    config = config_class(**common(layer_norm_eps=eps, num_labels=3, **options))
    model = redraw(getattr(transformers, f"{family}ForImageClassification")(config), 41)
    pixels = torch.randn((2, 3, 12, 12), generator=torch.Generator().manual_seed(8))
    golden = Golden(name, "vit", config_of(config), rename)
    golden.inputs(pixels=pixels.permute(0, 2, 3, 1))
    golden.case("classifier", model, model(pixel_values=pixels).logits, "images", "classifier")
    return golden


def main():
    argparse.ArgumentParser().parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.disable()
    torch.set_num_threads(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    same, to_dict, none = lambda tensors: tensors, lambda config: config.to_dict(), lambda config: {}
    goldens = [
        roberta(),
        bert(),
        gpt2(),
        clip("clip", "gelu", to_dict, same, bare=False),
        clip("openClip", "quick_gelu", open_clip_config, open_clip_names, bare=True),
        vit("vit", 1e-12, to_dict, same),
        vit("timm", 1e-6, none, timm_names),
        vit("deit", 1e-12, to_dict, same, "DeiT"),
    ]
    for golden in goldens:
        print(golden.name, golden.write(), [case["case"] for case in golden.cases])


if __name__ == "__main__":
    main()
