"""Names a playbook's rules so that nobody takes a name for a part of the sentence around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.language import _

if TYPE_CHECKING:
    from engine.cards import Route

_BEFORE = "rule "
"""How a route names the rule that decided it; where a person did, it holds other words."""
_LARGER = "the larger model "
"""How it names the model that was asked instead."""


def rule_name(check: str) -> str:
    """Such as “amount over”, for `amount_over`."""
    return _("“{name}”").format(name=check.replace("_", " "))


def deciding_rule(route: Route) -> str:
    """The rule that decided it, as the shelf calls it; "" = a person or a model did."""
    return route.rule.removeprefix(_BEFORE) if route.rule.startswith(_BEFORE) else ""


def decider(route: Route) -> str:
    """Who decided it, where no score did: a rule, a person, or the larger model."""
    if rule := deciding_rule(route):
        return _("the rule {rule}").format(rule=rule_name(rule))
    if route.rule.startswith(_LARGER):
        return _("the larger model {model}").format(model=route.rule.removeprefix(_LARGER))
    return _("a person")
