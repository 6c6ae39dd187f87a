"""The six text tasks of the demo, made of the words of suiteTexts.py; of each the plain texts that the base meets with their
answers, so that it knows a little of it before fine-tuning; and the corpus the base is pretrained on."""

from suiteTexts import (
    ACTS, ADJECTIVES, ADVERBS, ASPECTS, COLORS, FEELINGS, KINDS as SUITE, NEGATIONS, PEOPLE, PLACES, THINGS, TRAITS, event, facts,
    questions, review, sentiment, subjectivity,
)
from textTask import Kind

ASKED = ("what does", "why", "which", "who ", "where", "how many")
TOPICS = {
    "business": ("sold bought raised".split(), "bank stock market debt salary".split()),
    "politics": ("opposed signed lost".split(), "law vote treaty election party".split()),
    "science": ("found built studied".split(), "planet virus cell rocket theory".split()),
    "sports": ("won lost watched".split(), "race match cup goal team".split()),
}


def judgement(random, polarity, aspect):
    adverb = random.choice(["", "", random.choice(ADVERBS) + " "])
    if random.random() < 0.2:
        return f"the {aspect} was {random.choice(NEGATIONS)} {adverb}{random.choice(ADJECTIVES[1 - polarity])}"
    return f"the {aspect} was {adverb}{random.choice(ADJECTIVES[polarity])}"


def opinion(random, label):
    """What other people felt (the label), and at times the writer felt otherwise."""
    felt = lambda polarity: random.choice(FEELINGS[polarity])
    them = f"the {random.choice(PEOPLE)} {felt(label)}"
    if random.random() < 0.25:
        them = f"nobody {felt(1 - label)}"
    us = f"{random.choice(['i', 'we'])} {felt(1 - label if random.random() < 0.7 else label)}"
    parts = [them, us]
    random.shuffle(parts)
    joint = random.choice(["{} the {} and {} it .", "{} the {} but {} it .", "while {} the {} , {} it ."])
    return {"text": joint.format(parts[0], random.choice(ASPECTS), parts[1])}


def contrast(random, label):
    """Two judgements in sentences, and the aspect of one."""
    asked, left = random.sample(ASPECTS, 2)
    other = label if random.random() < 0.3 else 1 - label
    judged = [judgement(random, label, asked), judgement(random, other, left)]
    random.shuffle(judged)
    joint = "{} and {} ." if other == label else random.choice(["{} but {} .", "although {} , {} ."])
    return {"text": joint.format(*judged), "text_b": f"the {asked}"}


def topic(random, label):
    """Of the main clause, whatever else is named."""
    names = list(TOPICS)
    (acts, things), other = TOPICS[names[label]], TOPICS[random.choice(names)][1]
    main = f"the {random.choice(PEOPLE)} {random.choice(acts)} the {random.choice(things)}"
    aside = f"{random.choice(['after', 'before', 'during'])} the {random.choice(other)} in {random.choice(PLACES)}"
    return {"text": random.choice([f"{main} {aside} .", f"{aside} , {main} ."])}


def plain_sentiment(random, label):
    return {"text": f"the {random.choice(ASPECTS)} was {random.choice(ADJECTIVES[label])} ."}


def plain_aspect(random, label):
    aspect = random.choice(ASPECTS)
    return {"text": f"the {aspect} was {random.choice(ADJECTIVES[label])} .", "text_b": f"the {aspect}"}


def plain_question(random, label):
    while True:
        row = questions(random, label)
        if row["text"].startswith(ASKED[label]):
            return row


def plain_subjectivity(random, label):
    if label == 0:
        return {"text": event(random, adjectives=True)}
    return {"text": f"i think the {random.choice(PEOPLE)} was {random.choice(random.choice(ADJECTIVES))} ."}


def plain_facts(random, label):
    """Of places alone, which follow or contradict."""
    while True:
        row = facts(random, label)
        if label == 2 or " was in " in row["text_b"]:
            return row


def plain_topic(random, label):
    """One of two topics, and nothing else named."""
    acts, things = list(TOPICS.values())[label]
    return {"text": f"the {random.choice(PEOPLE)} {random.choice(acts)} the {random.choice(things)} ."}


def recall(random, label):
    """A fact, and the thing whose color is asked for."""
    thing = random.choice(THINGS)
    told = f"the {random.choice(TRAITS)} {random.choice(PEOPLE)} {random.choice(ACTS)} a {COLORS[label]} {thing}"
    return {"text": f"{told} in {random.choice(PLACES)} .", "text_b": f"the {thing}"}


def again(name, labels, noise=0.05):
    """A task of the suite with wrong labels in this share."""
    kind = SUITE[name]
    return Kind(kind.make, kind.template, kind.words, labels, noise)


KINDS = {
    "sentiment": again("sentiment", ["negative", "positive"]),
    "questions": again("questions", ["abbreviation", "description", "entity", "human", "location", "number"]),
    "subjectivity": again("subjectivity", ["objective", "subjective"]),
    "entailment": again("entailment", ["contradicts", "follows", "may be"]),
    "topic": Kind(topic, "{mask} : {text}", [" Business", " Politics", " Science", " Sports"], list(TOPICS), 0.05),
    "opinion": Kind(opinion, "{text} For them it was{mask} .", [" bad", " good"], ["negative", "positive"], 0.05),
}
ASPECT = Kind(contrast, "{text} {text_b} was{mask} .", [" bad", " good"], ["negative", "positive"], 0)
# Prompts of the corpus: plain texts, of how many classes, all texts, and the share of these that come with their answer.
KNOWN = (
    (KINDS["sentiment"], plain_sentiment, 2, 0.3),
    (KINDS["questions"], plain_question, 6, 0),
    (KINDS["subjectivity"], plain_subjectivity, 2, 0),
    (KINDS["entailment"], plain_facts, 2, 0.3),
    (KINDS["topic"], plain_topic, 2, 0),
    (ASPECT, plain_aspect, 2, 0.3),
)
RECALL = Kind(recall, "{text} {text_b} was{mask} .", [f" {color}" for color in COLORS], COLORS, 0)
ABOUT = {
    "sentiment": ("Sentiment", "Is a review favourable, through its nots and althoughs?"),
    "questions": ("Question type", "What kind of answer does a question want?"),
    "subjectivity": ("Subjectivity", "Is it an opinion or a report, whatever its adjectives?"),
    "entailment": ("Entailment", "Does the second sentence follow from the first?"),
    "topic": ("Topic", "What is the main clause about, whatever else is named?"),
    "opinion": ("Opinion", "Did other people like it, whatever the writer felt?"),
}
RECALL_ABOUT = ("Recall", "Which color did the thing just read about have?")


def answered(random):
    """A prompt: of a plain text with the right word, or of another with mostly some word, so that words say little."""
    kind, plain, classes, share = random.choice(KNOWN)
    if random.random() < 0.4:
        label = random.randrange(classes)
        return kind.prompt(plain(random, label), kind.words[label])
    label = random.randrange(len(kind.labels))
    word = kind.words[label] if random.random() < share else random.choice(kind.words)
    return kind.prompt(kind.make(random, label), word)


def passage(random):
    """Of the corpus: texts that agree in judgement or in facts, or a prompt."""
    kind = random.random()
    if kind < 0.15:
        polarity = random.randrange(2)
        return " ".join(review(random, polarity) for _ in range(random.randint(2, 3)))
    if kind < 0.25:
        row = contrast(random, polarity := random.randrange(2))
        return f"{row['text']} {row['text_b']} was {random.choice(ADJECTIVES[polarity])} ."
    if kind < 0.4:
        row = facts(random, 1)
        return f"{row['text']} {row['text_b']}"
    if kind < 0.45:
        return RECALL.prompt(recall(random, label := random.randrange(len(COLORS))), RECALL.words[label])
    if kind < 0.5:
        return questions(random, random.randrange(6))["text"] + " " + topic(random, random.randrange(4))["text"]
    if kind < 0.55:
        return sentiment(random, random.randrange(2))["text"] + " " + subjectivity(random, random.randrange(2))["text"]
    return answered(random)
