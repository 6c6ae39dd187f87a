#!/usr/bin/env python3
"""Writes src/models/goldens/<name>.safetensors: pico models of Hugging Face transformers, what they make of a batch, and
the gradients of all their weights.

Usage: parityGoldens.py   (needs torch, transformers, safetensors)

Every parameter is drawn anew, so that none is 0 or 1. A file holds the tensors under the names of save_pretrained,
`input.*`, and for each case `output.<case>`, `upstream.<case>` (∂loss/∂output, random) and `grad.<case>.<tensor>`. Its
metadata `golden` is JSON: {architecture, config, configs?, cases: [{case, tower, head, words?, bare}]}; `bare` says that the
model can be told from its shapes, without a config, and `configs` are others that say the same. open_clip's and timm's files are such models by their names.
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


def redraw(model, seed, centre=1):
    """`centre` is what the weights of norms are about."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        scale = 0.3 if parameter.ndim < 2 or "embedding" in name else 1 if "embed_tokens" in name else 0.2
        is_norm = "norm" in name.lower() or "layrnorm" in name or ".ln_" in name
        parameter.data = noise * scale + (centre if is_norm and name.endswith("weight") else 0)
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
        self.tensors, self.cases, self.configs = {}, [], {}

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
        if self.configs:
            described["configs"] = self.configs
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


# Sizes in common: four heads of eight where two of keys serve two each. Positions are many, so that waves of all lengths are met.
DECODER = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8)
DECODER |= dict(intermediate_size=40, vocab_size=VOCABULARY, max_position_embeddings=64, rms_norm_eps=1e-3, pad_token_id=0)
DECODER |= dict(bos_token_id=0, eos_token_id=0)

# Of waves of 6, 15, 34 and 80 tokens the first stays, the last is stretched, and the others go over.
STRETCHED = {"rope_type": "llama3", "rope_theta": 30.0, "factor": 4.0, "low_freq_factor": 0.5, "high_freq_factor": 4.0}
STRETCHED |= {"original_max_position_embeddings": 32}
PLAIN = {"rope_type": "default", "rope_theta": 100.0}
FAMILIES = {
    "llama": dict(rope_parameters=STRETCHED, attention_bias=True, mlp_bias=True),
    # The window is shorter than the text.
    "mistral": dict(sliding_window=4, rope_parameters=PLAIN),
    "qwen2": dict(tie_word_embeddings=True, use_sliding_window=True, sliding_window=3, max_window_layers=1),
    "qwen3": dict(head_dim=10, rope_parameters={"rope_type": "linear", "rope_theta": 50.0, "factor": 2.5}),
    "gemma": dict(num_key_value_heads=1, rope_parameters=PLAIN),
    "gemma2": dict(sliding_window=4, query_pre_attn_scalar=5, attn_logit_softcapping=1.5, final_logit_softcapping=2.0),
    "gemma3_text": dict(num_hidden_layers=3, sliding_window=4, query_pre_attn_scalar=6),
    "smollm3": dict(no_rope_layer_interval=2, rope_parameters=PLAIN),
    "phi3": dict(rope_parameters=PLAIN | {"partial_rotary_factor": 0.5}, sliding_window=5),
    "phi3.5": dict(
        max_position_embeddings=8192,
        original_max_position_embeddings=2048,
        rope_parameters=PLAIN
        | {"rope_type": "longrope", "short_factor": [1.0, 1.5, 2.0, 4.0], "long_factor": [2.0, 4.0, 8.0, 16.0]},
    ),
    "olmo2": dict(rope_parameters=PLAIN),
}
# Other configs that say the same: as transformers 4 wrote them, with rope_theta and rope_scaling apart and no layer_types.
OTHERS = {
    "llama": {"rope_theta": 30.0, "rope_scaling": {key: value for key, value in STRETCHED.items() if key != "rope_theta"}},
    "gemma3_text": {"rope_theta": 90.0, "rope_local_base_freq": 20.0, "sliding_window_pattern": 3}
    | {"rope_scaling": {"rope_type": "linear", "factor": 2.0}},
    # Which differs beyond the last position alone.
    "mistral": {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 100.0, "factor": 2.0}},
}


def decoder(name):
    options = copy.deepcopy(DECODER | FAMILIES[name])
    if name == "gemma3_text":
        options["layer_types"] = ["sliding_attention", "sliding_attention", "full_attention"]
        options["rope_parameters"] = {
            "sliding_attention": {"rope_type": "default", "rope_theta": 20.0},
            "full_attention": {"rope_type": "linear", "rope_theta": 90.0, "factor": 2.0},
        }
    if name.startswith("phi3"):
        options["hidden_size"] = 32
        del options["head_dim"]
    config = transformers.AutoConfig.for_model(name.removesuffix(".5"), attn_implementation="eager", **options)
    model = redraw(transformers.AutoModelForCausalLM.from_config(config), 61, centre=0 if name.startswith("gemma") else 1)
    ids, attention = token_batch(9, [13, 6, 11], first=0)
    golden = Golden(name, "llama", config.to_dict())
    golden.inputs(ids=ids, attention=attention)
    # Rows by themselves, so that no padding takes part.
    losses = torch.zeros(3, 12)
    for row, length in enumerate(attention.sum(1).int().tolist()):
        logits = model(input_ids=ids[row : row + 1, :length]).logits[0, :-1]
        losses[row, : length - 1] = torch.nn.functional.cross_entropy(logits, ids[row, 1:length], reduction="none")
    golden.case("languageModel", model, losses, "text", "languageModel", bare=False)
    if name in OTHERS:
        newer = ("rope_parameters", "layer_types", "rope_theta", "rope_scaling")
        other = {key: value for key, value in golden.config.items() if key not in newer} | OTHERS[name]
        again = type(model)(type(config).from_dict(copy.deepcopy(other), attn_implementation="eager")).eval()
        again.load_state_dict(model.state_dict())
        assert torch.equal(again(input_ids=ids).logits, model(input_ids=ids).logits), name
        golden.configs = {"a config that says the same": other}
    return golden


def decoder_classifier(name):
    """ForSequenceClassification: the last token that is no padding is read, and a text may end in what padding is."""
    options = copy.deepcopy(DECODER | FAMILIES[name] | {"num_labels": 3})
    config = transformers.AutoConfig.for_model(name, attn_implementation="eager", **options)
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    model = redraw(model, 63, centre=0 if name.startswith("gemma") else 1)
    ids, attention = token_batch(10, [13, 6, 11])
    ids = torch.where(attention > 0, ids, config.pad_token_id)
    ids[1, 5] = config.pad_token_id
    golden = Golden(f"{name}Classes", "llama", config.to_dict())
    golden.inputs(ids=ids, attention=attention)
    golden.case("classifier", model, model(input_ids=ids, attention_mask=attention).logits, "text", "classifier", bare=False)
    return golden


def gpt2_classifier():
    """Without a token for padding every text is by itself, and its last token is read."""
    options = dict(n_embd=24, n_layer=2, n_head=3, n_inner=40, n_positions=12, vocab_size=VOCABULARY, num_labels=3)
    config = transformers.GPT2Config(attn_implementation="eager", **options)
    model = redraw(transformers.GPT2ForSequenceClassification(config), 22)
    ids, attention = token_batch(11, [9, 6, 8], first=0)
    golden = Golden("gpt2Classes", "gpt2", config.to_dict())
    golden.inputs(ids=ids, attention=attention)
    rows = [model(input_ids=ids[row : row + 1, :length]).logits for row, length in enumerate(attention.sum(1).int().tolist())]
    golden.case("classifier", model, torch.cat(rows), "text", "classifier")
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
        *map(decoder, FAMILIES),
        *map(decoder_classifier, ("llama", "qwen2", "gemma2")),
        gpt2_classifier(),
    ]
    for golden in goldens:
        print(golden.name, golden.write(), [case["case"] for case in golden.cases])


if __name__ == "__main__":
    main()
