"""Says in a person's language what the code says in English; one is chosen at start, before any text is made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

NAMES = {"en": "English", "de": "Deutsch"}
"""The languages that the window speaks, each as it calls itself."""
PSEUDO = "pseudo"
"""No language, and never shipped: English in brackets and a third longer, so that a test sees what nobody marked."""
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
_FOLDER = Path(__file__).parent.parent / "assets" / "languages"
_CAPITAL_NOUNS = frozenset({"de"})
_spoken: NullTranslations | None = None
"""None = English: then nothing is read, and nothing looked up."""
_code = "en"


def use(language: str) -> None:
    """Speak that language from now on; "" is English, and so is one that is not among NAMES."""
    global _spoken, _code  # noqa: PLW0603 - one process speaks one language
    _spoken, _code = None, language if language in {*NAMES, PSEUDO} else "en"
    if _code == PSEUDO:
        _spoken = _pseudo()
    elif _code != "en":
        import gettext

        _spoken = gettext.translation("baton", _FOLDER, [_code], fallback=True)


def code() -> str:
    """The language that is spoken."""
    return _code


def best(wanted: list[str]) -> str:
    """The first of these codes, such as `de-AT`, that is spoken here; "" if none is."""
    codes = (code.replace("_", "-").partition("-")[0].lower() for code in wanted)
    return next((code for code in codes if code in NAMES), "")


def _(text: str) -> str:
    """That text in the language that is spoken. What is between braces is filled in by whoever asks."""
    return text if _spoken is None or not text else _spoken.gettext(text)


def several(one: str, many: str, n: int, **values: object) -> str:
    """The text that is right for so many things, with `{n}` and the other names in it filled in."""
    text = (one if n == 1 else many) if _spoken is None else _spoken.ngettext(one, many, n)
    return text.format(n=n, **values)


def inside(name: str) -> str:
    """A name of ours, such as "Drafter", as it stands within a sentence."""
    return name if _code in _CAPITAL_NOUNS else name.lower()


def _pseudo() -> NullTranslations:
    from gettext import NullTranslations

    class Pseudo(NullTranslations):
        def gettext(self, message: str) -> str:
            return f"⟦{message}{'·' * (len(message) // 3)}⟧"

        def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
            return self.gettext(msgid1 if n == 1 else msgid2)

    return Pseudo()
