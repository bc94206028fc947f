// Physical addresses: US street lines with unit, city, state and ZIP (USPS Publication 28), boxes and military mail, street types of other languages, postcodes in context.
import { before, type Detection, type Detector, isDigit, isWordUnit } from '../detection.ts';
import {
  addressContext,
  compoundStreet,
  countries,
  directions,
  leadingStreet,
  shortStreetTypes,
  stateName,
  stopWords,
  streetTypes,
  strongLeadingStreet,
  usStates,
} from './address-words.ts';

/** Words of a street line, units of an address, and units of context before it. */
const maxStreetWords = 6;
const maxAddressUnits = 176;
/** Units behind its beginning that decide about an address. */
const windowUnits = 190;
const contextUnits = 56;

interface Word {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly lower: string;
}

/** Between the words of one line. */
const gap = /[ \t\u00a0]{1,3}|[ \t]?[-][ \t]?/y;
const wordPattern =
  /(?:\d{1,5}(?:st|nd|rd|th|er|e|[a-z])?(?![\p{L}\d])|[\p{L}][\p{L}\p{M}'’]{0,30}(?:[.](?=[ ,\n]|$|[\p{L}]))?|[a-z]\/)/iuy;
/** Between the parts of an address: commas, a line break with what quoting puts before it, spaces. */
const partGap = /(?:[ \t]{0,4}(?:,|\||;)?[ \t]{0,4}(?:\r?\n[ \t>?*|]{0,6}){0,3}(?:,[ \t]{0,3})?)(?=[^\s])/y;
const unitPart =
  /(?:(?:apartment|apt|suite|ste|unit|room|rm|floor|fl|flat|bldg|building|lot|trailer|trlr|spc|space|dept|department|slip|pier|hangar|penthouse|ph|level|block|blk)\b\.?(?:[ \t]{0,2}#)?[ \t]{0,2}(?:no\.? ?)?[a-z]?-?\d{0,5}[a-z]?(?:-[a-z0-9]{1,4})?(?![\p{L}\d])|#[ \t]{0,2}[a-z]?-?\d{1,6}[a-z]?|(?:1st|2nd|3rd|\d{1,2}th) (?:floor|fl)\b)/iuy;
const zip = /\d{5}(?:-\d{4})?(?![\p{L}\d-])/uy;
const state = /[a-z]{2}(?![\p{L}\d])/iuy;
const ukPostcode = /(?:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)(?![\p{L}\d])/iuy;
const otherPostcode = /(?:[A-Z]{1,2}-)?\d{4,6}(?: ?[A-Z]{2})?(?![\p{L}\d])/uy;
const city = /\p{Lu}[\p{L}\p{M}.'’-]{1,24}(?:[ -](?:\p{L}[\p{L}\p{M}.'’-]{0,24}|\d{1,2}(?!\d))){0,4}/uy;
const lowerCity =
  /\p{L}[\p{L}\p{M}.'’-]{1,24}(?: \p{L}[\p{L}\p{M}.'’-]{1,24}){0,4}?(?=[, \n]{1,3}(?:[a-z]{2}[, \n]{1,3}\d{5}(?:-\d{4})?\b|\d{5}\b))/iuy;
const boxLine =
  /(?:p(?:ost)?[. ]{0,2}o(?:ffice)?[. ]{0,2} ?box|p\.? ?o\.? ?b\.?(?= ?\d)|post ?box|postfach|postboks|postbus|apartado(?: postal)?|casilla|caixa postal|box (?:no\.? ?)?(?=#? ?\d{1,6}\b))[ .:#]{0,3}(?:no\.? ?)?(?:[a-z]?-?\d{1,7}(?:-\d{1,5})?|(?<=[ .:#])[a-z](?![\p{L}]))/iuy;
const military =
  /(?:(?:psc|unit|cmr|uss) [\p{L}\d ]{1,24},?\s{0,3}(?:box \d{1,5}\s{1,3})?)?\b(?:apo|fpo|dpo)[, ]{1,2}(?:aa|ae|ap)[, ]{1,2}\d{5}(?:-\d{4})?/iuy;
const militaryStart = /\b(?:psc|unit|cmr|uss|apo|fpo|dpo) [\p{L}\d]/giu;
const boxStart =
  /(?<![\p{L}\d])(?:p(?:ost)?[. ]{0,2}o(?:ffice)?[. ]{0,2} ?box|p\.? ?o\.? ?b\.? ?\d|post ?box|postfach|postboks|postbus|apartado|casilla|caixa postal)/giu;
const zipWords = /\b(?:zip|zip ?code|post(?:al)? ?code|plz|cep|código postal)(?: (?:is|was|number|no\.?))?\s{0,2}[:=#]?\s{0,2}$/i;
const zipStart = /\b(?:zip|post(?:al)? ?code|plz|cep|código postal)/giu;
const route =
  /(?:(?:north|south|east|west|[nsew])\.? )?(?:old )?(?:(?:u\.?s\.?|state|county|farm to market)\.? )?(?:us|sr|cr|fm|rr|hwy|highway|route|rte|rt|road|rd|interstate|i)\.? ?-?#? ?\d{1,4}[a-z]?(?:[ ][nsew]\b\.?)?(?![\p{L}\d])/iuy;
/** `15641 E. Seven Oaks`, `15030 Ave. of Science`, `Ave. H`. */
const directional = /[NSEW]\.? \p{Lu}[\p{L}'’]{2,20}(?: \p{Lu}[\p{L}'’]{2,20})?/uy;
const lettered = /(?:ave(?:nue)?|av)\.? (?:of (?:the )?\p{L}{3,20}|[a-z])(?![\p{L}\d])/iuy;
const corner =
  /\b(?:[Cc]orner|[Ii]ntersection) of (?:\p{Lu}[\p{L}.']{1,20}|\d{1,3}(?:st|nd|rd|th))(?: [\p{L}\d.'-]{1,20}){0,4} (?:and|&) (?:\p{Lu}[\p{L}.']{1,20}|\d{1,3}(?:st|nd|rd|th))(?: \p{Lu}[\p{L}.']{1,20}| \d{1,4}){0,3}(?![\p{L}\d])/gu;

const matchEnd = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
};

const wordsFrom = (text: string, start: number): Word[] => {
  const words: Word[] = [];
  let at = start;
  while (words.length < maxStreetWords + 2) {
    const end = matchEnd(wordPattern, text, at);
    if (end < 0) break;
    const word = text.slice(at, end);
    words.push({ start: at, end, text: word, lower: word.toLowerCase().replace(/\.$/, '') });
    const next = matchEnd(gap, text, end);
    if (next < 0) break;
    at = next;
  }
  return words;
};

/** How an address goes on behind its street line, and what that says. */
interface Tail {
  readonly end: number;
  readonly unit: boolean;
  /** A ZIP, a postcode, or a state beside one. */
  readonly postcode: boolean;
  readonly region: boolean;
}

const isCapital = (word: string): boolean => /^\p{Lu}/u.test(word);

const tailFrom = (text: string, from: number, start: number, typed = true): Tail => {
  let end = from;
  let unit = false;
  let postcode = false;
  let region = false;
  let cities = 0;
  for (let parts = 0; parts < 8 && end - start < maxAddressUnits; parts += 1) {
    const at = matchEnd(partGap, text, end);
    if (at < 0 || (at === end && text[end - 1] !== ',' && !/\s/.test(text[end - 1] ?? ''))) break;
    const isNewPart = /[,\n|;]/.test(text.slice(end, at));
    let next = matchEnd(unitPart, text, at);
    if (next > 0 && /\d|#/.test(text.slice(at, next)) && !postcode) {
      // A number sign alone is a unit only behind a street's type.
      unit ||= text[at] !== '#' || typed;
      end = next;
      continue;
    }
    next = matchEnd(zip, text, at);
    if (next > 0 && !postcode && (cities > 0 || region || unit)) {
      postcode = true;
      end = next;
      continue;
    }
    next = matchEnd(ukPostcode, text, at);
    if (next > 0 && !postcode) {
      postcode = true;
      end = next;
      continue;
    }
    next = matchEnd(otherPostcode, text, at);
    if (next > 0 && !postcode && (isNewPart || cities > 0 || unit)) {
      const cityEnd = /^[, ]/.test(text.slice(next, next + 1)) ? matchEnd(city, text, next + 1) : -1;
      if (cities > 0 || cityEnd > 0) {
        postcode = true;
        end = cityEnd > 0 && cities === 0 ? cityEnd : next;
        cities += 1;
        continue;
      }
    }
    next = matchEnd(state, text, at);
    if (
      next > 0 &&
      usStates.has(text.slice(at, next).toLowerCase()) &&
      (isCapital(text.slice(next - 1, next)) || matchEnd(zip, text, next + 1) > 0)
    ) {
      region = true;
      end = next;
      continue;
    }
    const country = countries.exec(text.slice(at, at + 40))?.[0];
    const named = country ?? stateName.exec(text.slice(at, at + 24))?.[0];
    if (named !== undefined && isCapital(named)) {
      region = true;
      end = at + named.length;
      continue;
    }
    if (postcode && !isNewPart) break;
    next = matchEnd(lowerCity, text, at);
    if (next < 0 && (isNewPart || unit || cities === 0)) next = matchEnd(city, text, at);
    if (next > 0 && cities < 3 && (isNewPart || unit || matchEnd(lowerCity, text, at) > 0 || followsRegion(text, next))) {
      const kept = cityEnd(text, at, next);
      if (kept < 0) break;
      cities += 1;
      end = kept;
      continue;
    }
    break;
  }
  return { end, unit, postcode, region };
};

const followsRegion = (text: string, end: number): boolean => /^,? (?:[A-Z]{2}\b|\d{5}\b)/.test(text.slice(end, end + 9));

/** A city's name ends before a word of running text and before a state; @returns -1 where no name is left */
const cityEnd = (text: string, start: number, end: number): number => {
  let kept = start;
  const words = text.slice(start, end).split(' ');
  let at = start;
  for (const [index, word] of words.entries()) {
    const lower = word.toLowerCase().replace(/[.]$/, '');
    const isLast = index > 0 && usStates.has(lower) && word === word.toUpperCase() && word.length === 2;
    if (
      isLast ||
      (stopWords.has(lower) && !/^(?:of|the|de|new)$/.test(lower)) ||
      (index > 0 && /^(?:please|and|thanks|call|is|was|my|phone|email)$/.test(lower))
    )
      break;
    at = start + words.slice(0, index + 1).join(' ').length;
    kept = at;
    if (word.endsWith('.') && word.length > 4) return kept - 1;
  }
  return kept === start ? -1 : kept;
};

interface Street {
  readonly end: number;
  /** In [0, 1]: how sure the line alone is. */
  readonly score: number;
  readonly rule: string;
}

/** What follows a house number: a name and a type (`Main St`), or a type and a name (`Rue de la Paix`), or a compound (`Hauptstraße`). */
const streetFrom = (words: readonly Word[]): Street | undefined => {
  let best: Street | undefined;
  let proper = 0;
  for (const [index, word] of words.entries()) {
    if (index >= maxStreetWords) break;
    if (/^\d{1,5}$/.test(word.lower)) {
      if (index > 0 && best === undefined && proper === 0) break;
      if (best !== undefined && best.rule !== 'street') best = { ...best, end: word.end, score: Math.max(best.score, 0.8) };
      if (best !== undefined) break;
      continue;
    }
    if (best !== undefined && best.rule === 'street') {
      // A direction behind the type, or a second type that is the real one (`Park Place Drive`).
      if (directions.has(word.lower)) {
        best = { ...best, end: word.end };
        continue;
      }
      if (!streetTypes.has(word.lower) || words[index - 1]?.end !== best.end) break;
    }
    const capital = isCapital(word.text);
    const leading = leadingStreet.test(word.lower);
    if (index <= 1 && leading && words[index + 1] !== undefined && !streetTypes.has(words[index + 1]?.lower ?? '')) {
      const last = nameEnd(words, index + 1);
      const strong = strongLeadingStreet.test(word.lower);
      if (last > index) {
        const end = words[last]?.end ?? word.end;
        return { end, score: strong ? 0.75 : 0.4, rule: 'street-leading' };
      }
    }
    if (stopWords.has(word.lower) && !(capital && index > 0) && !/^(?:of|the|de|la|new|old|i|first|second)$/.test(word.lower)) break;
    if (
      index > 0 &&
      streetTypes.has(word.lower) &&
      !(index === 1 && directions.has(words[0]?.lower ?? '') && words[2] !== undefined && streetTypes.has(words[2].lower))
    ) {
      const short = shortStreetTypes.has(word.lower);
      const allCapital = proper === index && capital;
      const sure = allCapital ? 0.85 : short ? 0.55 : 0.3;
      best = { end: word.end, score: Math.max(best?.rule === 'street' ? best.score : 0, sure), rule: 'street' };
      if (capital) proper += 1;
      continue;
    }
    if (compoundStreet.test(word.lower) && word.lower.length > 6 && capital) best = { end: word.end, score: 0.55, rule: 'street-compound' };
    else if (best !== undefined && best.rule !== 'street' && !capital) break;
    if (capital || /^\d/.test(word.text) || directions.has(word.lower)) proper += 1;
  }
  return best;
};

/** The last word of a name that stands behind its street's type. */
const nameEnd = (words: readonly Word[], from: number): number => {
  let last = from - 1;
  for (let index = from; index < Math.min(words.length, from + maxStreetWords); index += 1) {
    const word = words[index] as Word;
    const particle = /^(?:de|da|do|das|dos|del|della|delle|di|la|le|les|los|las|du|des|el|al|van|von|st|ste|saint|e|y|d')$/i.test(
      word.lower,
    );
    if (!particle && stopWords.has(word.lower)) break;
    if (/^\d/.test(word.text)) return index > from ? index : from - 1;
    if (/^(?:apt|suite|ste|unit)$/i.test(word.lower)) break;
    if (!particle) last = index;
  }
  return last;
};

/** A house number: digits that nothing makes part of a larger thing, with a letter or a range. */
const houseNumber = /\d{1,6}(?:-\d{1,5})?(?:[a-z](?![\p{L}\d])|\/\d{1,4}| ?1\/2)?(?:,)?[ \t]{1,3}(?=[\p{L}\d])/iuy;
const partOfMore = /[\p{L}\p{N}$€£¥#%.:/+@_-]/u;

const score = (base: number, tail: Tail, context: boolean): number =>
  Math.min(0.99, base + (tail.postcode ? 0.35 : 0) + (tail.unit ? 0.35 : 0) + (tail.region ? 0.2 : 0) + (context ? 0.3 : 0));

const threshold = 0.6;

/** One or two words as they follow most numbers: `5 miles`, `24 crayons in`. Nothing that begins so is a street. */
const ordinary = /([a-z]{2,12})(?![\p{L}\p{M}\d'’])(?:[^\p{L}\d\s]|\s+([a-z]{1,12})(?![\p{L}\p{M}\d'’]))?/uy;
const streetLike = /^(?:the|de|la|new|old|i|first|second|of)$/;

const isOrdinary = (text: string, at: number): boolean => {
  ordinary.lastIndex = at;
  const [, first = '', second = ''] = ordinary.exec(text) ?? [];
  if (first === '' || streetLike.test(first) || leadingStreet.test(first)) return false;
  return (
    stopWords.has(first) || (stopWords.has(second) && !streetLike.test(second) && !compoundStreet.test(first) && !streetTypes.has(first))
  );
};

/** A line that a house number begins. */
const lineAt = (whole: string, from: number): Detection | undefined => {
  if (isOrdinaryNumber(whole, from)) return undefined;
  const text = whole.slice(from, from + windowUnits);
  const found = lineIn(text, () => addressContext.test(before(whole, from, contextUnits)));
  return found === undefined ? undefined : { ...found, start: from, end: from + found.end };
};

const isOrdinaryNumber = (text: string, start: number): boolean => {
  const numberEnd = matchEnd(houseNumber, text, start);
  return numberEnd < 0 || isOrdinary(text, numberEnd);
};

/** A line that a house number begins, at the text's own beginning. */
const lineIn = (text: string, asked: () => boolean): Detection | undefined => {
  const start = 0;
  const numberEnd = matchEnd(houseNumber, text, start);
  if (numberEnd < 0) return undefined;
  const words = wordsFrom(text, numberEnd);
  const first = words[0];
  if (first === undefined) return undefined;
  const context = asked();
  const routeEnd = matchEnd(route, text, first.start);
  const boxEnd = matchEnd(boxLine, text, first.start);
  const street: Street | undefined =
    routeEnd > 0
      ? { end: routeEnd, score: 0.5, rule: 'route' }
      : boxEnd > 0
        ? { end: boxEnd, score: 0.9, rule: 'box' }
        : (secondNumber(words) ?? streetFrom(words) ?? otherwiseStreet(text, first.start));
  const judged = street === undefined ? undefined : judge(text, start, street, context);
  return judged ?? plainLine(text, start, words, context);
};

const otherwiseStreet = (text: string, at: number): Street | undefined => {
  const letteredEnd = matchEnd(lettered, text, at);
  if (letteredEnd > 0) return { end: letteredEnd, score: 0.7, rule: 'street-lettered' };
  const end = matchEnd(directional, text, at);
  return end < 0 ? undefined : { end, score: 0.65, rule: 'street-directional' };
};

/** `44 916 rue Garneau`: what stands before the house number is a number of its own. */
const secondNumber = (words: readonly Word[]): Street | undefined => {
  if (!/^\d{1,5}[a-z]?$/.test(words[0]?.lower ?? '')) return undefined;
  const street = streetFrom(words.slice(1));
  return street === undefined ? undefined : { ...street, score: Math.min(0.9, street.score + 0.1) };
};

const judge = (text: string, start: number, street: Street, context: boolean): Detection | undefined => {
  const tail = tailFrom(text, street.end, start);
  const total = score(street.score, tail, context);
  return total < threshold ? undefined : { start, end: Math.max(tail.end, street.end), score: total, rule: street.rule };
};

/** A number and a name without any street's type: only with a unit or postcode behind, or words before that ask for an address. */
const plainLine = (text: string, start: number, words: readonly Word[], context: boolean): Detection | undefined => {
  let names = 0;
  let end = -1;
  for (const word of words.slice(0, maxStreetWords)) {
    const isNumber = /^\d/.test(word.text);
    if (isNumber && names === 0 && word !== words[0]) break;
    if (/^(?:apt|apartment|suite|ste|unit|room|floor)$/.test(word.lower)) break;
    if (!isNumber) {
      if (stopWords.has(word.lower) && !(isCapital(word.text) && names > 0)) break;
      names += 1;
    }
    end = word.end;
    if (isNumber && names > 0) break;
  }
  if (names === 0 || end < 0) return undefined;
  const line = words.filter((word) => word.end <= end);
  const capitals = line.filter((word) => isCapital(word.text)).length;
  const endsInNumber = /^\d/.test(line.at(-1)?.text ?? '');
  const tail = tailFrom(text, end, start, false);
  const strong = tail.unit || (tail.postcode && (tail.region || endsInNumber));
  if (!strong && !(context && capitals > 0 && (endsInNumber || tail.postcode || tail.region || /^\d/.test(line[0]?.text ?? ''))))
    return undefined;
  if (strong && capitals === 0 && !context && !(tail.postcode || endsInNumber)) return undefined;
  return { start, end: Math.max(tail.end, end), score: strong ? 0.75 : 0.65, rule: 'line' };
};

const pushUnlessInside = (found: Detection[], next: Detection): void => {
  const last = found.at(-1);
  if (last === undefined || next.start >= last.end) found.push(next);
};

/** Each line that a number begins. */
const numbered = (text: string): Detection[] => {
  const found: Detection[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (!isDigit(text.charCodeAt(at))) continue;
    const previous = text[at - 1];
    const detection = previous !== undefined && partOfMore.test(previous) ? undefined : lineAt(text, at);
    if (detection !== undefined) {
      pushUnlessInside(found, detection);
      at = detection.end;
    } else while (at + 1 < text.length && isWordUnit(text.charCodeAt(at + 1))) at += 1;
  }
  return found;
};

/** Boxes, military mail, corners, and postcodes that words announce. */
const announced = (text: string): Detection[] => {
  const found: Detection[] = [];
  for (const match of text.matchAll(boxStart)) {
    const window = text.slice(match.index, match.index + windowUnits);
    const end = matchEnd(boxLine, window, 0);
    if (end < 0) continue;
    const tail = tailFrom(window, end, 0);
    pushUnlessInside(found, { start: match.index, end: match.index + Math.max(end, tail.end), score: 0.9, rule: 'box' });
  }
  for (const match of text.matchAll(militaryStart)) {
    const end = matchEnd(military, text, match.index);
    if (end > 0) found.push({ start: match.index, end, score: 0.95, rule: 'military' });
  }
  for (const match of text.matchAll(zipStart)) {
    const window = text.slice(match.index, match.index + 48);
    const value = /(?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)(?![\p{L}\d])/u.exec(window);
    if (value === null || !zipWords.test(window.slice(0, value.index))) continue;
    found.push({ start: match.index + value.index, end: match.index + value.index + value[0].length, score: 0.8, rule: 'postcode' });
  }
  for (const match of text.matchAll(corner))
    found.push({ start: match.index, end: match.index + match[0].length, score: 0.65, rule: 'corner' });
  return found;
};

const cityStateZip = /\p{Lu}[\p{L}.'-]{1,24}(?: \p{Lu}[\p{L}.'-]{1,24}){0,3},? (?:[A-Z]{2}) (\d{5}(?:-\d{4})?)(?![\p{L}\d-])/gu;

const places = (text: string): Detection[] => {
  const found: Detection[] = [];
  for (const match of text.matchAll(cityStateZip)) {
    const code = /([A-Z]{2}) \d{5}/.exec(match[0])?.[1]?.toLowerCase() ?? '';
    if (usStates.has(code)) found.push({ start: match.index, end: match.index + match[0].length, score: 0.7, rule: 'city-state-zip' });
  }
  return found;
};

export const address: Detector = (text) => {
  const all = [...numbered(text), ...announced(text), ...places(text)].sort((a, b) => a.start - b.start || b.end - a.end);
  const found: Detection[] = [];
  for (const next of all) pushUnlessInside(found, next);
  return found;
};
