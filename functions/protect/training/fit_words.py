"""Word vectors by a factorised matrix of shifted mutual information, for telling whether a text is on a domain's topics."""
import base64, json, sys
import numpy as np, scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

SRC, OUT = sys.argv[1], sys.argv[2]
DIMS, WORDS = 48, 12000
stems = np.fromfile(f"{SRC}/word-stems.i32", dtype=np.int32)
ends = np.fromfile(f"{SRC}/word-ends.u32", dtype=np.uint32).astype(np.int64)
kinds = np.fromfile(f"{SRC}/word-kinds.u16", dtype=np.uint16)
hold = set(map(int, sys.argv[3].split(","))) if len(sys.argv) > 3 and sys.argv[3] else set()
doc = np.repeat(np.arange(len(ends)), np.diff(np.concatenate([[0], ends])))
keep = ~np.isin(kinds[doc], list(hold)) if hold else np.ones(len(doc), bool)
stems, doc = stems[keep], doc[keep]
vocab, inv, counts = np.unique(stems, return_inverse=True, return_counts=True)
df = np.bincount(np.unique(np.stack([inv, doc]), axis=1)[0], minlength=len(vocab))
top = np.argsort(-counts)[: WORDS]
top = top[counts[top] >= 4]
place = np.full(len(vocab), -1); place[top] = np.arange(len(top))
ids = place[inv]
M = sp.csr_matrix((len(top), len(top)), dtype=np.float32)
for step in range(1, 7):
    a, b = ids[:-step], ids[step:]
    ok = (a >= 0) & (b >= 0) & (doc[:-step] == doc[step:])
    utterance = np.where(kinds[doc[:-step]] > 0, 3.0, 1.0)
    w = ((1.0 / np.sqrt(step)) * utterance)[ok]
    m = sp.coo_matrix((w, (a[ok], b[ok])), shape=M.shape).tocsr()
    M = M + m + m.T
# Words of one intent are near one another though they never meet in one utterance.
ks = kinds[doc]
for intent in np.unique(ks[ks > 0]):
    sel = ids[(ks == intent)]; sel = sel[sel >= 0]
    u, c = np.unique(sel, return_counts=True)
    o = np.argsort(-c)[:60]; u, c = u[o], np.sqrt(c[o].astype(np.float32))
    outer = np.outer(c, c).ravel() * 0.5
    M = M + sp.coo_matrix((outer, (np.repeat(u, len(u)), np.tile(u, len(u)))), shape=M.shape).tocsr()
s = np.asarray(M.sum(1)).ravel(); ctx = s ** 0.75; total = ctx.sum()
M = M.tocoo()
v = np.log(np.maximum(M.data * total / (s[M.row] * ctx[M.col]), 1e-9))
ok = v > 0
P = sp.csr_matrix((v[ok], (M.row[ok], M.col[ok])), shape=M.shape)
U, S, _ = randomized_svd(P, DIMS, n_iter=4, random_state=3)
E = U * S ** 0.5
E /= np.maximum(np.linalg.norm(E, axis=1, keepdims=True), 1e-9)
q = np.clip(np.round(E * 127), -127, 127).astype(np.int8)
idf = np.log((len(ends) + 1) / (df[top] + 1))
iq = np.clip(np.round(idf * 16), 0, 255).astype(np.uint8)
order = np.argsort(vocab[top])
b64 = lambda a: base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
json.dump({"dims": DIMS, "stems": b64(vocab[top][order].astype("<i4")), "idf": b64(iq[order]), "vectors": b64(q[order])}, open(f"{OUT}/words.json", "w"))
print(len(top), "words", "explained", S[:5])
