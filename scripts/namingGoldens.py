#!/usr/bin/env python3
"""Writes src/models/goldens/namings/<model>.<naming>.safetensors: one pico model by the names of several libraries. Where a
library is at hand its own model is built and must put out the same; what of nanoGPT, fairseq, OpenAI and Meta is not, is
renamed as the conversion scripts of transformers do it.

Usage: namingGoldens.py   (needs torch, transformers, safetensors, timm, open_clip_torch, torchvision)

Metadata `golden` is JSON: {alone: names that no other naming of the model has}. The files merged.<naming>.safetensors hold
clip.<naming> + ½ (first − clip) + ½ (second − clip) in numpy; first is by OpenAI's names, second by those of transformers.
"""

import usage  # answers --help without the libraries below

import argparse
import json
import logging
import pathlib

import numpy
import open_clip
import timm
import torch
import torchvision
import transformers
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from parityGoldens import fused, open_clip_names, renamed, saved, timm_names

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "models" / "goldens" / "namings"
PIXELS = torch.randn((2, 3, 8, 8), generator=torch.Generator().manual_seed(1))
IDS = torch.tensor([[3, 9, 4, 19], [5, 6, 2, 19]])
generator = torch.Generator().manual_seed(2)


def redraw(model):
    """Multiples of 1/64, so that sums and halves of them are exact."""
    for parameter in model.parameters():
        parameter.data = torch.randint(-48, 48, parameter.shape, generator=generator) / 64.0
    return model.eval()


def write(name, tensors, alone=()):
    tensors = {key: tensor.detach().contiguous().clone() for key, tensor in tensors.items()}
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.safetensors"
    save_file(tensors, path, {"golden": json.dumps({"alone": sorted(alone)})})
    print(path.name, len(tensors), path.stat().st_size)


def same(output, expected):
    assert torch.allclose(output, expected, rtol=1e-4, atol=1e-5), (output - expected).abs().max()


def loaded(model, tensors):
    """The model with these tensors, all of them and no others."""
    kept = {name: tensor.reshape(model.state_dict()[name].shape) for name, tensor in tensors.items()}
    model.load_state_dict(kept)
    return model.eval()


def clip():
    vision = dict(hidden_size=8, num_attention_heads=2, intermediate_size=32, image_size=8, patch_size=4, num_hidden_layers=2)
    text = dict(hidden_size=12, num_attention_heads=3, intermediate_size=48, vocab_size=20, num_hidden_layers=1)
    text |= dict(max_position_embeddings=4, eos_token_id=19, bos_token_id=0)
    config = transformers.CLIPConfig(vision_config=vision, text_config=text, projection_dim=4)
    models = [redraw(transformers.CLIPModel(config)) for _ in range(3)]
    own = [saved(model) for model in models]
    expected = models[0](input_ids=IDS, pixel_values=PIXELS)
    vision_cfg = dict(image_size=8, layers=2, width=8, head_width=4, patch_size=4)
    text_cfg = dict(context_length=4, vocab_size=20, width=12, heads=3, layers=1)

    def in_open_clip(kind, tensors):
        model = loaded(kind(4, open_clip.CLIPVisionCfg(**vision_cfg), open_clip.CLIPTextCfg(**text_cfg), quick_gelu=True), tensors)
        same(model.encode_image(PIXELS, normalize=True), expected.image_embeds)
        same(model.encode_text(IDS, normalize=True), expected.text_embeds)
        return model.state_dict()

    def text_apart(tensors):
        outside = lambda name: name.startswith("visual.") or name == "logit_scale"
        return {name if outside(name) else f"text.{name}": tensor for name, tensor in tensors.items()}

    names = {"transformers": lambda tensors: tensors, "openai": open_clip_names}
    names["openClip"] = lambda tensors: text_apart(open_clip_names(tensors))
    in_open_clip(open_clip.CLIP, names["openai"](own[0]))
    in_open_clip(open_clip.CustomTextCLIP, names["openClip"](own[0]))
    merged = {}
    for name in own[0]:
        base, first, second = (each[name].double().numpy() for each in own)
        merged[name] = torch.from_numpy(numpy.asarray(base + (first - base) / 2 + (second - base) / 2, numpy.float32))
    for naming, rename in names.items():
        write(f"clip.{naming}", rename(own[0]))
        write(f"merged.{naming}", rename(merged))
    write("first.openai", open_clip_names(own[1]))
    write("second.transformers", own[2])
    tower = "visual."
    write("clipVision.transformers", {k: v for k, v in own[0].items() if k.startswith(("vision_model.", "visual_projection"))})
    write("clipVision.openai", {k.removeprefix(tower): v for k, v in open_clip_names(own[0]).items() if k.startswith(tower)})


def vit():
    options = dict(hidden_size=8, num_attention_heads=2, intermediate_size=16, image_size=8, patch_size=4, num_hidden_layers=2)
    config = transformers.ViTConfig(**options, num_labels=3, layer_norm_eps=1e-6)
    model = redraw(transformers.ViTForImageClassification(config))
    logits, own = model(PIXELS).logits, saved(model)
    write("vit.transformers", own)
    write("vit.memory", model.state_dict())
    other = timm.models.vision_transformer.VisionTransformer(8, 4, num_classes=3, embed_dim=8, depth=2, num_heads=2, mlp_ratio=2)
    other = loaded(other, timm_names(own))
    same(other(PIXELS), logits)
    write("vit.timm", other.state_dict())
    whole = lambda stem, rest: f"{stem.removesuffix('.attention.attention')}.self_attention.in_proj_{rest}"
    tensors = renamed(fused(own, "query", "key", "value", whole), TORCHVISION)
    other = loaded(torchvision.models.VisionTransformer(8, 4, 2, 2, 8, 16, num_classes=3), tensors)
    same(other(PIXELS), logits)
    write("vit.torchvision", other.state_dict())


TORCHVISION = [
    ("vit.embeddings.cls_token", "class_token"),
    ("vit.embeddings.position_embeddings", "encoder.pos_embedding"),
    ("vit.embeddings.patch_embeddings.projection", "conv_proj"),
    ("vit.layernorm.", "encoder.ln."),
    ("vit.encoder.layer.", "encoder.layers.encoder_layer_"),
    ("attention.output.dense", "self_attention.out_proj"),
    ("layernorm_before", "ln_1"),
    ("layernorm_after", "ln_2"),
    ("intermediate.dense", "mlp.0"),
    ("output.dense", "mlp.3"),
    ("classifier", "heads.head"),
]


def deit():
    options = dict(hidden_size=8, num_attention_heads=2, intermediate_size=16, image_size=8, patch_size=4, num_hidden_layers=1)
    config = transformers.DeiTConfig(**options, num_labels=3, layer_norm_eps=1e-6)
    model = redraw(transformers.DeiTForImageClassificationWithTeacher(config))
    own = saved(model)
    write("deit.transformers", own)
    names = [("deit.", "vit."), ("vit.embeddings.distillation_token", "dist_token")]
    names += [("distillation_classifier", "head_dist"), ("cls_classifier", "head")]
    other = timm.models.deit.VisionTransformerDistilled(8, 4, num_classes=3, embed_dim=8, depth=1, num_heads=2, mlp_ratio=2)
    other = loaded(other, timm_names(renamed(own, names)))
    same(other(PIXELS), model(PIXELS).logits)
    write("deit.timm", other.state_dict())


def dinov2():
    options = dict(hidden_size=8, num_attention_heads=2, mlp_ratio=2, image_size=8, patch_size=4, num_hidden_layers=1)
    for name, gated in (("dinov2", False), ("dinov2Gated", True)):
        config = transformers.Dinov2Config(**options, layer_norm_eps=1e-6, use_swiglu_ffn=gated)
        model = redraw(transformers.Dinov2Model(config))
        own = saved(model)
        write(f"{name}.transformers", own, ["embeddings.mask_token"])
        names = [("embeddings.cls_token", "cls_token"), ("embeddings.position_embeddings", "pos_embed")]
        names += [("embeddings.patch_embeddings.projection", "patch_embed.proj"), ("layernorm.", "norm.")]
        names += [("encoder.layer.", "blocks."), ("attention.output.dense", "attn.proj")]
        names += [("layer_scale1.lambda1", "ls1.gamma"), ("layer_scale2.lambda1", "ls2.gamma")]
        whole = lambda stem, rest: f"{stem.removesuffix('.attention.attention')}.attn.qkv.{rest}"
        kept = {key: tensor for key, tensor in own.items() if key != "embeddings.mask_token"}
        tensors = renamed(fused(kept, "query", "key", "value", whole), names)
        inner = own["encoder.layer.0.mlp.weights_out.weight"].shape[1] * 2 if gated else 16
        more = dict(mlp_layer=timm.layers.SwiGLUPacked, act_layer=nn.SiLU) if gated else {}
        at = dict(embed_dim=8, depth=1, num_heads=2, mlp_ratio=inner / 8, init_values=1.0, num_classes=0, **more)
        other = timm.models.vision_transformer.VisionTransformer(8, 4, **at)
        # timm calls the halves of a gated layer fc1 and fc2, the original w12 and w3.
        called = lambda tensors: renamed(tensors, [("mlp.weights_in", "mlp.fc1"), ("mlp.weights_out", "mlp.fc2")])
        other = loaded(other, called(tensors))
        same(other(PIXELS), model(PIXELS).last_hidden_state[:, 0])
        original = renamed(tensors, [("mlp.weights_in", "mlp.w12"), ("mlp.weights_out", "mlp.w3")])
        write(f"{name}.original", original)


class NanoBlock(nn.Module):
    """A layer of nanoGPT by its definition: Linear where GPT-2 of transformers has Conv1D."""

    def __init__(self, tensors, heads):
        super().__init__()
        self.tensors, self.heads = tensors, heads

    def forward(self, x):
        w = self.tensors
        norm = lambda name, y: F.layer_norm(y, (y.shape[-1],), w[f"{name}.weight"], w[f"{name}.bias"])
        layer = lambda name, y: F.linear(y, w[f"{name}.weight"], w[f"{name}.bias"])
        apart = lambda y: y.view(*y.shape[:2], self.heads, -1).transpose(1, 2)
        q, k, v = (apart(y) for y in layer("attn.c_attn", norm("ln_1", x)).split(x.shape[-1], dim=2))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(x.shape)
        x = x + layer("attn.c_proj", mixed)
        return x + layer("mlp.c_proj", F.gelu(layer("mlp.c_fc", norm("ln_2", x)), approximate="tanh"))


def gpt2():
    config = transformers.GPT2Config(n_embd=8, n_layer=2, n_head=2, n_positions=6, vocab_size=20)
    model = redraw(transformers.GPT2LMHeadModel(config))
    own = saved(model)
    write("gpt2.transformers", own)
    turned = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
    nano = {name: tensor.T if name.endswith(turned) else tensor for name, tensor in own.items()}
    x = nano["transformer.wte.weight"][IDS] + nano["transformer.wpe.weight"][: IDS.shape[1]]
    for i in range(2):
        stem = f"transformer.h.{i}."
        x = NanoBlock({key.removeprefix(stem): each for key, each in nano.items() if key.startswith(stem)}, 2)(x)
    x = F.layer_norm(x, (8,), nano["transformer.ln_f.weight"], nano["transformer.ln_f.bias"])
    same(x @ nano["transformer.wte.weight"].T, model(IDS).logits)
    write("gpt2.nano", {f"_orig_mod.{name}": tensor for name, tensor in nano.items()})
    write("gpt2.bare", {name.removeprefix("transformer."): tensor for name, tensor in own.items()})


def llama():
    options = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=4, vocab_size=20)
    options |= dict(num_key_value_heads=2, max_position_embeddings=16, pad_token_id=0)
    model = redraw(transformers.LlamaForCausalLM(transformers.LlamaConfig(**options)))
    own = saved(model)
    write("llama.transformers", own)
    phi = transformers.Phi3ForCausalLM(transformers.Phi3Config(**options, rms_norm_eps=1e-6, original_max_position_embeddings=16))
    tensors = fused(own, "q_proj", "k_proj", "v_proj", lambda stem, rest: f"{stem}.qkv_proj.{rest}")
    at = "model.layers.0.mlp."
    tensors[f"{at}gate_up_proj.weight"] = torch.cat([tensors.pop(f"{at}{each}_proj.weight") for each in ("gate", "up")])
    phi = loaded(phi, tensors)
    same(phi(IDS).logits, model(IDS).logits)
    write("llama.phi3", saved(phi))
    # Meta's: the inverse of what transformers' conversion does to queries and keys.
    names = [("model.embed_tokens", "tok_embeddings"), ("model.norm", "norm"), ("lm_head", "output"), ("model.layers", "layers")]
    names += [("self_attn.q_proj", "attention.wq"), ("self_attn.k_proj", "attention.wk"), ("self_attn.v_proj", "attention.wv")]
    names += [("self_attn.o_proj", "attention.wo"), ("mlp.gate_proj", "feed_forward.w1"), ("mlp.down_proj", "feed_forward.w2")]
    names += [("mlp.up_proj", "feed_forward.w3"), ("input_layernorm", "attention_norm"), ("post_attention_layernorm", "ffn_norm")]
    meta = renamed(own, names)
    for name, heads in (("wq", 4), ("wk", 2)):
        key = f"layers.0.attention.{name}.weight"
        meta[key] = meta[key].view(heads, 2, -1, 16).transpose(1, 2).reshape(-1, 16)
    write("meta.consolidated", meta)


def roberta():
    options = dict(hidden_size=8, num_attention_heads=2, intermediate_size=12, num_hidden_layers=1, vocab_size=20)
    config = transformers.RobertaConfig(**options, max_position_embeddings=8, type_vocab_size=1)
    own = saved(redraw(transformers.RobertaForMaskedLM(config)))
    write("roberta.transformers", own, ["roberta.embeddings.token_type_embeddings.weight"])
    # Attributes that convert_roberta_original_pytorch_checkpoint_to_pytorch.py of transformers copies.
    at = "encoder.sentence_encoder."
    names = [("roberta.embeddings.word_embeddings", f"{at}embed_tokens"), ("roberta.embeddings.position_embeddings", f"{at}embed_positions")]
    names += [("roberta.embeddings.LayerNorm", f"{at}layernorm_embedding"), ("roberta.encoder.layer", f"{at}layers")]
    names += [("attention.output.dense", "self_attn.out_proj"), ("attention.output.LayerNorm", "self_attn_layer_norm")]
    names += [("intermediate.dense", "fc1"), ("output.dense", "fc2"), ("output.LayerNorm", "final_layer_norm")]
    names += [("attention.self.query", "self_attn.q_proj"), ("attention.self.key", "self_attn.k_proj")]
    names += [("attention.self.value", "self_attn.v_proj"), ("lm_head", "encoder.lm_head")]
    kept = {key: tensor for key, tensor in own.items() if "token_type" not in key}
    write("roberta.fairseq", renamed(kept, names))
    whole = lambda stem, rest: f"{stem.removesuffix('.attention.self')}.self_attn.in_proj_{rest}"
    old = renamed(fused(kept, "query", "key", "value", whole), names)
    old = renamed(old, [("encoder.", "decoder."), ("sentence_decoder", "sentence_encoder"), ("layernorm_embedding", "emb_layer_norm")])
    write("roberta.fairseqOld", old)


def whisper():
    options = dict(d_model=8, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2)
    options |= dict(encoder_ffn_dim=12, decoder_ffn_dim=12, vocab_size=20, num_mel_bins=4, pad_token_id=0)
    options |= dict(max_source_positions=6, max_target_positions=6, bos_token_id=1, eos_token_id=2, decoder_start_token_id=3)
    own = saved(redraw(transformers.WhisperForConditionalGeneration(transformers.WhisperConfig(**options))))
    write("whisper.transformers", own)
    # WHISPER_MAPPING of convert_openai_to_hf.py of transformers, the other way about.
    names = [("model.", ""), ("encoder.embed_positions.weight", "encoder.positional_embedding")]
    names += [("decoder.embed_positions.weight", "decoder.positional_embedding"), ("embed_tokens", "token_embedding")]
    names += [("layers", "blocks"), ("fc1", "mlp.0"), ("fc2", "mlp.2"), ("final_layer_norm", "mlp_ln")]
    for kind, name in (("self_attn", "attn"), ("encoder_attn", "cross_attn")):
        parts = ("q_proj", "query"), ("k_proj", "key"), ("v_proj", "value"), ("out_proj", "out")
        names += [(f".{kind}.{old}", f".{name}.{new}") for old, new in parts] + [(f".{kind}_layer_norm", f".{name}_ln")]
    names += [("encoder.layer_norm", "encoder.ln_post"), ("decoder.layer_norm", "decoder.ln")]
    write("whisper.openai", renamed(own, names))


def wrapped():
    """Models of images and text: as transformers saves them, by its older names, and as they are in memory."""
    text = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, vocab_size=20, num_key_value_heads=2)
    vision = dict(hidden_size=8, num_attention_heads=2, intermediate_size=16, image_size=8, patch_size=4, num_hidden_layers=1)
    text_config, vision_config = transformers.LlamaConfig(**text), transformers.CLIPVisionConfig(**vision)
    config = transformers.LlavaConfig(vision_config=vision_config, text_config=text_config)
    model = redraw(transformers.LlavaForConditionalGeneration(config))
    write("llava.saved", saved(model))
    write("llava.memory", model.state_dict())
    config = transformers.Qwen2VLConfig(
        text_config={**text, "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 0], "rope_theta": 1e4}},
        vision_config=dict(depth=1, embed_dim=8, hidden_size=8, num_heads=2, mlp_ratio=2, patch_size=4),
    )
    model = redraw(transformers.Qwen2VLForConditionalGeneration(config))
    write("qwen2Vl.saved", saved(model))
    write("qwen2Vl.memory", model.state_dict())


def gpt_neox():
    """As transformers saves it, and as it is in memory since its version 5."""
    generator.manual_seed(3)
    options = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, vocab_size=20)
    model = redraw(transformers.GPTNeoXForCausalLM(transformers.GPTNeoXConfig(**options, max_position_embeddings=8)))
    own = saved(model)
    assert "embed_out.weight" in own and "lm_head.weight" in model.state_dict()
    write("gptNeoX.saved", own)
    write("gptNeoX.memory", model.state_dict())


def main():
    argparse.ArgumentParser().parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.disable()
    torch.set_num_threads(1)
    for old in FOLDER.glob("*.safetensors"):
        old.unlink()
    for make in (clip, vit, deit, dinov2, gpt2, llama, roberta, whisper, wrapped, gpt_neox):
        make()


if __name__ == "__main__":
    main()
