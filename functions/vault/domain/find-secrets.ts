// Finds known secrets in a text, in one pass: a rolling hash of 16 bytes against a bitmap, then two more hashes, then the HMAC of the whole.
import {
  cutHash,
  type FingerprintSecrets,
  type FormPrint,
  hashCount,
  macOfForm,
  middleOf,
  polynomial,
  sameMac,
  windowBytes,
} from './fingerprint.ts';

/** One form of one version of a secret. */
export interface KnownForm extends FormPrint {
  readonly secretId: string;
  readonly version: number;
  readonly decoy: boolean;
}

/** A workspace's secrets as texts are searched for them. */
export interface SecretFingerprints {
  /** Moves on with each change of a secret there. */
  readonly epoch: number;
  readonly key: FingerprintSecrets;
  /** How many forms there are. */
  readonly size: number;
  /** Which middle windows occur: a bit for each hash. */
  readonly middles: Uint32Array;
  readonly byMiddle: ReadonlyMap<number, readonly KnownForm[]>;
}

/** A secret in a text; offsets in UTF-16 code units. */
export interface FoundSecret {
  readonly secretId: string;
  readonly version: number;
  readonly decoy: boolean;
  readonly start: number;
  readonly end: number;
}

export const compileFingerprints = (epoch: number, key: FingerprintSecrets, forms: readonly KnownForm[]): SecretFingerprints => {
  const middles = new Uint32Array(hashCount / 32);
  const byMiddle = new Map<number, KnownForm[]>();
  for (const form of forms) {
    middles[form.middle >>> 5] = (middles[form.middle >>> 5] ?? 0) | (1 << (form.middle & 31));
    const same = byMiddle.get(form.middle);
    if (same === undefined) byMiddle.set(form.middle, [form]);
    else same.push(form);
  }
  return { epoch, key, size: forms.length, middles, byMiddle };
};

const power = (base: number, exponent: number): number => {
  let result = 1;
  for (let square = base, left = exponent; left > 0; left >>>= 1, square = Math.imul(square, square)) {
    if ((left & 1) === 1) result = Math.imul(result, square);
  }
  return result;
};

interface Hit {
  readonly form: KnownForm;
  readonly from: number;
}

/** Confirms forms in one text. */
const confirmer = ({ key }: SecretFingerprints, bytes: Buffer) => {
  /** The polynomial of each beginning of the text, made when it is first needed. */
  let prefixes: Int32Array | undefined;
  const beginnings = (): Int32Array => {
    if (prefixes !== undefined) return prefixes;
    const made = new Int32Array(bytes.length + 1);
    let hash = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      hash = (Math.imul(hash, key.base) + (bytes[at] ?? 0) + 1) | 0;
      made[at + 1] = hash;
    }
    prefixes = made;
    return made;
  };
  const wholeHash = (from: number, length: number): number => {
    const of = beginnings();
    return ((of[from + length] ?? 0) - Math.imul(of[from] ?? 0, power(key.base, length))) | 0;
  };
  /** Where each form was first confirmed: the same bytes elsewhere need no HMAC. */
  const confirmedAt = new Map<KnownForm, number>();
  /**
   * INVARIANT: no HMAC is made before all hashes hold, whatever the text repeats: its cost is the form's length, and chance alone gets
   * there once in 2^40 places.
   */
  return (form: KnownForm, from: number): boolean => {
    const { length } = form;
    if (from < 0 || from + length > bytes.length) return false;
    if (cutHash(polynomial(key, bytes, from + length - windowBytes), key.mix) !== form.last) return false;
    if (cutHash(wholeHash(from, length), key.mix) !== form.whole) return false;
    const here = bytes.subarray(from, from + length);
    const earlier = confirmedAt.get(form);
    if (earlier !== undefined && here.equals(bytes.subarray(earlier, earlier + length))) return true;
    if (!sameMac(macOfForm(key.mac, here), form.mac)) return false;
    confirmedAt.set(form, from);
    return true;
  };
};

const hitsIn = (known: SecretFingerprints, bytes: Buffer): Hit[] => {
  const { middles, byMiddle } = known;
  const { base, mix } = known.key;
  const leaving = power(base, windowBytes);
  const confirms = confirmer(known, bytes);
  /** Where each form was found last: a value that repeats itself is not confirmed again inside itself. */
  const endOf = new Map<KnownForm, number>();
  const hits: Hit[] = [];
  const lastStart = bytes.length - windowBytes;
  let hash = polynomial(known.key, bytes, 0);
  for (let at = 0; ; at += 1) {
    const middle = cutHash(hash, mix);
    if (((middles[middle >>> 5] ?? 0) & (1 << (middle & 31))) !== 0) {
      for (const form of byMiddle.get(middle) ?? []) {
        const from = at - middleOf(form.length);
        if (from < (endOf.get(form) ?? 0) || !confirms(form, from)) continue;
        endOf.set(form, from + form.length);
        hits.push({ form, from });
      }
    }
    if (at >= lastStart) return hits;
    hash = (Math.imul(hash, base) + (bytes[at + windowBytes] ?? 0) + 1 - Math.imul((bytes[at] ?? 0) + 1, leaving)) | 0;
  }
};

interface Span {
  form: KnownForm;
  from: number;
  to: number;
}

/** @returns hits that overlap as one, named after the longest of them: nothing of any is left outside */
const merged = (hits: readonly Hit[]): Span[] => {
  const spans: Span[] = [];
  for (const { form, from } of hits.toSorted((a, b) => a.from - b.from || b.form.length - a.form.length)) {
    const before = spans.at(-1);
    if (before === undefined || from >= before.to) spans.push({ form, from, to: from + form.length });
    else {
      before.to = Math.max(before.to, from + form.length);
      if (form.length > before.form.length) before.form = form;
    }
  }
  return spans;
};

/** @returns the secrets in the text, in order, none overlapping another */
export const findSecrets = (known: SecretFingerprints, text: string): FoundSecret[] => {
  if (known.size === 0 || text.length * 3 < windowBytes) return [];
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length < windowBytes) return [];
  let at = 0;
  let unit = 0;
  return merged(hitsIn(known, bytes)).map(({ form, from, to }) => {
    const start = unit + bytes.toString('utf8', at, from).length;
    unit = start + bytes.toString('utf8', from, to).length;
    at = to;
    return { secretId: form.secretId, version: form.version, decoy: form.decoy, start, end: unit };
  });
};
