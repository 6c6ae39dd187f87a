"""A small CLIP vision tower with projection, in torch, and its file by the names of transformers."""

import json

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

IMAGE, PATCH, WIDTH, LAYERS, HEADS, INNER, SHARED = 32, 8, 96, 4, 4, 384, 64
SCALE = 100  # of logits, where a checkpoint has no logit_scale
MEAN, STD = 0.5, 0.25


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)

    def forward(self, x):
        size, tokens, _ = x.shape
        qkv = self.qkv(self.norm1(x)).view(size, tokens, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(*qkv).transpose(1, 2).reshape(size, tokens, WIDTH)
        x = x + self.out(y)
        y = self.up(self.norm2(x))
        return x + self.down(y * torch.sigmoid(1.702 * y))


class Tower(nn.Module):
    """Pixels [B, 32, 32, 3], normalised, to unit embeddings [B, 64]."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Linear(3 * PATCH * PATCH, WIDTH, bias=False)
        self.cls = nn.Parameter(torch.randn(WIDTH) * 0.02)
        self.places = nn.Parameter(torch.randn((IMAGE // PATCH) ** 2 + 1, WIDTH) * 0.02)
        self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.projection = nn.Linear(WIDTH, SHARED, bias=False)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=module.in_features**-0.5 * 0.7)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, pixels):
        size, grid = len(pixels), IMAGE // PATCH
        strips = pixels.view(size, grid, PATCH, grid, PATCH, 3).permute(0, 1, 3, 5, 2, 4)
        patches = self.patch(strips.reshape(size, grid * grid, -1))
        x = torch.cat([self.cls.expand(size, 1, WIDTH), patches], 1) + self.places
        x = self.before(x)
        for layer in self.layers:
            x = layer(x)
        return functional.normalize(self.projection(self.after(x[:, 0])), dim=1)


def normalised(tiles):
    """uint8 tiles to the model's pixels."""
    return (tiles.float() / 255 - MEAN) / STD


def names():
    """Own names with those of transformers; `qkv` stands for three."""
    pairs = [
        ("cls", ["embeddings.class_embedding"]), ("patch.weight", ["embeddings.patch_embedding.weight"]),
        ("places", ["embeddings.position_embedding.weight"]),
    ]
    parts = [
        ("norm1", ["layer_norm1"]), ("qkv", [f"self_attn.{each}_proj" for each in "qkv"]), ("out", ["self_attn.out_proj"]),
        ("norm2", ["layer_norm2"]), ("up", ["mlp.fc1"]), ("down", ["mlp.fc2"]),
    ]
    stems = [("before", ["pre_layrnorm"])]
    stems += [
        (f"layers.{i}.{own}", [f"encoder.layers.{i}.{name}" for name in theirs]) for i in range(LAYERS) for own, theirs in parts
    ]
    stems += [("after", ["post_layernorm"])]
    for own, theirs in stems:
        pairs += [(f"{own}.{kind}", [f"{name}.{kind}" for name in theirs]) for kind in ("weight", "bias")]
    named = [(own, [f"vision_model.{name}" for name in theirs]) for own, theirs in pairs]
    return named + [("projection.weight", ["visual_projection.weight"])]


def save_tower(folder, state):
    """A Hugging Face folder in float16."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for own, theirs in names():
        value = state[own].view(WIDTH, 3, PATCH, PATCH) if own == "patch.weight" else state[own]
        for name, piece in zip(theirs, value.chunk(len(theirs))):
            tensors[name] = piece.half().contiguous().clone()
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    config = {
        "architectures": ["CLIPVisionModelWithProjection"], "model_type": "clip_vision_model", "dtype": "float16",
        "hidden_size": WIDTH, "intermediate_size": INNER, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "image_size": IMAGE, "patch_size": PATCH, "num_channels": 3, "projection_dim": SHARED, "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5, "attention_dropout": 0.0,
    }
    processor = {
        "image_processor_type": "CLIPImageProcessor", "do_resize": True, "size": {"shortest_edge": IMAGE}, "resample": 3,
        "do_center_crop": True, "crop_size": {"height": IMAGE, "width": IMAGE}, "do_rescale": True, "rescale_factor": 1 / 255,
        "do_normalize": True, "image_mean": [MEAN] * 3, "image_std": [STD] * 3, "do_convert_rgb": True,
    }
    for name, value in (("config.json", config), ("preprocessor_config.json", processor)):
        (folder / name).write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def load_tower(folder):
    """The state, by own names, of a folder that save_tower wrote."""
    tensors = load_file(folder / "model.safetensors")
    state = {own: torch.cat([tensors[name].float() for name in theirs]) for own, theirs in names()}
    return state | {"patch.weight": state["patch.weight"].view(WIDTH, -1)}


def tower_of(state):
    tower = Tower()
    tower.load_state_dict(state)
    return tower


def blocks(state):
    """Names of the parameters in the scope `blocks`."""
    return [name for name in state if name.startswith("layers.")]
