// Code points that stand for others: marks and forms taken off (NFKD), other scripts' digits, enclosed letters, and letters of other scripts that look like Latin ones.

const pairs = (from: string, to: string): [string, string][] => {
  const targets = [...to];
  return [...from].map((character, index) => [character, targets[index] ?? '']);
};

/** Letters of other scripts that look like Latin ones: they count only inside a word that has Latin letters too. */
const foreign: ReadonlyMap<string, string> = new Map([
  ...pairs('авеікмнорсстухјѕԁһԛԝԍгпьӏѵ', 'abeikmhopcctyxjsdhqwgrnblv'),
  ...pairs('АВЕЅІЈКМНОРСТУХԌԚԜҮӀ', 'ABESIJKMHOPCTYXGQWYI'),
  ...pairs('αβγεικνορτυχωηζμς', 'abyeikvoptuxwnzuc'),
  ...pairs('ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ABEZHIKMNOPTYX'),
  ...pairs('աեոսօհցյզԱՍՕԼ', 'wenuohgjqUUOL'),
  ...pairs('ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᏃ', 'ABCDEGHiJKLMPRSTVWZ'),
]);

/** Latin letters and signs that NFKD leaves as they are. */
const always: ReadonlyMap<string, string> = new Map([
  ...pairs('ıłŁøØđĐħŧɑɡɩʟɪᴀʙᴄᴅᴇꜰɢʜᴊᴋᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢƖƽȷɫʋⲟ', 'ilLoOdDhtagilIABCDEFGHJKMNOPQRSTUVWYZlsjlvo'),
  ...pairs('‐‑‒–—―−﹘﹣➖', '----------'),
  ...pairs('。｡·•․∙⋅', '.......'),
  ...pairs('⁄∕', '//'),
  ...pairs('⓿❶❷❸❹❺❻❼❽❾', '0123456789'),
  ...pairs('➀➁➂➃➄➅➆➇➈', '123456789'),
  ...pairs('➊➋➌➍➎➏➐➑➒', '123456789'),
  ...pairs('⓵⓶⓷⓸⓹⓺⓻⓼⓽', '123456789'),
  ...pairs('⑴⑵⑶⑷⑸⑹⑺⑻⑼', '123456789'),
  ...pairs('⒈⒉⒊⒋⒌⒍⒎⒏⒐', '123456789'),
]);

const ignorable = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{Co}]/u;
const generalMark = /(?=\p{M})\p{Script=Inherited}/u;
const digit = /\p{Nd}/u;
const latinFirst = /^[\p{Script=Latin}\p{Script=Common}]/u;

/** Letters in circles, squares and flags that have no decomposition. */
const enclosed = (point: number): string | undefined => {
  for (const first of [0x1f150, 0x1f170, 0x1f1e6]) if (point >= first && point < first + 26) return String.fromCharCode(65 + point - first);
  return point >= 0x249c && point < 0x24b6 ? String.fromCharCode(97 + point - 0x249c) : undefined;
};

/** Decimal digits lie in runs of ten that begin with zero. */
const digitValue = (point: number): number => {
  let zero = point;
  while (point - zero < 9 && digit.test(String.fromCodePoint(zero - 1))) zero -= 1;
  // INVARIANT: runs that touch (mathematical digits) have a decomposition, which is looked up first.
  return point - zero;
};

/** Most units that one code point may become; longer ones (`ﷺ`) stay as they are. */
const maxUnits = 4;

const look = (point: number): string => {
  const character = String.fromCodePoint(point);
  if (point === 9 || point === 10 || point === 13) return character;
  if (point >= 0xd800 && point <= 0xdfff) return character;
  if (ignorable.test(character) || generalMark.test(character)) return '';
  const own = always.get(character) ?? enclosed(point);
  if (own !== undefined) return own;
  const plain = character.normalize('NFKD');
  if (plain !== character && latinFirst.test(plain)) {
    const bare = plain.replace(/\p{M}/gu, '').replace(/^\((.)\)$/u, '$1');
    const settled = [...bare].map((part) => always.get(part) ?? part).join('');
    return bare.length <= maxUnits ? settled : character;
  }
  if (digit.test(character) && point > 127) return String(digitValue(point));
  return character;
};

const looked = new Map<number, string>();

/** @returns what a code point stands for, alone: itself, nothing, or other text */
export const plainForm = (point: number): string => {
  const known = looked.get(point);
  if (known !== undefined) return known;
  const plain = look(point);
  looked.set(point, plain);
  return plain;
};

const foreignUnits: ReadonlyMap<number, number> = new Map([...foreign].map(([from, to]) => [from.charCodeAt(0), to.charCodeAt(0)]));

/** @returns the Latin letter that a letter of another script looks like, or undefined */
export const latinLookalike = (unit: number): number | undefined => foreignUnits.get(unit);
