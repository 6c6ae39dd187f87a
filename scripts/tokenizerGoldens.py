#!/usr/bin/env python3
"""Writes src/data/goldens/: small tokenizers, and the ids that Python's tokenizers and transformers give for odd strings.

Usage: tokenizerGoldens.py   (needs tokenizers and transformers)

<name>/tokenizer.json, vocab.json + merges.txt or vocab.txt are one tokenizer in every form; strings.json holds the
strings; ids.json {name: ids of each string}, without special tokens and with the text's look-alikes of special tokens
left as text; begins.json {name: ids before a text} of decoders; prompts.json inputs with special tokens, in pairs, truncated; codePoints.json the ranges of characters
that BERT's tokenizer in Python removes, sets apart or takes for space, each seen between letters.
"""

import usage  # answers --help without the libraries below

import argparse
import json
import pathlib

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertTokenizer, CLIPTokenizer, GPT2Tokenizer, RobertaTokenizer
from transformers import PreTrainedTokenizerFast

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "data" / "goldens"

CORPUS = """
The film is a gripping, funny and surprisingly moving story about two brothers who can't stop talking. It was great.
It was terrible: the plot makes no sense, the acting is wooden, and I wouldn't watch it again for $1,000,000!
Who invented the telephone? When was the first moon landing? How many legs does a spider have? Yes, no, maybe.
She's sure they're right; we've seen that they'd go, and I'm told you'll come too. "Don't", he said (quietly).
Der schnelle braune Fuchs springt über den faulen Hund. Größe, Straße, Käse und Öl: das ist schön.
Le cœur a ses raisons que la raison ne connaît point. L'été dernier, à Noël, où étiez-vous, garçon ?
Το γρήγορο καφέ αλεπού πηδά πάνω από το σκυλί. Быстрая коричневая лиса прыгает через ленивую собаку.
مرحبا بالعالم، كيف حالك اليوم؟ שלום עולם, מה שלומך היום? नमस्ते दुनिया, आप कैसे हैं?
今日は世界、元気ですか。你好世界，今天天气很好。안녕하세요 세계, 오늘 기분이 어때요?
In 2024 there were 365.25 days, 3 apples and 1/2 pear at 50% off. E-mail: someone@example.org, https://example.org/a?b=c&d=1
😀 happy 😢 sad 👍🏽 ok 👨‍👩‍👧‍👦 family 🇩🇪 flag ❤️ love. def f(x): return x ** 2  # tabs\tand  spaces
a photo of a cat, a photo of a dog, a blurry photo of the car, art of an aeroplane, satellite photo of a forest.
""".strip().split("\n")

ODD = [
    "", " ", "  ", "   \t  ", "\n", "\n\n", "\t", "\r\n", "\r", " a", "a ", " a ", "  a  b  ", "a\tb", "a\nb", "a\r\nb", "\ta\n",
    "a\u00a0b", "a\u2003b", "\u3000全角\u3000", "a\u200bb", "a\u200db", "\ufeffbom", "a\ufeffb", "a\u0085b", "a\u2028b\u2029c", "a\u180eb",
    "\u0000", "a\u0000b", "\u0001\u0002\u001f", "a\u007fb", "a\u0080b\u009fc", "\u000b\u000c", "a\u00adb", "\ufffd", "a\ufffdb", "\ufffe", "\U0010ffff", "\ue000x",
    "Hello world", "hello world", "HELLO WORLD", "Hello, world!", "hello   world", "HeLLo\tWoRLD", "It was great.", " It was", " terrible", " great", "great",
    "don't", "DON'T", "I'm", "we've they're she'll he'd it's", "'s", "''s", "s's's", "can’t ‘quoted’", "rock 'n' roll", "'", "''", "\"", "O'Neill's",
    "1", "12345678901234567890", "3.14159", "1,000,000", "½ ¼ ²³ ①②③ Ⅷ", "٠١٢٣", "१२३", "a1b2c3", "0x1F", "-1", "50%", "$5", "€5", "#tag @user",
    "<mask>", "a<mask>b", "It was <mask> .", "<s>", "</s>", "<s>a</s></s>b</s>", "<pad><unk>", "[MASK]", "[CLS] a [SEP]", "[cls]", "[ MASK ]", "[UNK]",
    "<|endoftext|>", "a <|startoftext|> b <|endoftext|>", "<|STARTOFTEXT|>", "<mask", "mask>", "<MASK>", "</w>", "a</w>b", "##ing", "Ġhello", "Ċ",
    "café", "cafe\u0301", "e\u0301\u0302\u0323", "\u0301", "a\u0301\u0301\u0301\u0301", "Å\u212bA\u030a", "ﬁ ﬂ ﬀ", "ẞß SS", "İstanbul ıI", "ΑΣ ΟΔΥΣΣΕΥΣ Σ", "ὈΔΥΣΣΕΎΣ ᾳ ᾼ",
    "Dz ǅ ǆ Ǆ", "\u1e9b\u0323", "Ω Ω", "ñ n\u0303", "Größe Straße", "naïve façade", "ŁÓDŹ", "Ðor þing", "Ĳ ĳ", "a\u0327\u0301",
    "Быстрая лиса", "ЁЙ ёй", "Το ΓΡΉΓΟΡΟ", "Հայերեն", "ქართული", "ᏣᎳᎩ ꮳ", "ᲐᲑ", "𐐀𐐨", "𝒜𝓫𝕔𝟙", "ａｂｃＡＢＣ１２３",
    "مرحبا بالعالم", "مَرْحَبًا", "\u202bשלום\u202c", "שָׁלוֹם", "a\u200fb\u200ec", "لا ﻻ", "\u2067rtl\u2069",
    "नमस्ते दुनिया", "क\u094dष", "தமிழ்", "ไทยภาษา", "ខ្មែរ", "မြန်မာ", "བོད", "සිංහල", "Việt Nam đẹp",
    "你好世界", "你好 世界", "今日は世界", "カタカナ ひらがな ｶﾞ", "안녕하세요", "\u1112\u1161\u11ab\u1100\u1173\u11af", "한글abc漢字", "𠀀𠀁", "㐀㐁", "豈\uf900", "a中b", "中a文", "〇々〆", "⺀⼀", "。、！？「」",
    "😀", "😀😀", "a😀b", "👍🏽", "👨‍👩‍👧‍👦", "❤️", "❤", "🇩🇪🇫🇷", "1️⃣", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🤷🏽‍♀️ ok", "\u200d", "\ufe0f", "☺", "🫠🫨",
    "...", "…", "!!!???", "--- — – ‒", "(a) [b] {c} <d>", "a_b__c", "a-b", "a/b\\c", "a|b", "~`^", "@#$%^&*()_+", "+=<>", "¡hola! ¿qué?", "«a» „b“ “c”", "•·‣", "₹₽₿", "∀x∈ℝ: x²≥0", "←→↔", "█▓▒░", "©®™", "x\u0338",
    "https://example.org/a?b=c&d=1#e", "someone@example.org", "def f(x):\n    return x ** 2", "{\"a\": [1, 2]}", "SELECT * FROM t;", "C:\\temp\\new", "a\\nb",
    "supercalifragilisticexpialidocious", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a" * 99, "a" * 100, "a" * 101, "é" * 101, "the " * 40, "!" * 50, " " * 33, " " * 33 + "x", "\n" * 9 + "x", "xyzzyq", "zzzz",
    "__proto__", "constructor", "toString", "hasOwnProperty", "null", "undefined", "NaN",
    "࡮ \u08ca\u0898x", "\u1ab0\u1abfx", "\u0890\u0891", "𞥄𞤀", "\U00011660\U00011661", "\u2e52\u2e5d", "\U0001e900", "\ua7d2", "\u088f", "\u1734 \U0001171e", "\u166d", "\u00b7", "\u037e;", "\u0345", "a\u034fb", "\u115f\u1160", "\u3164", "\u2060", "\ufff9x\ufffb",
    " ".join(CORPUS), (" ".join(CORPUS) + "\n") * 3, "ab" * 2500, "\u4e2d" * 1200, "😀" * 400,
]

ROBERTA_SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
BERT_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CLIP_SPLIT = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def train_byte_level(size, specials, add_prefix_space=False):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=specials, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def train_word_piece(size, lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=BERT_SPECIALS, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def train_clip(size):
    """CLIP's vocabulary: bytes, bytes at the end of a word, merges, <|startoftext|>, <|endoftext|>."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CLIP_SPLIT), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    merges = [tuple(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]]
    known = [*alphabet, *(letter + "</w>" for letter in alphabet)]
    known += [token for token in ("".join(merge) for merge in merges) if token not in set(known)]
    known += ["<|startoftext|>", "<|endoftext|>"]
    return {token: at for at, token in enumerate(dict.fromkeys(known))}, merges


LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def begin_with(tokenizer, token):
    special = [(token, tokenizer.token_to_id(token))]
    return processors.TemplateProcessing(single=f"{token} $A", pair=f"{token} $A {token} $B", special_tokens=special)


def decoder_of_bytes(first, specials, normalizer=None, begin=None, unmerged=None, use_regex=False):
    """As Llama 3, Qwen and SmolLM: bytes of the pieces that `first` splits; special tokens come last."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer or tokenizer.normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [first, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=700, initial_alphabet=alphabet, show_progress=False))
    if unmerged:
        # A whole piece that merges do not reach, which is one token all the same.
        whole = json.loads(tokenizer.to_str())
        whole["model"]["vocab"][unmerged] = len(whole["model"]["vocab"])
        whole["model"]["ignore_merges"] = True
        tokenizer = Tokenizer.from_str(json.dumps(whole))
    tokenizer.add_special_tokens(specials)
    if begin:
        bytes_only = processors.ByteLevel(trim_offsets=False)
        tokenizer.post_processor = processors.Sequence([bytes_only, begin_with(tokenizer, begin)])
    return tokenizer


def train_pieces():
    """Pieces as SentencePiece makes them of the commonest letters, the longest of them two spaces; and their merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=500, limit_alphabet=110, show_progress=False))
    vocab, merges = parts(tokenizer)
    return [*sorted(vocab, key=vocab.get), "▁▁"], [*merges, ("▁", "▁")]


def decoder_of_pieces(specials, begin, fallback=True, normalizer=None, pre_tokenizer=None, added=()):
    """As Llama 2, Mistral and Gemma: pieces of the whole text, and bytes for letters that have none."""
    pieces, merges = train_pieces()
    bytes_of = [f"<0x{byte:02X}>" for byte in range(256)] if fallback else []
    vocab = {token: at for at, token in enumerate(dict.fromkeys([*specials, *bytes_of, *added, *pieces]))}
    model = models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=fallback)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizer or tokenizer.normalizer
    tokenizer.pre_tokenizer = pre_tokenizer or tokenizer.pre_tokenizer
    strip = [] if "<bos>" in specials else [decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip])
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in specials])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in added])
    tokenizer.post_processor = begin_with(tokenizer, begin)
    return tokenizer


def decoders_of_families():
    isolated = lambda pattern: pre_tokenizers.Split(Regex(pattern), "isolated")
    spaces = normalizers.Replace(" ", "▁")
    legacy = normalizers.Sequence([normalizers.Prepend("▁"), spaces])
    metaspace = lambda **options: pre_tokenizers.Metaspace("▁", **options)
    old, gemma = ["<unk>", "<s>", "</s>"], ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    by_previous = pre_tokenizers.Split(" ", "merged_with_previous")
    llama3 = ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"]
    qwen = isolated(LLAMA3_SPLIT.replace("{1,3}", ""))
    digits = pre_tokenizers.Digits(individual_digits=True)
    return {
        "llama3": decoder_of_bytes(isolated(LLAMA3_SPLIT), llama3, begin=llama3[0], unmerged="SELECT"),
        "qwen2": decoder_of_bytes(qwen, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], normalizers.NFC()),
        "smollm": decoder_of_bytes(digits, ["<|endoftext|>"], use_regex=True),
        "llama2": decoder_of_pieces(old, "<s>", normalizer=legacy),
        "mistral": decoder_of_pieces(old, "<s>", pre_tokenizer=metaspace(prepend_scheme="first", split=False)),
        "metaspace": decoder_of_pieces(old, "<s>", fallback=False, pre_tokenizer=metaspace(prepend_scheme="always")),
        "gemma": decoder_of_pieces(
            gemma, "<bos>", normalizer=spaces, pre_tokenizer=by_previous, added=["\n\n", "\n\n\n", "▁▁▁", "<unused0>"]
        ),
    }


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def write_bpe(name, vocab, merges):
    write(FOLDER / name / "vocab.json", json.dumps(vocab, ensure_ascii=False))
    write(FOLDER / name / "merges.txt", "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))


def parts(tokenizer):
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model.get("merges", [])]


def ids_of(fast):
    backend = fast.backend_tokenizer
    backend.encode_special_tokens = True
    ids = [backend.encode(text, add_special_tokens=False).ids for text in ODD]
    backend.encode_special_tokens = False
    return ids


def build(name, loader, **options):
    """Reads the vocabulary files of a folder as transformers does, writes its tokenizer.json, and gives the tokenizer."""
    fast = loader.from_pretrained(FOLDER / name, **options)
    write(FOLDER / name / "tokenizer.json", fast.backend_tokenizer.to_str())
    again = PreTrainedTokenizerFast(tokenizer_file=str(FOLDER / name / "tokenizer.json"))
    assert ids_of(again) == ids_of(fast), name
    return fast


def code_points(keep):
    """Ranges [first, last] of the characters that `keep` holds for."""
    ranges = []
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or not keep(chr(code)):
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


def sweep():
    cased = normalizers.BertNormalizer(lowercase=False)
    lower = normalizers.BertNormalizer(lowercase=True)
    bert = pre_tokenizers.BertPreTokenizer()
    pieces = lambda splitter, text: len(splitter.pre_tokenize_str(text))
    return {
        "removed": code_points(lambda c: cased.normalize_str(f"a{c}b") == "ab"),
        "removedLower": code_points(lambda c: lower.normalize_str(f"a{c}b") == "ab"),
        "separate": code_points(lambda c: cased.normalize_str(f"a{c}b") == f"a {c} b"),
        "space": code_points(lambda c: cased.normalize_str(f"a{c}b") == "a b"),
        "punctuation": code_points(lambda c: pieces(bert, f"a{c}b") == 3),
    }


def prompts(roberta, bert):
    rows = [[ODD[at], ODD[-at]] for at in range(39, 60, 3)] + [["", "Yes."], [CORPUS[0], CORPUS[1]], [CORPUS[1], "Yes."]]
    cases = []
    for name, fast in (("roberta", roberta), ("bert-lower", bert)):
        for a, b in rows:
            for length in (16, 17, 30, 512):
                options = {"truncation": "longest_first", "max_length": length, "return_token_type_ids": True}
                for pair in ((a,), (a, b)):
                    got = fast(*pair, **options)
                    ids, types = got["input_ids"], got["token_type_ids"]
                    cases.append({"name": name, "texts": list(pair), "length": length, "ids": ids, "types": types})
    return cases


def decoder_pairs(tokenizers):
    """One and two texts as decoders read them, cut where they are too long."""
    rows = [(CORPUS[0],), (CORPUS[0], CORPUS[1]), ("Yes.", CORPUS[1]), ("", "Yes."), ("Great", " padded ")]
    return [
        {"name": name, "texts": pair, "length": length, "ids": fast(*pair, truncation="longest_first", max_length=length)["input_ids"]}
        for name, fast in tokenizers.items()
        for pair in rows
        for length in (16, 17, 512)
    ]


def templates(roberta, bert):
    texts = [CORPUS[0], "Great", " padded ", "don't", ""]
    return [
        {
            "name": name,
            "text": text,
            "template": form,
            "ids": fast(form.format(text=text, mask=fast.mask_token))["input_ids"],
        }
        for name, fast in (("roberta", roberta), ("bert-lower", bert))
        for form in ("{text} It was{mask} .", "{mask} : {text}", "{text} ? {mask} , yes")
        for text in texts
        if text.strip() or name == "bert-lower"
    ]


def main():
    argparse.ArgumentParser().parse_args()
    strings = list(dict.fromkeys(ODD))
    ODD[:] = strings
    for name, specials, prefix in (
        ("roberta", ROBERTA_SPECIALS, False),
        ("gpt2", ["<|endoftext|>"], False),
        ("prefix", ROBERTA_SPECIALS, True),
    ):
        write_bpe(name, *parts(train_byte_level(800, specials, prefix)))
    write_bpe("clip", *train_clip(900))
    for name, lowercase in (("bert-lower", True), ("bert-cased", False)):
        vocab, _ = parts(train_word_piece(1000, lowercase))
        write(FOLDER / name / "vocab.txt", "".join(f"{token}\n" for token in sorted(vocab, key=vocab.get)))
    write(FOLDER / "bert-cased" / "tokenizer_config.json", json.dumps({"do_lower_case": False}))
    write(FOLDER / "prefix" / "tokenizer_config.json", json.dumps({"add_prefix_space": True}))
    mask = AddedToken("<mask>", lstrip=True, special=True)
    roberta = build("roberta", RobertaTokenizer, mask_token=mask)
    bert = build("bert-lower", BertTokenizer)
    tokenizers = {
        "roberta": roberta,
        "gpt2": build("gpt2", GPT2Tokenizer),
        "prefix": build("prefix", RobertaTokenizer, add_prefix_space=True),
        "clip": build("clip", CLIPTokenizer),
        "bert-lower": bert,
        "bert-cased": build("bert-cased", BertTokenizer, do_lower_case=False),
    }
    begins = {}
    for name, tokenizer in decoders_of_families().items():
        write(FOLDER / name / "tokenizer.json", tokenizer.to_str())
        tokenizers[name] = PreTrainedTokenizerFast(tokenizer_file=str(FOLDER / name / "tokenizer.json"))
        bare = tokenizers[name](CORPUS[0], add_special_tokens=False)["input_ids"]
        whole = tokenizers[name](CORPUS[0])["input_ids"]
        begins[name] = whole[: len(whole) - len(bare)]
        assert whole == begins[name] + bare, name
    compact = {"ensure_ascii": True, "separators": (",", ":")}
    write(FOLDER / "strings.json", json.dumps(strings, **compact))
    write(FOLDER / "ids.json", json.dumps({name: ids_of(fast) for name, fast in tokenizers.items()}, **compact))
    write(FOLDER / "begins.json", json.dumps(begins, **compact))
    made = {"pairs": prompts(roberta, bert), "templates": templates(roberta, bert)}
    made["decoders"] = decoder_pairs({name: tokenizers[name] for name in ("llama2", "llama3", "gemma", "qwen2", "gpt2")})
    write(FOLDER / "prompts.json", json.dumps(made, **compact))
    write(FOLDER / "codePoints.json", json.dumps(sweep(), **compact))
    print(len(strings), "strings")


main()
