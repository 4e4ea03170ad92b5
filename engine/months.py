"""The names of months in the languages that letters come in."""

from __future__ import annotations

_NAMES = """
january jan januar janvier enero gennaio januari janeiro
february feb februar février fevrier febrero febbraio februari fevereiro
march mar märz mars marzo maart março
april apr avril abril aprile
may mai mayo maggio mei maio
june jun juni juin junio giugno junho
july jul juli juillet julio luglio julho
august aug août aout agosto augustus
september sep sept septembre septiembre settembre setembro
october oct oktober okt octobre octubre ottobre outubro
november nov novembre noviembre novembro
december dec dezember dez décembre decembre diciembre dicembre dezembro
"""
MONTHS = {name: number for number, line in enumerate(_NAMES.strip().splitlines(), 1) for name in line.split()}
NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
"""As a pattern's alternatives, the longest first."""
