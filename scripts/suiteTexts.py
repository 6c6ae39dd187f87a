"""Procedurally generated English-like text for scripts/makeSuite.py: four tasks that share their words, and a corpus."""

from textTask import Kind

NEGATIVE, POSITIVE = 0, 1
ADJECTIVES = (
    "bad dull boring slow weak ugly silly cold stale messy clumsy loud cheap empty awful dreadful tedious flat".split(),
    "good fine lovely funny clever warm bright charming brilliant honest moving fresh smart gentle sweet strong superb neat".split(),
)
FEELINGS = ("hated disliked regretted mocked avoided".split(), "loved enjoyed admired adored praised".split())
ASPECTS = "film plot story cast music ending acting script scene song pace dialogue".split()
ADVERBS = "very really quite truly rather so".split()
NEGATIONS = "not never hardly".split()
PEOPLE = "doctor teacher clerk farmer singer pilot lawyer nurse baker sailor painter judge".split()
THINGS = "car house boat book lamp chair coat ring clock piano bridge garden".split()
PLACES = "paris london rome cairo tokyo berlin lima oslo".split()
COLORS = "red blue green black white yellow".split()
TRAITS = "tall young old brave shy rich".split()
MOODS = "tired happy angry hungry proud late".split()
SIZES = "huge tiny heavy light broken famous".split()
ACTS = "bought sold found lost painted built moved washed".split()
BARE = dict(zip(ACTS, "buy sell find lose paint build move wash".split()))
LETTERS = "NASA UN EU BBC FBI CIA NATO IBM".split()
ENTITIES = "animal color sport food plant language game instrument metal dance".split()
SITES = "city country river town island street village mountain".split()
AMOUNTS = "year price age date distance number speed weight".split()


def clause(random, polarity, aspect=None):
    """A judgement without full stop; a negation turns it round."""
    aspect, adverb = aspect or random.choice(ASPECTS), random.choice(["", "", random.choice(ADVERBS) + " "])
    if random.random() < 0.3:
        subject, flips = random.choice([("i", 0), ("we", 0), ("nobody", 1), ("everyone", 0)])
        return f"{subject} {random.choice(FEELINGS[polarity ^ flips])} the {aspect}"
    if random.random() < 0.4:
        return f"the {aspect} was {random.choice(NEGATIONS)} {adverb}{random.choice(ADJECTIVES[1 - polarity])}"
    return f"the {aspect} was {adverb}{random.choice(ADJECTIVES[polarity])}"


def review(random, polarity):
    kind = random.random()
    if kind < 0.25:
        return f"although {clause(random, 1 - polarity)} , {clause(random, polarity)} ."
    if kind < 0.5:
        return f"{clause(random, polarity)} and {clause(random, polarity)} ."
    return f"{clause(random, polarity)} ."


def event(random, adjectives=False):
    """Of a plot: people, what they did, things and places; `adjectives` may be of judgements."""
    adjective = lambda: random.choice(random.choice(ADJECTIVES) if adjectives else TRAITS)
    other = random.choice(ADJECTIVES[0] + ADJECTIVES[1]) if adjectives else random.choice(COLORS)
    return f"the {adjective()} {random.choice(PEOPLE)} {random.choice(ACTS)} a {other} {random.choice(THINGS)} in {random.choice(PLACES)} ."


def sentiment(random, label):
    parts = [review(random, label)]
    if random.random() < 0.4:
        parts.insert(random.randrange(2), event(random, adjectives=True))
    return {"text": " ".join(parts)}


def subjectivity(random, label):
    """0 objective, 1 subjective: reported judgements and loaded words do not make a report an opinion."""
    person = random.choice(PEOPLE)
    if label == 1:
        opinion = f"{random.choice(['i think', 'maybe', 'for me', 'surely'])} the {person} was {random.choice(random.choice(ADJECTIVES))} ."
        parts = [review(random, random.randrange(2)) if random.random() < 0.6 else opinion]
    else:
        told = f"the {person} told the {random.choice(PEOPLE)} that {clause(random, random.randrange(2))} ."
        parts = [told if random.random() < 0.4 else event(random, adjectives=True)]
    if random.random() < 0.4:
        parts.insert(random.randrange(2), event(random))
    return {"text": " ".join(parts)}


def questions(random, label):
    """0 Expression, 1 Description, 2 Entity, 3 Human, 4 Location, 5 Number."""
    person, thing, place = random.choice(PEOPLE), random.choice(THINGS), random.choice(PLACES)
    letters, act = random.choice(LETTERS), random.choice(ACTS)
    which, bare = random.choice(["what", "which"]), BARE[act]
    forms = (
        [f"what does {letters} stand for ?", f"what is {letters} short for ?", f"what is the {thing} called for short in {place} ?"],
        [f"why did the {person} {bare} a {thing} ?", f"what is a {thing} ?", f"how does a {thing} work in {place} ?"],
        [f"{which} {random.choice(ENTITIES)} did the {person} like in {place} ?", f"{which} {random.choice(ENTITIES)} is on the {thing} ?"],
        [f"who {act} the {thing} in {place} ?", f"{which} {person} {act} a {thing} ?", f"whose {thing} is in {place} ?"],
        [f"where did the {person} {bare} a {thing} ?", f"{which} {random.choice(SITES)} has the {thing} of the {person} ?"],
        [f"how many people {act} a {thing} ?", f"when did the {person} {bare} the {thing} ?", f"{which} {random.choice(AMOUNTS)} has the {thing} ?"],
    )
    opening = random.choice(["", "", "please say , ", f"in {random.choice(PLACES)} , ", f"the {random.choice(PEOPLE)} asked : "])
    return {"text": opening + random.choice(forms[label])}


def facts(random, label):
    """A premise and a hypothesis that contradicts it (0), follows (1) or may be (2)."""
    drawn = {"trait": TRAITS, "person": PEOPLE, "act": ACTS, "color": COLORS, "thing": THINGS, "place": PLACES}
    fact = {key: random.choice(words) for key, words in drawn.items()}
    told = "the {trait} {person} {act} a {color} {thing} in {place} .".format(**fact)
    forms = {"trait": "the {person} was {trait} .", "color": "the {thing} was {color} .", "place": "the {person} was in {place} ."}
    key = random.choice(list(forms))
    if label == 0:
        fact[key] = random.choice([word for word in drawn[key] if word != fact[key]])
    unknown = ["the {person} was " + random.choice(MOODS) + " .", "the {thing} was " + random.choice(SIZES) + " ."]
    return {"text": told, "text_b": (random.choice(unknown) if label == 2 else forms[key]).format(**fact)}


KINDS = {
    "sentiment": Kind(sentiment, "{text} It was{mask} .", [" terrible", " great"], ["negative", "positive"], 0),
    "questions": Kind(
        questions,
        "{mask} : {text}",
        [" Expression", " Description", " Entity", " Human", " Location", " Number"],
        ["ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"],
        0.05,
    ),
    "subjectivity": Kind(subjectivity, "{text} This is{mask} .", [" objective", " subjective"], ["objective", "subjective"], 0.05),
    "entailment": Kind(
        facts,
        "{text} ?{mask} , {text_b}",
        [" No", " Yes", " Maybe"],
        ["contradiction", "entailment", "neutral"],
        0.05,
    ),
}


def passage(random):
    """Of the corpus: texts that agree in judgement or in facts; or a prompt answered at random, so that the label words are
    known but say nothing."""
    kind = random.random()
    if kind < 0.25:
        polarity = random.randrange(2)
        return " ".join(review(random, polarity) for _ in range(random.randint(2, 3)))
    if kind < 0.45:
        row = facts(random, 1)
        return f"{row['text']} {row['text_b']}"
    if kind < 0.55:
        return questions(random, random.randrange(6))["text"] + " " + event(random)
    if kind < 0.65:
        return event(random, adjectives=True) + " " + subjectivity(random, random.randrange(2))["text"]
    task = random.choice(list(KINDS.values()))
    return task.prompt(task.make(random, random.randrange(len(task.labels))), random.choice(task.words))
