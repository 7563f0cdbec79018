"""Invented parties by seed: a denied-party list, names altered as the world alters them, and others.

Nobody here is anybody. `listed` makes a list in the columns of the Consolidated Screening List,
`altered` asks for its parties under other spellings, `clean` are parties that are on no list but
are made of the same syllables, which is what makes them hard.
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass

COLUMNS = ["_id", "source", "entity_number", "type", "programs", "name", "title", "addresses", "federal_register_notice", "start_date", "end_date", "standard_order", "license_requirement", "license_policy", "call_sign", "vessel_type", "gross_tonnage", "gross_registered_tonnage", "vessel_flag", "vessel_owner", "remarks", "source_list_url", "alt_names", "citizenships", "dates_of_birth", "nationalities", "places_of_birth", "source_information_url", "ids"]
SDN = "Specially Designated Nationals (SDN) - Treasury Department"
EL = "Entity List (EL) - Bureau of Industry and Security"
UVL = "Unverified List (UVL) - Bureau of Industry and Security"

GIVEN_RU = ["Viktor", "Sergey", "Dmitriy", "Aleksandr", "Yevgeniy", "Mikhail", "Nikolay", "Andrey", "Oleg", "Yuriy", "Vladislav", "Gennadiy", "Konstantin", "Roman", "Timofey", "Arkadiy", "Lyudmila", "Natalya", "Svetlana", "Yekaterina"]
GIVEN_AR = ["Mohammed", "Ahmed", "Khalid", "Abdul-Rahman", "Hussein", "Yousef", "Omar", "Mustafa", "Ibrahim", "Jamal", "Tariq", "Walid", "Hamza", "Faisal", "Salim", "Abdullah", "Mahmoud", "Karim", "Nasser", "Zaynab"]
GIVEN_ES = ["Joaquin", "Hernan", "Rodrigo", "Ismael", "Ezequiel", "Leopoldo", "Guadalupe", "Marisol", "Baltazar", "Fermin", "Evaristo", "Gilberto"]
GIVEN_CN = ["Wei", "Jianguo", "Xiaoming", "Zhiqiang", "Haiyan", "Guoliang", "Minghua", "Yongjun", "Shuqin", "Lihua", "Dongmei", "Baoshan"]
STEM_RU = ["Bras", "Kholm", "Vost", "Zhur", "Petr", "Mor", "Tver", "Kras", "Sibir", "Ural", "Galitsk", "Shchuk", "Yarov", "Khabar", "Lub", "Zav", "Grom", "Orl", "Sokol", "Chern", "Bel", "Tikh", "Volk", "Medv", "Ryab", "Stroy", "Zel", "Kuz", "Gor", "Dubr"]
END_RU = ["nov", "ovskiy", "enko", "in", "akov", "ovich", "eyev", "itsyn", "ukhin", "ashvili", "anov", "ulin", "etskiy"]
STEM_AR = ["Hadd", "Qasim", "Rash", "Tamim", "Najj", "Khatt", "Bakr", "Shamm", "Zubayd", "Farhan", "Jabbar", "Sabbagh", "Ghanim", "Mans", "Dull", "Harith", "Tikrit", "Basr", "Karb", "Dawl"]
END_AR = ["ad", "i", "awi", "an", "ari", "ani", "id", "our", "iya", "ouri"]
SYLLABLES_CN = ["xin", "yuan", "hua", "zhong", "hong", "tai", "bo", "rui", "feng", "hai", "long", "jin", "sheng", "da", "tong", "ke", "ming", "guang", "jia", "yi", "chang", "kang", "fu", "lian", "shun", "bao", "qiang", "wei", "zhi", "lan", "xiang", "ying", "peng", "cheng", "dong", "kun", "jun", "hao", "xing", "heng", "quan", "ling"]
SYLLABLES = ["ba", "bel", "bor", "cal", "cor", "dan", "del", "dor", "el", "far", "fen", "gal", "gar", "hal", "har", "ib", "il", "kal", "kar", "lan", "lor", "mar", "mel", "mir", "nor", "om", "or", "pal", "per", "quin", "ral", "ren", "rom", "sal", "sel", "sol", "tam", "tar", "tel", "tor", "ul", "val", "var", "ven", "vor", "zan", "zel", "zor"]
TRADE = ["Trading", "Shipping", "Petrochemical", "Electronics", "Precision Machinery", "Logistics", "Aerospace Components", "Import Export", "Marine Services", "Technology", "Industries", "Oil", "Minerals", "Construction", "Engineering", "Exchange", "Aviation", "Chemical", "Optics", "Semiconductor", "Financial Services", "Steel"]
FORMS = ["Ltd", "LLC", "FZE", "JSC", "OOO", "GmbH", "Co Ltd", "SA", "PJSC", "Inc", "SARL", "Group", "Holding", "Company", "Corporation"]
LANDS = ["RU", "IR", "SY", "CN", "KP", "AE", "BY", "VE", "CU", "LB", "IQ", "TR", "HK", "MM", "SD", "YE"]

CYRILLIC = {
    "shch": "щ", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "yu": "ю", "ya": "я", "ye": "е", "iy": "ий",
    "ey": "ей", "ay": "ай", "oy": "ой", "a": "а", "b": "б", "v": "в", "g": "г", "d": "д", "e": "е", "z": "з", "i": "и",
    "y": "ы", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "r": "р", "s": "с", "t": "т", "u": "у",
    "f": "ф",
}  # fmt: skip


@dataclass(frozen=True)
class Party:
    """One invented party."""

    number: str
    kind: str
    name: str
    style: str  #: ru, ar, es, cn, firm
    aliases: tuple[str, ...]
    land: str
    address: str


@dataclass(frozen=True)
class Asked:
    """A listed party under another spelling."""

    how: str
    asked: str
    number: str


def parties(count: int, *, seed: int = 8) -> list[Party]:
    """The list, in a fixed order."""
    dice = random.Random(seed)
    made: dict[str, Party] = {}
    while len(made) < count:
        one = _party(dice, len(made))
        made.setdefault(one.name.casefold(), one)
    return list(made.values())


def listed(count: int, *, seed: int = 8) -> str:
    """The list as CSV."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    table.writeheader()
    for one in parties(count, seed=seed):
        table.writerow(
            dict.fromkeys(COLUMNS, "")
            | {
                "_id": one.number,
                "source": (SDN, EL, UVL)[int(one.number) % 3],
                "entity_number": one.number,
                "type": one.kind,
                "programs": "MADE-UP",
                "name": one.name,
                "addresses": one.address,
                "alt_names": "; ".join(one.aliases),
                "start_date": "2026-01-01",
            }
        )
    return out.getvalue()


def clean(count: int, *, seed: int = 108) -> list[str]:
    """Parties on no list, made of the same syllables."""
    dice = random.Random(seed)
    names: dict[str, None] = {}
    while len(names) < count:
        one = _party(dice, 0)
        if one.kind == "Entity" or (one.kind == "Individual" and dice.random() < 0.25):
            names[one.name] = None
    return list(names)


def altered(known: list[Party], *, seed: int = 208, each: int = 22) -> list[Asked]:
    """Listed parties as they stand on papers: so many by each rule."""
    dice = random.Random(seed)
    made: list[Asked] = []
    for how, (rule, fits) in _RULES.items():
        fitting = [one for one in known if one.kind != "Vessel" and fits(one)]
        for one in dice.sample(fitting, min(len(fitting), 4 * each)):
            asked = rule(dice, one)
            if asked.casefold() != one.name.casefold():
                made.append(Asked(how, asked, one.number))
            if sum(1 for other in made if other.how == how) == each:
                break
    return made


def _party(dice: random.Random, number: int) -> Party:
    style = dice.choices(("ru", "ar", "es", "cn", "firm", "ship"), (20, 20, 8, 8, 38, 6))[0]
    land = dice.choice(LANDS)
    address = f"{dice.randint(1, 400)} {_word(dice)} Street, {_word(dice)}, {land}"
    kind = {"firm": "Entity", "ship": "Vessel"}.get(style, "Individual")
    name, aliases = _named(dice, style)
    return Party(str(10_000 + number), kind, name, style, aliases, land, address)


def _named(dice: random.Random, style: str) -> tuple[str, tuple[str, ...]]:
    if style == "ru":
        given, middle = dice.choice(GIVEN_RU), dice.choice(GIVEN_RU[:16]).rstrip("iy") + "ovich"
        last = (dice.choice(STEM_RU) + _between(dice) + dice.choice(END_RU)).capitalize()
        return f"{last.upper()}, {given} {middle}", (f"{given} {last}",)
    if style == "ar":
        given, second = dice.sample(GIVEN_AR, 2)
        last = "Al-" + (dice.choice(STEM_AR) + _between(dice) + dice.choice(END_AR)).capitalize()
        return f"{last.upper()}, {given} {second}", (f"Abu {dice.choice(STEM_AR)}{_between(dice)}{dice.choice(END_AR)} {second}",)
    if style == "es":
        one, two = (_word(dice) + dice.choice(("ez", "ano", "era", "osa")) for _ in range(2))
        return f"{one.upper()} {two.upper()}, {dice.choice(GIVEN_ES)}", ()
    if style == "cn":
        given = "".join(dice.sample(SYLLABLES_CN, 2)).capitalize()
        return f"{dice.choice(SYLLABLES_CN).upper()}, {given}", ()
    if style == "ship":
        return f"{_word(dice).upper()} {dice.choice(('STAR', 'PEARL', 'WIND', 'HOPE', 'STREAM'))}", ()
    stem = _firm_stem(dice)
    trade, form = dice.choice(TRADE), dice.choice(FORMS)
    other = _firm_stem(dice)
    return f"{stem} {trade} {form}", (f"{other} {dice.choice(TRADE)}",) if dice.random() < 0.5 else ()


def _firm_stem(dice: random.Random) -> str:
    pick = dice.random()
    if pick < 0.3:
        return "".join(dice.sample(SYLLABLES_CN, 2)).capitalize() + " " + "".join(dice.sample(SYLLABLES_CN, 2)).capitalize()
    if pick < 0.6:
        return dice.choice(STEM_RU) + _between(dice) + dice.choice(("tekh", "eksport", "prom", "mash", "stroy", "avia", "energo")) + dice.choice(("", " " + _word(dice)))
    if pick < 0.8:
        return "Al " + dice.choice(STEM_AR) + _between(dice) + dice.choice(END_AR) + " " + _word(dice)
    return _word(dice) + " " + _word(dice)


def _between(dice: random.Random) -> str:
    """A syllable or two, so that there are as many families as in the world."""
    return "".join(dice.choice(SYLLABLES) for _ in range(dice.choice((0, 1, 1, 2))))


def _word(dice: random.Random) -> str:
    return "".join(dice.choice(SYLLABLES) for _ in range(dice.choice((2, 3, 3)))).capitalize()


# -- how names are altered ----------------------------------------------------------------------


def _cyrillic(_dice: random.Random, one: Party) -> str:
    text = one.name.casefold()
    for latin, letter in CYRILLIC.items():
        text = text.replace(latin, letter)
    return text.title()


def _other_latin(dice: random.Random, one: Party) -> str:
    rules = [("iy", "y"), ("iy", "ij"), ("kh", "h"), ("kh", "ch"), ("zh", "j"), ("shch", "sch"), ("ye", "e"), ("yu", "iu"), ("ov", "off"), ("v", "w"), ("ts", "tz"), ("ey", "ei"), ("ks", "x")]
    text = one.name.casefold()
    fitting = [rule for rule in rules if rule[0] in text]
    for was, is_now in dice.sample(fitting, min(2, len(fitting))):
        text = text.replace(was, is_now)
    return text.title()


def _arabic_latin(dice: random.Random, one: Party) -> str:
    rules = [("mohammed", "muhammad"), ("mohammed", "mohamed"), ("yousef", "yusuf"), ("hussein", "husayn"), ("khalid", "khaled"), ("abdul-rahman", "abd al rahman"), ("al-", "el "), ("al-", ""), ("q", "k"), ("kh", "h"), ("ou", "u"), ("aw", "au"), ("omar", "umar"), ("tariq", "tarek"), ("faisal", "faysal"), ("jamal", "gamal"), ("walid", "waleed"), ("salim", "saleem"), ("karim", "kareem"), ("mahmoud", "mahmud"), ("mustafa", "mostafa"), ("ss", "s"), ("mm", "m"), ("dd", "d")]
    text = one.name.casefold()
    fitting = [rule for rule in rules if rule[0] in text]
    for was, is_now in dice.sample(fitting, min(2, len(fitting))):
        text = text.replace(was, is_now)
    return text.title()


def _order(_dice: random.Random, one: Party) -> str:
    last, _, rest = one.name.partition(", ")
    return f"{rest} {last.title()}" if rest else " ".join(reversed(one.name.split()))


def _shorter(_dice: random.Random, one: Party) -> str:
    last, _, rest = one.name.partition(", ")
    return f"{rest.split()[0]} {last.title()}"


def _initial(_dice: random.Random, one: Party) -> str:
    last, _, rest = one.name.partition(", ")
    given, *more = rest.split()
    return f"{given} {' '.join(word[0] + '.' for word in more)} {last.title()}"


def _typo(dice: random.Random, one: Party) -> str:
    words = one.name.split()
    at = max(range(len(words)), key=lambda i: len(words[i]))
    words[at] = _slip(dice, words[at])
    return " ".join(words)


def _two_typos(dice: random.Random, one: Party) -> str:
    words = one.name.split()
    long = [i for i, word in enumerate(words) if len(word) >= 6]
    for at in dice.sample(long, min(2, len(long))):
        words[at] = _slip(dice, words[at])
    return " ".join(words)


def _slip(dice: random.Random, word: str) -> str:
    at = dice.randint(1, len(word) - 2)
    match dice.randint(0, 3):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 2:
            return word[:at] + dice.choice("aeioulnrst") + word[at:]
        case _:
            return word[:at] + dice.choice("aeioulnrst") + word[at + 1 :]


def _form(dice: random.Random, one: Party) -> str:
    words = [word for word in one.name.split() if word not in set(" ".join(FORMS).split())]
    return " ".join(words) + " " + dice.choice(("Limited", "L.L.C.", "S.A.", "Joint Stock Company", "Gmbh & Co. KG", ""))


def _parted(_dice: random.Random, one: Party) -> str:
    words = one.name.split()
    at = max(range(len(words)), key=lambda i: len(words[i]))
    cut = len(words[at]) // 2
    return " ".join([*words[:at], words[at][:cut], words[at][cut:], *words[at + 1 :]])


def _together(_dice: random.Random, one: Party) -> str:
    first, second, *rest = one.name.split()
    return " ".join([first + second.lower(), *rest])


def _more(dice: random.Random, one: Party) -> str:
    return f"{one.name} {dice.choice(('Middle East', 'Hamburg Branch', 'International Division', 'Purchasing Department'))}"


def _alias(dice: random.Random, one: Party) -> str:
    return _slip_long(dice, dice.choice(one.aliases))


def _slip_long(dice: random.Random, text: str) -> str:
    words = text.split()
    at = max(range(len(words)), key=lambda i: len(words[i]))
    words[at] = _slip(dice, words[at])
    return " ".join(words)


_RULES = {
    "in Cyrillic": (_cyrillic, lambda one: one.style == "ru"),
    "another transliteration from Russian": (_other_latin, lambda one: one.style == "ru"),
    "another transliteration from Arabic": (_arabic_latin, lambda one: one.style == "ar"),
    "word order": (_order, lambda one: one.kind == "Individual"),
    "without the middle name": (_shorter, lambda one: one.style == "ru"),
    "the middle name as an initial": (_initial, lambda one: one.style == "ru"),
    "one typing error": (_typo, lambda one: len(one.name) > 0),
    "two typing errors": (_two_typos, lambda one: len(one.name) > 18),
    "another legal form": (_form, lambda one: one.kind == "Entity"),
    "a word parted": (_parted, lambda one: one.kind == "Entity" and max(map(len, one.name.split())) >= 8),
    "words written together": (_together, lambda one: one.kind == "Entity" and not one.name.startswith("Al ")),
    "words added": (_more, lambda one: one.kind == "Entity" and len(one.name.split()) >= 4),
    "an alias with an error": (_alias, lambda one: bool(one.aliases) and one.style in ("ru", "firm")),
}
