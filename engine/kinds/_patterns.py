"""Patterns for pages that anybody may have written."""

from __future__ import annotations

import re

SPACES = 30
"""Spaces in a row that a pattern looks across: an endless run of them would keep some patterns busy for hours."""


def bounded(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """The compiled pattern, in which no run of spaces is endless."""
    return re.compile(pattern.replace(r"\s+", rf"\s{{1,{SPACES}}}").replace(r"\s*", rf"\s{{0,{SPACES}}}"), flags)
