"""How names are found: by the name, its pinyin, or the first letters of its pinyin."""

from dataclasses import dataclass

from pypinyin import lazy_pinyin

# Surnames that are read otherwise than the character usually is.
_SURNAMES = {
    "单": "shan", "仇": "qiu", "解": "xie", "曾": "zeng", "朴": "piao", "区": "ou", "查": "zha",
    "盖": "ge", "乐": "yue", "翟": "zhai", "逄": "pang", "缪": "miao", "种": "chong", "秘": "bi",
    "覃": "qin", "冼": "xian", "尹": "yin", "纪": "ji", "宓": "mi", "员": "yun", "折": "she",
    "召": "shao", "繁": "po", "令": "ling", "晟": "cheng", "洗": "xian", "燕": "yan", "万": "wan",
}  # fmt: skip
_DOUBLE_SURNAMES = {"尉迟": ["yu", "chi"], "万俟": ["mo", "qi"], "澹台": ["tan", "tai"]}
AFTER_EVERYTHING = "\U0010ffff"


@dataclass(frozen=True)
class Spelling:
    pinyin: str
    initials: str


def spell_person(name: str) -> Spelling:
    """The reading of a person's name, with the surname read as a surname."""
    if name[:2] in _DOUBLE_SURNAMES:
        return _joined(_DOUBLE_SURNAMES[name[:2]] + _syllables(name[2:]))
    if name[:1] in _SURNAMES:
        return _joined([_SURNAMES[name[0]], *_syllables(name[1:])])
    return _joined(_syllables(name))


def spell(name: str) -> Spelling:
    return _joined(_syllables(name))


def _syllables(text: str) -> list[str]:
    """Rare characters without a known reading stay as they are."""
    return [part for part in lazy_pinyin(text) if part.strip(" ·（）()-")]


def _joined(parts: list[str]) -> Spelling:
    return Spelling("".join(parts).lower(), "".join(part[0] for part in parts).lower())


def grams(name: str) -> list[str]:
    """Single characters and pairs: an index over them answers `contains` without a scan."""
    low = name.lower()
    return sorted(set(low) | _pairs(low))


def grams_of_query(text: str) -> list[str]:
    """What every name that contains the text must have."""
    low = text.lower()
    return sorted(_pairs(low)) or [low]


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def is_latin(text: str) -> bool:
    return text.isascii()


def like(text: str) -> str:
    """A pattern for `contains`, in which %, _ and \\ are only themselves."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
