#!/usr/bin/env python3
"""Writes src/tasks/goldens/: a pico GPT-2 of random weights with its tokenizer, prompts and chats as transformers writes and
scores them, and published multiple-choice questions as EleutherAI's lm-evaluation-harness asks and scores them (of
`activities` and `causes`, HellaSwag and COPA as it rewrites them, its formulas restated).

Usage: answerGoldens.py [--check]   (needs torch, transformers, datasets, lm_eval)

`answers.json` has for each case its data, and for each answer ids, which of them are told (by the places of their characters;
of chats by {% generation %}), their mean −log p, and whether each is the likeliest token at its place. `choices.json` has for each set its scores by the harness, and the
log-likelihood of every choice. The tokenizer is that of src/data/goldens/gpt2 with the special tokens of chats.
"""

import usage  # answers --help without the libraries below

import json
import pathlib
import re
import tempfile

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer

from goldenFiles import keep_or_check
from localizeOracle import shuffled

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "tasks" / "goldens"
SPECIAL = ["<|im_start|>", "<|im_end|>", "<s>", "</s>", "<bos>", "<start_of_turn>", "<end_of_turn>"]
POSITIONS = 400

# Stanford Alpaca's train.py, PROMPT_DICT.
ALPACA = {
    True: "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:",
    False: "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Response:",
}

CHATML = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>\\n' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|im_end|>\\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LLAMA2 = """{% if messages[0]['role'] == 'system' %}
    {% set loop_messages = messages[1:] %}
    {% set system_message = messages[0]['content'] %}
{% else %}
    {% set loop_messages = messages %}
    {% set system_message = false %}
{% endif %}
{% for message in loop_messages %}
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
    {% endif %}
    {% if loop.index0 == 0 and system_message != false %}
        {% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}
    {% else %}
        {% set content = message['content'] %}
    {% endif %}
    {% if message['role'] == 'user' %}
        {{- bos_token + '[INST] ' + content.strip() + ' [/INST]' -}}
    {% elif message['role'] == 'assistant' %}
        {%- generation -%}{{- ' ' + content.strip() + ' ' + eos_token -}}{%- endgeneration -%}
    {% endif %}
{% endfor %}"""
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}"
    "{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\\n' }}"
    "{% if role == 'model' %}{% generation %}{{ message['content'] | trim + '<end_of_turn>\\n' }}{% endgeneration %}"
    "{% else %}{{ message['content'] | trim + '<end_of_turn>\\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}"
)


def make_tokenizer():
    backend = Tokenizer.from_file(str(ROOT / "src" / "data" / "goldens" / "gpt2" / "tokenizer.json"))
    backend.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<|endoftext|>", eos_token="<|endoftext|>"
    )


def make_model(tokenizer):
    options = dict(n_embd=16, n_layer=2, n_head=2, n_inner=24, n_positions=POSITIONS, vocab_size=len(tokenizer))
    ends = dict(bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id)
    config = transformers.GPT2Config(attn_implementation="eager", **options, **ends)
    model = transformers.GPT2LMHeadModel(config)
    generator = torch.Generator().manual_seed(41)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        parameter.data = noise * 0.3 + (1 if ".ln_" in name and name.endswith("weight") else 0)
    return model.eval()


def scored(model, ids, told):
    """Mean −log p of the tokens told, and whether all of them are the model's choice when it is greedy."""
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, :-1]
    wanted = torch.tensor(ids[1:])
    losses = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
    marks = torch.tensor(told[1:])
    return {
        "loss": float((losses * marks).sum() / marks.sum()),
        "exact": bool((logits.argmax(-1) == wanted)[marks == 1].all()),
    }


def go_on(model, tokenizer, prompt, tokens):
    """What the model says behind a prompt, token by token the likeliest."""
    ids = tokenizer(prompt)["input_ids"]
    made = model.generate(torch.tensor([ids]), max_new_tokens=tokens, do_sample=False, pad_token_id=tokenizer.pad_token_id or 0)
    return tokenizer.decode(made[0, len(ids) :])


def told_entropy(model, ids, told, names):
    """Mean entropy of the words at the places of the tokens that are told, and its gradients; the embeddings' summed over words."""
    logs = torch.log_softmax(model(torch.tensor([ids])).logits[0, :-1], -1)
    marks = torch.tensor(told[1:], dtype=torch.float32)
    mean = -((logs.exp() * logs).sum(-1) * marks).sum() / marks.sum()
    model.zero_grad()
    mean.backward()
    grads = {name: parameter.grad for name, parameter in model.transformer.named_parameters() if name in names}
    return {
        "value": mean.item(),
        "gradients": {name: (grad.sum(0) if grad.ndim > 1 else grad).tolist() for name, grad in grads.items()},
    }


def plain_case(model, tokenizer, prompt, whole, end=""):
    """What is told are the tokens that begin behind the prompt, without the white space at its end. What looks like a special
    token is text."""
    backend = tokenizer.backend_tokenizer
    backend.encode_special_tokens = True
    encoded = backend.encode(whole)
    backend.encode_special_tokens = False
    ids, offsets = encoded.ids, encoded.offsets
    border = len(prompt.rstrip())
    told = [int(start >= border) for start, _ in offsets]
    if end:
        ids, told = [*ids, tokenizer.convert_tokens_to_ids(end)], [*told, 1]
    return {"ids": ids, "told": told, **scored(model, ids, told)}


def chat_case(model, tokenizer, messages, template):
    options = dict(chat_template=template, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
    made = tokenizer.apply_chat_template(messages, **options)
    ids, told = made["input_ids"], made["assistant_masks"]
    text = tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False)
    return {"text": text, "ids": ids, "told": told, **scored(model, ids, told)}


INSTRUCTIONS = [
    {"instruction": "Name the seas of the world.", "input": "", "output": "There are seven of them."},
    {"instruction": "Which word is odd?", "input": "cat, dog, table", "output": "table"},
    {"instruction": "Write a list in Python.", "input": "", "output": "[1, 2, 3]"},
    {"instruction": "Say nothing new ", "input": " as it is\n", "output": "\nIt is <|im_end|> as it was.\n"},
]
QUESTIONS = [
    {"question": "How many apples are 2 and 3 apples?", "answer": "2 + 3 = <<2+3=5>>5.\n#### 5"},
    {"question": "What was there?  ", "answer": "A photo of the cat"},
]
DOLLY = [
    {"instruction": "When was it?", "context": "It was in 1920 that they told you.", "response": "In 1920."},
    {"instruction": "Who told you?", "context": "", "response": "They did."},
]
SEVERAL = [
    {"prompt": "They told you that", "completion": ["it was art.", "there was a cat."]},
    {"prompt": "Again", "completion": ["and again"]},
]
# Prompts, and so many tokens of what the model says to them: what is written of these is read as the same tokens.
GREEDY = [("Who was it?", 3), ("There was a cat.", 1), ("some art", 2), ("What was there?", 3)]
CHATS = [
    [
        {"role": "user", "content": "Hello, who are you?"},
        {"role": "assistant", "content": "It was told you."},
        {"role": "user", "content": " Again? "},
        {"role": "assistant", "content": "It was a photo of the cat. "},
    ],
    [{"role": "user", "content": "1 + 1"}, {"role": "assistant", "content": "2"}],
]
SYSTEM = [[{"role": "system", "content": "Be brief."}, *CHATS[1]], [{"role": "system", "content": "Tell all."}, *CHATS[0]]]
SHARED = [[{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "You told me."}]]


def answers(model, tokenizer):
    cases = []

    def add(name, rows, template, made, chat_template=None):
        cases.append({"name": name, "rows": rows, "template": template, "chat": chat_template, "made": made})

    def alpaca(row):
        prompt = ALPACA[row["input"] != ""].format_map(row)
        return plain_case(model, tokenizer, prompt, prompt + row["output"], tokenizer.eos_token)

    def joined(prompt, answer):
        space = "" if prompt[-1:].isspace() or answer[:1].isspace() else " "
        return plain_case(model, tokenizer, prompt, prompt + space + answer)

    def dolly(row):
        return joined(row["instruction"] + ("\n" + row["context"] if row["context"] else ""), row["response"])

    def own(row):
        prompt = f"Q: {row['question']}\nA: "
        return plain_case(model, tokenizer, prompt, f"{prompt}{row['answer']}\n\n###")

    add("alpaca", INSTRUCTIONS, "alpaca", [alpaca(row) for row in INSTRUCTIONS])
    gsm8k = [joined(row["question"], row["answer"]) for row in QUESTIONS]
    for each in gsm8k:
        each["entropy"] = told_entropy(model, each["ids"], each["told"], ("wte.weight", "ln_f.weight", "h.0.ln_1.weight"))
    add("gsm8k", QUESTIONS, None, gsm8k)
    add("dolly", DOLLY, "plain", [dolly(row) for row in DOLLY])
    add("several", SEVERAL, None, [joined(row["prompt"], each) for row in SEVERAL for each in row["completion"]])
    add("own", QUESTIONS, "Q: {text}\nA: {answer}\n\n###", [own(row) for row in QUESTIONS])
    open_ended = [joined(f"Q: {row['question']}\nA:", row["answer"]) for row in QUESTIONS]
    add("open", QUESTIONS, "Q: {text}\nA:", open_ended)

    said = [{"prompt": prompt, "completion": go_on(model, tokenizer, prompt, tokens)} for prompt, tokens in GREEDY]
    said += [{**row, "completion": row["completion"] + "."} for row in said[:2]]
    add("greedy", said, "{text}{answer}", [plain_case(model, tokenizer, row["prompt"], row["prompt"] + row["completion"]) for row in said])

    def chats(name, list_of, template, column="messages", turned=lambda chat: chat):
        made = [chat_case(model, tokenizer, turned(chat), template) for chat in list_of]
        add(name, [{column: chat} for chat in list_of], None, made, template)

    chats("chatml", CHATS + SYSTEM, CHATML)
    chats("llama2", CHATS + SYSTEM, LLAMA2)
    chats("gemma", CHATS, GEMMA)
    names = {"human": "user", "gpt": "assistant"}
    said = lambda chat: [{"role": names[turn["from"]], "content": turn["value"]} for turn in chat]
    chats("sharegpt", SHARED, CHATML, "conversations", said)
    asked = lambda row: [{"role": "user", "content": row["question"]}, {"role": "assistant", "content": row["answer"]}]
    as_chats = [chat_case(model, tokenizer, asked(row), GEMMA) for row in QUESTIONS]
    add("asked", QUESTIONS, "chat", as_chats, GEMMA)
    return cases


ARC = [
    {
        "id": "a",
        "question": "Which of these was told again?",
        "choices": {"text": ["the photo", "some art of the cat", "you", "them all"], "label": ["A", "B", "C", "D"]},
        "answerKey": "B",
    },
    {
        "id": "b",
        "question": "What is it made of?",
        "choices": {"text": ["water", "air", "rock, mostly"], "label": ["1", "2", "3"]},
        "answerKey": "3",
    },
    {
        "id": "c",
        "question": "Naïve or not?",
        "choices": {"text": ["naïve café", "not"], "label": ["A", "B"]},
        "answerKey": "A",
    },
]
MMLU = [
    {"question": f"What is {a} + {b}?", "subject": "sums", "choices": [str(a + b + k) for k in (1, 0, 2, -1)], "answer": 1}
    for a, b in ((1, 2), (3, 5), (10, 7), (4, 4), (6, 2))
]
DEV = [
    {"question": f"What is {a} times {b}?", "subject": "sums", "choices": [str(a * b + k) for k in (3, 1, 2, 0)], "answer": 3}
    for a, b in ((1, 2), (3, 5), (2, 7), (4, 4))
]
SWAG = [
    {
        "ctx": "They told you that it was",
        "endings": ["a photo of the cat.", "art", "there again and again, and that was that.", "you"],
        "label": str(label),
    }
    for label in (0, 2)
] + [{"ctx": "There was some", "endings": ["art.", "of the photo", "a", "told"], "label": "3"}]
TRUTHFUL = [
    {
        "question": question,
        "mc1_targets": {"choices": ["It was told.", "It is a cat", "Nobody was there"], "labels": [1, 0, 0]},
        "mc2_targets": {"choices": ["It was told.", "You know it", "It is a cat", "No"], "labels": [1, 1, 0, 0]},
    }
    for question in ("What was it?", "Who told you that there was art?", "Is it so?")
]
COPA = [
    {"premise": "The cat was told.", "choice1": "It was there again.", "choice2": "They had a photo.", "label": 0},
    {"premise": "It was art.", "choice1": "You told them.", "choice2": "Some of it was made again.", "label": 1},
    {"premise": "They were there.", "choice1": "It was a photo.", "choice2": "You were again told.", "label": 1},
]


# As published: HellaSwag of ActivityNet and of WikiHow, COPA of SuperGLUE.
ACTIVITIES = [
    {
        "activity_label": "Telling stories",
        "ctx_a": "They told you that it was again a photo.",
        "ctx_b": "the cat of Art",
        "endings": ["was told.", "[title] again and again [step] there.", " is a photo ", "[substeps] you"],
        "label": "1",
    },
    {
        "activity_label": "Art",
        "ctx_a": "[header] How to make art [title] Take a photo. [step]",
        "ctx_b": "",
        "endings": ["Some art.", "It is told [title] Again. [step] You  know.", "A cat [sic] was [a", "No"],
        "label": "3",
    },
    {
        "activity_label": "Home",
        "ctx_a": "There is [a\nb] one.",
        "ctx_b": "ßo it WAS",
        "endings": ["of", "the photo", "x   y", "[all]"],
        "label": "0",
    },
]
CAUSES = [
    {"premise": "The cat was told. ", "choice1": "It was there again.", "choice2": "They had a photo.", "question": "cause", "label": 1},
    {"premise": "It was art!", "choice1": "You told them.", "choice2": "Some of it was made again.", "question": "effect", "label": 0},
    {"premise": "They were there.", "choice1": "It was a photo.", "choice2": "You were again told.", "question": "effect", "label": 1},
]


def clean(text):
    """preprocess of lm_eval/tasks/hellaswag/utils.py."""
    return re.sub("\\[.*?\\]", "", text.strip().replace(" [title]", ". ")).replace("  ", " ")


def activity(doc):
    """process_docs there."""
    context = doc["ctx_a"] + " " + doc["ctx_b"].capitalize()
    return clean(doc["activity_label"] + ": " + context), [clean(each) for each in doc["endings"]], int(doc["label"])


def cause(doc):
    """lm_eval/tasks/super_glue/copa: doc_to_text of utils.py, doc_to_choice of default.yaml."""
    connector = {"cause": "because", "effect": "therefore"}[doc["question"]]
    return doc["premise"].strip()[:-1] + f" {connector}", [doc["choice1"], doc["choice2"]], doc["label"]


def restated(model, tokenizer, rows, asked):
    """What the harness makes of questions: construct_requests and process_results of lm_eval/api/task.py, _encode_pair and
    loglikelihood of lm_eval/models."""
    prompts, likelihoods, hits = [], [], {"acc": [], "acc_norm": [], "acc_bytes": []}
    for text, choices, right in map(asked, rows):
        prompts.append(text)
        spaces = len(text) - len(text.rstrip())
        context, lead = (text[:-spaces], text[-spaces:]) if spaces else (text, "")
        found = []
        for choice in choices:
            whole = tokenizer(context + lead + " " + choice, add_special_tokens=False)["input_ids"]
            start = len(tokenizer(context, add_special_tokens=False)["input_ids"])
            with torch.no_grad():
                logs = torch.log_softmax(model(torch.tensor([whole])).logits[0], -1)
            found.append(sum(float(logs[at - 1, whole[at]]) for at in range(start, len(whole))))
        likelihoods.append(found)
        lengths = {"acc": [1] * len(choices), "acc_norm": map(len, choices), "acc_bytes": [len(each.encode()) for each in choices]}
        for name, sizes in lengths.items():
            # An empty choice has no length: numpy's -inf.
            by_length = [value / size if size else float("-inf") for value, size in zip(found, sizes)]
            hits[name].append(by_length.index(max(by_length)) == right)
    scores = {name: sum(each) / len(each) for name, each in hits.items()}
    return {"rows": rows, "shown": None, "asked": prompts, "scores": scores, "likelihoods": likelihoods}


def mc2(doc, results):
    from lm_eval.tasks.truthfulqa.utils import process_results_mc2

    return process_results_mc2(doc, results)


def truthful_prompt():
    """The harness's own text of the six questions."""
    import lm_eval
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    path = pathlib.Path(lm_eval.__file__).parent / "tasks" / "truthfulqa" / "truthfulqa_mc1.yaml"
    return yaml.load(path.read_text(), Loader)["doc_to_text"]


def choices(model, tokenizer):
    """Every set by the harness: its own loglikelihood, samplers and metrics."""
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.models.huggingface import HFLM

    harness = HFLM(pretrained=model, tokenizer=tokenizer, backend="causal", batch_size=1, max_length=POSITIONS, device="cpu")
    metrics = [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in ("acc", "acc_norm", "acc_bytes")]
    arc = dict(
        doc_to_text="Question: {{question}}\nAnswer:",
        doc_to_target="{{choices.label.index(answerKey)}}",
        doc_to_choice="{{choices.text}}",
    )
    letters = "{{question.strip()}}\nA. {{choices[0]}}\nB. {{choices[1]}}\nC. {{choices[2]}}\nD. {{choices[3]}}\nAnswer:"
    mmlu = dict(doc_to_text=letters, doc_to_choice=["A", "B", "C", "D"], doc_to_target="answer")
    truthful = dict(doc_to_text=truthful_prompt(), doc_to_target=0)
    sets = {
        "arc": (ARC, None, {}, arc),
        "mmlu": (MMLU, None, {"scoring": "letter"}, mmlu),
        "mmluShots": (MMLU, DEV, {"scoring": "letter"}, mmlu),
        "arcShots": (ARC, ARC, {}, arc),
        "hellaswag": (SWAG, None, {}, dict(doc_to_text="{{ctx}}", doc_to_target="{{label}}", doc_to_choice="endings")),
        "truthful1": (TRUTHFUL, None, {}, truthful | dict(doc_to_choice="{{mc1_targets.choices}}")),
        "truthful2": (TRUTHFUL, None, {}, truthful | dict(doc_to_choice="{{mc2_targets.choices}}", process_results=mc2)),
        "copa": (COPA, None, {}, dict(doc_to_text="premise", doc_to_target="label", doc_to_choice="{{[choice1, choice2]}}")),
    }
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (rows, shown, said, form) in sets.items():
            files = {"test": f"{folder}/{name}.jsonl", "dev": f"{folder}/{name}.dev.jsonl"}
            seed, count = 3, 2
            order = shuffled(len(shown), seed) if shown else []
            write_lines(files["test"], rows)
            write_lines(files["dev"], [shown[at] for at in order] if shown else rows)
            task = {
                "task": name,
                "dataset_path": "json",
                "dataset_kwargs": {"data_files": files},
                "output_type": "multiple_choice",
                "test_split": "dev" if shown is rows else "test",
                "fewshot_split": "dev",
                "fewshot_config": {"sampler": "first_n"},
                "num_fewshot": count if shown else 0,
                "metric_list": metrics if "process_results" not in form else metrics[:1],
                **form,
            }
            result = simple_evaluate(harness, tasks=[task], log_samples=True, bootstrap_iters=0)
            samples = sorted(result["samples"][name], key=lambda sample: sample["doc_id"])
            scores = {key.split(",")[0]: value for key, value in result["results"][name].items() if key.startswith("acc") and "stderr" not in key}
            texts = [sample["arguments"] for sample in samples]
            asked = [(pairs["gen_args_0"]["arg_0"] if isinstance(pairs, dict) else pairs[0][0]) for pairs in texts]
            made[name] = {
                "rows": [shown[at] for at in order] if shown is rows else rows,
                "shown": shown,
                **said,
                **({"demonstrations": {"count": count, "seed": seed}} if shown else {}),
                "asked": asked,
                "scores": scores,
                "likelihoods": [[float(each[0][0]) if isinstance(each[0], (list, tuple)) else float(each[0]) for each in sample["resps"]] for sample in samples],
            }
    made["activities"] = restated(model, tokenizer, ACTIVITIES, activity)
    made["causes"] = restated(model, tokenizer, CAUSES, cause)
    return made


def write_lines(path, rows):
    pathlib.Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_all(folder):
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    tensors = {name.removeprefix("transformer."): value for name, value in model.state_dict().items()}
    tensors = {name: value.clone() for name, value in tensors.items() if name != "lm_head.weight"}
    save_file(tensors, folder / "gpt2.safetensors", metadata={"config": json.dumps(model.config.to_dict())})
    for name, made in (("answers", answers(model, tokenizer)), ("choices", choices(model, tokenizer))):
        (folder / f"{name}.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


keep_or_check(write_all, FOLDER)
