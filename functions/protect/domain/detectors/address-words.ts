// Words that addresses are made of: street types of several languages, units, US states, countries, and words that no street is named after.

/** US street types (USPS Publication 28, appendix C1, the common ones) and their English relatives elsewhere. */
const fullTypes =
  'alley avenue boulevard bypass causeway circle close common corner court cove crescent crossing drive esplanade expressway freeway gardens gateway glen green grove heights highway hollow isle junction landing lane loop manor meadows mews parade park parkway pass path pike place plaza point ridge road row run square station street terrace trace track trail turnpike valley view village vista walk way wharf';
/** Short forms: never words of their own in running text, `st`, `dr`, `pl` and `ct` aside. */
const shortTypes =
  'aly ave av blvd blv bvd byp cir cl cmn cres crk cswy ct ctr cv dr drv expy expwy fwy gdns grv hts hwy hway jct ldg ln lndg mdws pkwy pky pkwy pl plz pt rd rdg rte sq st str ter terr tpke tr trl trce vw wy xing';

export const streetTypes: ReadonlySet<string> = new Set([...fullTypes.split(' '), ...shortTypes.split(' ')]);
export const shortStreetTypes: ReadonlySet<string> = new Set(shortTypes.split(' '));

/** Endings of one-word street names (`Hauptstraße`, `Kerkstraat`, `Storgatan`, `Mannerheimintie`). */
export const compoundStreet =
  /(?:stra(?:ss|ß)e|str|gasse|allee|platz|weg|ufer|ring|damm|steig|straat|laan|plein|gracht|kade|dijk|singel|dreef|pad|hof|steenweg|vej|vang|gade|gata|gaten|gate|veien|vegen|v[aä]gen|gatan|stigen|stien|bakken|gr[aä]nd|torget|tie|katu|kuja|polku|tori|vegur|gata|braut|st[ií]gur|utca|[uú]tja|k[oö]rút|ulica|ulice|nám[eě]st[ií])$/iu;

/** Words that stand before a street's name. */
const leadingTypes =
  'rue|avenue|av|avda|avenida|boulevard|bd|chemin|ch|quai|allée|allee|all[ée]e|place|pl|impasse|cours|passage|route|via|viale|vicolo|corso|piazza|piazzale|largo|strada|contrada|calle|c/|cl|carrera|cra|camino|paseo|plaza|plza|ronda|travesía|travesia|carretera|ctra|calzada|rua|r|travessa|praça|praca|estrada|alameda|rodovia|ul|ulica|al|aleja|plac|os|jalan|jl|str|strada|bulevardul|trg|cesta|ulice|nám|náměstí|prospekt|ulitsa|улица|ул|проспект|calea|şoseaua|lorong|rruga|oude|de|het';
export const leadingStreet = new RegExp(`^(?:${leadingTypes.split('|').slice(0, -3).join('|')})$`, 'iu');
/** Of these, words that mean nothing else in English text. */
export const strongLeadingStreet =
  /^(?:rue|avenida|avda|boulevard|chemin|quai|impasse|viale|vicolo|corso|piazza|piazzale|strada|contrada|calle|carrera|camino|paseo|carretera|ctra|calzada|rua|travessa|praça|estrada|alameda|rodovia|ulica|aleja|plac|jalan|bulevardul|trg|cesta|ulice|náměstí|prospekt|ulitsa|улица|ул|проспект|calea|şoseaua|via|ul)$/iu;

export const directions: ReadonlySet<string> = new Set(
  'n s e w ne nw se sw north south east west northeast northwest southeast southwest'.split(' '),
);

const stateCodes =
  'al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy pr vi gu as mp aa ae ap';
export const usStates: ReadonlySet<string> = new Set(stateCodes.split(' '));
const stateNames =
  'alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|texas|utah|vermont|virginia|washington|west virginia|wisconsin|wyoming|puerto rico|district of columbia';
export const stateName = new RegExp(`^(?:${stateNames})\\b`, 'i');

/** Words that no street name has between its number and its type: running text does. */
export const stopWords: ReadonlySet<string> = new Set(
  (
    'a an the of on in at to for from with and or but if then than as is are was were be been being has have had do does did will would can could may might should shall must ' +
    'that this these those it its he she they we you i his her their our your my me him them us who which what when where how why not no ' +
    'per each every all some any many more most much few less least other another same such only own so too very just about above across after before between by down up into off out over through under until while against during without within along around near ' +
    'times time day days week weeks month months year years hour hours minute minutes second seconds am pm mile miles km kilometers kilometer meter meters feet foot ft inch inches yard yards acre acres pound pounds lb lbs kg grams gram ounces oz liters gallons cups dollars dollar cents percent degrees people men women boys girls children kids students players members persons cars trucks houses homes trees dogs cats apples books boxes bags cards pieces points tickets pages different new old same total equal extra additional remaining first last next blocks block lanes lines rows types kinds ways steps parts sets sides lots units rooms floors stories'
  ).split(' '),
);

export const countries =
  /^(?:United States(?: of America)?|U\.?S\.?A\.?|United Kingdom|U\.?K\.?|England|Scotland|Wales|Ireland|Canada|Mexico|Australia|New Zealand|Germany|Deutschland|France|Spain|España|Italy|Italia|Portugal|Netherlands|The Netherlands|Nederland|Belgium|Switzerland|Schweiz|Austria|Österreich|Denmark|Danmark|Sweden|Sverige|Norway|Norge|Finland|Suomi|Iceland|Poland|Polska|Czech Republic|Czechia|Slovakia|Slovenia|Croatia|Hungary|Romania|Bulgaria|Greece|Turkey|Cyprus|Malta|Estonia|Latvia|Lithuania|Luxembourg|India|China|Japan|South Korea|Korea|Singapore|Malaysia|Indonesia|Thailand|Philippines|Vietnam|Brazil|Brasil|Argentina|Chile|Colombia|Peru|Uruguay|South Africa|Nigeria|Kenya|Egypt|Israel|Morocco|Tunisia)\b/iu;

/** Words that say that an address follows. */
export const addressContext =
  /(?:\b(?:address(?:es)?(?: (?:is|to|as|for|are|the same))?|lives? (?:at|on|in)|living at|reside[sd]?(?: at| on)?|resident of|located (?:at|on)|location|moved to|move to|moving to|relocated to|deliver(?:ed|y)?(?: it)? to|ship(?:ped|ping)?(?: it)? to|mail(?:ed)?(?: it)? to|send(?:ing)?(?: \w+){0,3} to|sent to|return(?:ed)?(?: it)? to|arrived at|office (?:is )?at|offices at|visit us at|meet(?: \w+){0,2} at|come to|go to|drive to|taxi to|ride to|headquartered (?:at|in)|situated (?:at|on|in)|street|residence|home is|house is|based at|pick (?:me )?up (?:at|from)|adresse?|anschrift|wohnt|wohnhaft|dirección|domicilio|indirizzo|endereço|adres)\b|\b(?:bill|ship|deliver) ?to:)[^.!?]{0,32}$/iu;
