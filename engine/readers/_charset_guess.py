"""Guesses the encoding of old text that does not name it, by what its letters would be."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

PAIRED = ("gb18030", "cp932", "big5hkscs", "cp949", "euc_jp", "johab")
"""Encodings that write one character as two bytes."""

# Languages by the letters beyond ASCII, the frequent ones first, with the encodings that were in use for them.
_LATIN = "cp1252 cp850 mac_roman cp437"
_CENTRAL = "cp1250 iso8859_2 cp852 mac_latin2"
_CYRILLIC = "cp1251 koi8_u cp866 iso8859_5 mac_cyrillic"
_LANGUAGES = (
    (_LATIN, "äüößéà"),
    (_LATIN, "éàèêçùôâîûëïœæ"),
    (_LATIN, "óáéíñúü¿¡ªº"),
    (_LATIN, "ãçáéíóêâõúàôü"),
    (_LATIN, "äöåéøæ"),
    (_LATIN, "èàùòéì"),
    ("cp1252", "áíéóðþúýæö"),
    (_CENTRAL, "óąłżęśćńź"),
    (_CENTRAL, "áíéěřčžšýůúťňďó"),
    (_CENTRAL, "áéöőóíüúű"),
    (_CENTRAL, "ăţşîâ"),
    (_CENTRAL, "čšžćđ"),
    (_CENTRAL, "áéíčšžýúľťôňäďĺŕó"),
    (_CYRILLIC, "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё№"),
    (_CYRILLIC, "оанивіетрслкудмпязьгбчхйжшєїцюфщґ"),
    (_CYRILLIC, "аиоентрсвлкдпмузъгяйбчщшжцхюф"),
    ("cp1253 iso8859_7 cp737", "αοιετσνηυρπκμλςάίόωέγδθχύήφώβξζψϊϋ"),
    ("cp1254 cp857", "ıüşğçöâîûİ"),
    ("cp1255 cp862", "יוהלאתרבשמםנכקעדפחגטןצזסךףץ"),
    ("cp1256 iso8859_6 cp864", "اليمنوترهبدعسفكحقةأجصشضزخطذىءغئظثإآؤ،"),
    ("cp1257 iso8859_13", "āīēšūņžļčķģ"),
    ("cp1257 iso8859_13", "ėšįųąūžčę"),
    ("cp1257 iso8859_13", "äõüöšž"),
    ("cp1258", "đêôươăâáàéèíóú\u0300\u0301\u0303\u0309\u0323"),
    ("cp874", "านรอกเงมยลวดทสตะปบคหแขจพชใไผโซธณษศัิีึืฺุู่้๊๋็์"),
)
_TYPED = frozenset("«»„“”‚‘’–—…€£§°·•©®™\xa0´½¼²³×")
_TYPED = frozenset("«»„“”‚‘’–—…€£§°·•©®™\xa0´½¼²³×")
_LATINS = frozenset(f"{_LATIN} {_CENTRAL} cp1254 cp857 cp1257 iso8859_13 cp1258".split())
_USUAL = "cp1252"
_ADVANTAGE = 0.5
_SURE = 0.72
# The commonest characters of Chinese, simplified and traditional, and the commonest syllables of Korean.
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家事成方多"
    "经去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日者意无力它与长把机十民第公此已工使情明性知全"
    "三又关点正外将两高间由问很最重文体见被利二等产新合信表给世位次门先请谢您款号单报告合同书"
    "這個們來為國說時會對過發後裡經學現當沒動還進樣開從實無與長機關點將兩間問體見產給門請謝號單報書"
    "이다는의에을를가고하지한도로기사인시어서나대리자라과만정부일들전으해요니습"
)
_COMMON_ENOUGH = 0.6

_SAMPLE = 64_000
_MOST_RUNS = 4000
_ASCII = bytes(range(128))
_SYLLABLES = re.compile("[\u3041-\u30fe]")
_RUN = re.compile(rb"([A-Za-z]?)([\x80-\xff]+)(?=([A-Za-z]?))")
_WIDER = {"big5": "cp950", "euc_jis_2004": "euc_jis_2004", "euc_kr": "cp949", "gb2312": "gb18030", "shift_jis": "cp932"}


class _Weights(NamedTuple):
    """How well each byte from 128 on fits a language: as a rule, after a small letter, and standing alone."""

    charset: str
    usual: tuple[float, ...]
    within: tuple[float, ...]
    alone: tuple[float, ...]


def guess(data: bytes) -> str:
    """The encoding whose letters fit best; Western Europe's where there is too little to judge by."""
    sample = data[:_SAMPLE]
    high = len(sample.translate(None, _ASCII))
    if not high:
        return _USUAL
    places, foreign = _places(sample)
    best, _, name = max(
        (_fit(weights, places) - _misfit(weights.charset, foreign), -number, weights.charset)
        for number, weights in enumerate(_weights())
    )
    paired = high * 3 > len(sample) and any(_begun(sample, charset) for charset in PAIRED)
    if paired and (found := _japanese(sample) or (_paired(sample) if best < _SURE else "")):
        return found
    if best < _SURE and high > 40 and (found := _library_guess(sample)):
        return found
    return name if best > 0 else _USUAL


def _places(sample: bytes) -> tuple[Counter[tuple[int, int]], float]:
    """How often each byte stands where (usual, within, alone), and the share of them that touch plain letters."""
    places: Counter[tuple[int, int]] = Counter()
    touching = 0
    for number, run in enumerate(_RUN.finditer(sample)):
        before, letters, after = run.groups()
        touches = bool(before or after)
        touching += touches * len(letters)
        places[letters[0] - 128, 1 if before.islower() else 0 if touches or len(letters) > 1 else 2] += 1
        places.update((letter - 128, 0) for letter in letters[1:])
        if number > _MOST_RUNS:
            break
    alone = sum(count for (_, where), count in places.items() if where == 2)
    return places, (touching + alone) / places.total()


def _fit(weights: _Weights, places: Counter[tuple[int, int]]) -> float:
    """How well the bytes fit together; where they are few, the usual encoding has an advantage."""
    advantage = _ADVANTAGE if weights.charset == _USUAL else 0.0
    tables = (weights.usual, weights.within, weights.alone)
    return (sum(count * tables[where][byte] for (byte, where), count in places.items()) + advantage) / places.total()


def _misfit(charset: str, foreign: float) -> float:
    """Accents stand beside plain letters; those of other scripts stand among themselves."""
    return max(0.0, 0.4 - foreign) if charset in _LATINS else foreign


def _begun(sample: bytes, charset: str) -> str:
    """The text, if the bytes follow the rules of that encoding up to a character that is cut; else ""."""
    try:
        return codecs.getincrementaldecoder(charset)().decode(sample)
    except ValueError:
        return ""


def _paired(sample: bytes) -> str:
    """Which of the encodings with two bytes a character spells the commonest ones, or ""."""
    share, _, charset = max(
        (_commonness(_begun(sample, charset)), -number, charset) for number, charset in enumerate(PAIRED)
    )
    return charset if share > _COMMON_ENOUGH else ""


def _commonness(text: str) -> float:
    signs = [char for char in text if char > "\x7f"]
    return sum(map(_common, signs)) / len(signs) if signs else 0.0


def _common(sign: str) -> float:
    if sign in _COMMON:
        return 1.5
    if "\u3000" <= sign <= "\u30ff" or "\uff01" <= sign <= "\uff5e":
        return 1.1
    return 0.8 if "\uac00" <= sign <= "\ud7a3" else 0.5 if "\u4e00" <= sign <= "\u9fff" else -1.0


def _japanese(sample: bytes) -> str:
    """Japanese betrays itself by its syllables, also in a few words."""
    for charset in ("cp932", "euc_jp"):
        text = sample.decode(charset, "replace")
        strange = sum(char > "\x7f" for char in text)
        if len(_SYLLABLES.findall(text)) * 3 > strange and "\ufffd" not in text[:-1]:
            return charset
    return ""


def _library_guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return _WIDER.get(best.encoding, best.encoding) if best else ""


@lru_cache(1)
def _weights() -> tuple[_Weights, ...]:
    found = []
    for charsets, letters in _LANGUAGES:
        for charset in charsets.split():
            chars = [bytes([byte]).decode(charset, "replace") for byte in range(128, 256)]
            usual = tuple(_weight(char, letters) for char in chars)
            within = tuple(-0.8 if char.isupper() else weight for char, weight in zip(chars, usual, strict=True))
            alone = tuple(
                1.0 if char in _TYPED else weight * 0.3 if weight > 0 else weight
                for char, weight in zip(chars, usual, strict=True)
            )
            found.append(_Weights(charset, usual, within, alone))
    return tuple(found)


def _weight(char: str, letters: str) -> float:
    rank = letters.find(char if char in letters else char.lower())
    if rank >= 0:
        return 1.2 - 0.9 * rank / max(len(letters), 12)
    if char in _TYPED:
        return 0.4
    if char.isalpha():
        return -0.6
    return -2.0 if char.isprintable() else -3.0
