"""Names of firms, people and ships made comparable: script, accents, case and legal form away.

Every script is written in Latin letters (Chinese by pinyin, Arabic by its consonants), so that a
name matches its transliteration; `skeleton` keeps the consonants by which transliterations of one
name agree. How alike two names are is for `likeness.py` to say.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import pycountry
from anyascii import anyascii

LONGEST = 400

_FORMS = frozenset(
    {
        *("inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "company"),
        *("plc", "gmbh", "ag", "sa", "srl", "spa", "bv", "nv", "jsc", "ooo", "oao", "zao", "pao"),
        *("fze", "fzco", "fzc", "pte", "pty", "kk", "oy", "ab", "as", "llp", "lp", "the", "sarl"),
        *("sas", "sdn", "bhd", "kg", "ltda", "cv", "kft", "doo", "ead", "ood", "gmbhco", "ojsc"),
        *("cjsc", "pjsc", "ao", "too", "tov", "sro", "spzoo", "aps", "asa", "oyj", "dwc", "dmcc"),
        *("wll", "saog", "saoc", "pjs", "psc", "lda", "eirl", "sac", "sapi", "sti", "tic", "pt"),
    }
)
_PHRASES = re.compile(
    r"\b(?:(?:joint|public|open|closed)(?: joint)? stock(?: company)?"
    r"|(?:private |public )?limited liability (?:company|partnership)|free zone (?:company|est\w*)"
    r"|private (?:joint stock|limited)|sociedad anonima|societe anonyme|sp z o ?o"
    r"|s de r ?l(?: de c ?v)?|(?:gu fen )?you xian (?:ze ren )?gong si|zhu shi hui she|gong si"
    r"|obshchestvo s ogranichenno\w+ otvetstvennost\w+|ob?shchestvo"
    r"|(?:otkrytoe |zakrytoe |publichnoe )?aktsionernoe obshchestvo|shrkh|sharikat|sherkat)\b"
)
_SHIP = re.compile(r"^\W*(?:m/?v|m/?t|s/?s|m/?s|motor vessel|vessel)\b[.:]?\s+", re.IGNORECASE)
_LETTERS = str.maketrans({"&": " and ", "\u0451": "\u0435", "\u044a": "", "\u044c": ""})
_APOSTROPHES = re.compile("['\u2019\u02bc\u02bb\u02bf`.]")
_SYLLABLES = re.compile("[\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_ARTICLE = re.compile(
    "\\b(?:\u0648\u0627\u0644|\u0628\u0627\u0644|\u0627\u0644|\u0644\u0644)(?=[\u0600-\u06ff]{3})"
)
_WORDS = re.compile(r"[^\W_]+")
_SERVANT = re.compile(r"\b(?:abd ?(?:[aeuo]l ?)?|abdou?l ?|bd )(?=\w{3})")
"""Abdullah, Abd Allah, Abd al-Rahman, Abdul Rahman: one word, one way."""

_SHORT = {
    "gen": "general",
    "intl": "international",
    "mfg": "manufacturing",
    "bros": "brothers",
    "tech": "technology",
    "technologies": "technology",
    "inds": "industries",
    "industry": "industries",
    "eng": "engineering",
    "elec": "electronics",
    "electronic": "electronics",
    "imp": "import",
    "exp": "export",
    "dept": "department",
    "univ": "university",
    "inst": "institute",
}
_PERSIAN = re.compile("[\u06cc\u06a9\u06af\u0686\u067e\u0698]")
_AS_PERSIANS_READ = str.maketrans(
    {"\u0636": "\u0632", "\u0638": "\u0632", "\u0630": "\u0632", "\u062b": "\u0633"}
    | {"\u0635": "\u0633", "\u0637": "\u062a"}
)
_UKRAINIAN = re.compile("[\u0456\u0457\u0454\u0491]")
_AS_UKRAINIANS_READ = str.maketrans({"\u0433": "h", "\u0438": "y"})

_PARTICLES = """
al el ul bin ibn bint abu bu um ben de del della di da dos du la le les los van von der den and
und et y i of for to na in a an ve wa
"""
PARTICLES = frozenset(_PARTICLES.split())
"""Words that names are written with and without."""

_GENERIC = """
trading trade trades import imports export exports eksport exporting importing international
intl general group groups holding holdings industry industries industrial enterprise enterprises
service services product products technology technologies tech electronics electronic electric
electrical machinery machine machines equipment shipping ship ships logistics logistic maritime
marine transport transportation freight forwarding cargo commercial commerce development
investment investments global world worldwide national state east eastern west western middle
north northern south southern central asia asian pacific europe european america american africa
african arab gulf solutions solution systems system engineering construction foundation
organization organisation association institute university bank research center centre factory
plant works partners partner ventures supply supplies new united first royal star golden gold
manufacturing manufacturers manufacture materials material metal metals steel textile textiles
garment garments plastic plastics chemical chemicals oil gas petroleum energy power water food
foods auto automotive parts components component medical pharma pharmaceutical science
scientific precision digital network networks communication communications telecom aviation
airlines air lines line sons brothers bros agency agencies office bureau department ministry
committee corporation mao yi jin chu kou ji shu ke dian zi shi ye cai liao gong shang retail
outdoor home house stores store shop bags furniture lighting tools hardware
"""
GENERIC = frozenset(_GENERIC.split())
"""Words of trade, and of the world, that tell no firm from another."""

_SOUNDS = (
    (re.compile("ch(?=[rl])"), "h"),
    (re.compile("schtsch|shch"), "s"),
    (re.compile("tsch|tch"), "C"),
    (re.compile("sch|sh|zh"), "s"),
    (re.compile("[iy][jy]$"), "i"),
    (re.compile("ch|cz"), "C"),
    (re.compile("kh"), "h"),
    (re.compile("gh|dj|dzh"), "g"),
    (re.compile("ph"), "f"),
    (re.compile("th"), "t"),
    (re.compile("dh"), "d"),
    (re.compile("ts|tz"), "s"),
    (re.compile("x"), "ks"),
    (re.compile("ck|q"), "k"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("c"), "k"),
    (re.compile("w|ff"), "v"),
    (re.compile("z"), "s"),
    (re.compile("(?<=.)[aeiouy]+|^[aeiou]+"), ""),
    (re.compile("(?<=.)h$"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)


@cache
def places() -> frozenset[str]:
    """Names of countries, as words: they are in many names."""
    named = (_WORDS.findall(anyascii(one.name).casefold()) for one in pycountry.countries)
    return frozenset(word for words in named for word in words if len(word) > 3)


def words(name: str) -> tuple[str, ...]:
    """The words of a name that tell it from others, in plain Latin letters, in their order."""
    plain = _latin(name[:LONGEST])
    # "S.A." and "O'Neil" are one word; other punctuation parts words.
    found = " ".join(_WORDS.findall(_APOSTROPHES.sub("", plain)))
    short = _PHRASES.sub(" ", found).split()
    kept = [word for word in short if word not in _FORMS] or found.split()
    # One sound, two spellings: "eksport" and "export".
    told = " ".join(_SHORT.get(word, word).replace("ks", "x") for word in kept)
    return tuple(_SERVANT.sub("abd", told).split())


def fold(name: str) -> str:
    """The same as one string: two spellings of one name fold alike."""
    return " ".join(words(name))


def ship(name: str) -> str:
    """A vessel's name without the letters before it."""
    return _SHIP.sub("", name.strip())


def is_firm(name: str) -> bool:
    """Whether the name carries a legal form or a word of trade."""
    found = _WORDS.findall(_APOSTROPHES.sub("", _latin(name[:LONGEST])))
    return any(word in _FORMS or word in GENERIC for word in found)


def without_vowels(name: str) -> bool:
    """Whether its script is written by consonants."""
    return _ARABIC.search(name) is not None


@lru_cache(maxsize=200_000)
def _sounds(word: str) -> str:
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def consonants(word: str) -> str:
    """The skeleton without what Arabic writes as a long vowel."""
    kept = skeleton(word)
    return kept[:1] + kept[1:].replace("v", "").replace("y", "")


def skeleton(word: str) -> str:
    """The consonants of a word by their sound: Mohammed, Muhamad and mhmd are one."""
    return _sounds(word)


def _latin(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).casefold().translate(_LETTERS)
    if text.isascii():
        return text
    if _PERSIAN.search(text):
        text = text.translate(_AS_PERSIANS_READ)
    if _UKRAINIAN.search(text):
        text = text.translate(_AS_UKRAINIANS_READ)
    text = _ARTICLE.sub("", text)
    text = _SYLLABLES.sub(lambda one: f" {anyascii(one[0])} ", text)
    decomposed = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in decomposed if not unicodedata.combining(c))
    return anyascii(text).casefold()
