#!/bin/sh
# Trains and calibrates the protection models from the public rows and our templates; writes the weights, thresholds and the model card.
# usage: scripts/train-models.sh [folder of the public rows]; needs Python 3.11 or later, a package index, and some ten minutes.
set -eu
cd "$(dirname "$0")/.."
data="${1:-../shared/data}"
training=functions/protect/training
model=functions/protect/domain/model
work="${TMPDIR:-/tmp}/protect-training"
node="${NODE:-node_modules/.bin/node}"
[ -f "$data/injection.train.jsonl" ] || { echo "train-models: no rows in \`$data\`" >&2; exit 1; }
mkdir -p "$work"
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$training/requirements.txt"
export OMP_NUM_THREADS=1
"$node" "$training/dump-words.ts" "$data" "$work"
"$work/venv/bin/python" "$training/fit_words.py" "$work" "$model"
"$node" "$training/fit-off-topic.ts" "$data/offtopic.dev.json" "$model/off-topic.json" >"$work/off-topic.txt"
"$node" "$training/dump-features.ts" "$data" "$training/templates" "$work"
"$work/venv/bin/python" "$training/fit.py" "$work" "$model" all
"$work/venv/bin/python" "$training/write_card.py" "$work" docs/design/model-card.md
