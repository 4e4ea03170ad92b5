"""Names a playbook's rules so that nobody takes a name for a part of the sentence around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.language import _

if TYPE_CHECKING:
    from engine.cards import Route

_BEFORE = "rule "
"""How a route names the rule that decided it; where a person did, it holds other words."""


def rule_name(check: str) -> str:
    """Such as “amount over”, for `amount_over`."""
    return _("“{name}”").format(name=check.replace("_", " "))


def deciding_rule(route: Route) -> str:
    """The rule that decided it, as the shelf calls it; "" = a person or a model did."""
    return route.rule.removeprefix(_BEFORE) if route.rule.startswith(_BEFORE) else ""
