"""What was paid, on a receipt."""

from __future__ import annotations

from engine.kinds import Where
from engine.kinds.amount import find

__all__ = ["SENTENCE", "WHERE", "find"]

SENTENCE = "The total of a receipt, rounded as it was paid, not the cash that was given."
WHERE = Where(
    near=(
        "grand total", "rounded total", "total rounded", "total after rounding", "total payable",
        "total amt payable", "total amount payable", "total sales (inclusive of gst)", "total sales (inclusive gst)",
        "total sales incl gst", "total (inclusive of gst)", "total inclusive of gst", "total inclusive gst",
        "total incl gst", "total incl. gst", "total (incl. gst)", "total incl. of gst", "total incl of gst",
        "total rm incl. of gst", "total includes gst", "total with gst", "total after adj incl gst", "net total",
        "nett total", "total amount", "total amt", "amount due", "total due", "total rm", "total (rm)", "total",
        "to", "balance due", "due", "total sales", "nett", "net", "amount", "amt", "gesamt", "summe",
    ),
    apart=(
        "subtotal", "sub total", "sub-total", "total excl", "total excl. gst", "total (excl. gst)",
        "total excluding gst", "total sales (excluding gst)", "total sales (excluding gst)", "total (excluding gst)",
        "total gst", "gst total", "gst", "tax", "total tax", "tax total", "discount", "disc", "total discount",
        "change", "change due", "rounding", "rounding adj", "rounding adjustment", "round adj", "total qty", "qty",
        "total item", "total items", "total quantity", "tal quantity", "item count", "tendered", "tender", "saving",
        "total savings", "price", "unit price", "u.price", "service charge", "svc chg", "total before gst",
        "taxable", "points", "cash", "paid amount",
    ),
    ends=(
        "gst summary", "tax summary", "gst analysis", "summary gst", "gst code", "tax code summary", "vat summary",
    ),
    least=0.05,
    last=True,
)  # fmt: skip
