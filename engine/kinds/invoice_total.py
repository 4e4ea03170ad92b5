"""The gross total of an invoice, in English, German, French and Spanish."""

from __future__ import annotations

from engine.kinds import Where
from engine.kinds.amount import find

__all__ = ["SENTENCE", "WHERE", "find"]

SENTENCE = "The total of an invoice with all taxes, before what was paid in advance."
WHERE = Where(
    near=(
        "grand total", "gross total", "invoice total", "total amount", "total due", "due payable", "amount due",
        "total incl. vat", "total including vat", "total inc. vat", "total (incl. vat)", "bruttosumme",
        "bruttobetrag", "gesamtbetrag", "rechnungsbetrag", "rechnungssumme brutto", "gesamtsumme", "summe inkl. ust",
        "summe brutto", "gesamt brutto", "rechnungsbeitrag", "total ttc", "montant ttc", "montant total ttc",
        "importe total", "total factura", "endbetrag", "balance due", "amount payable", "total", "summe",
        "zahlbetrag", "betrag",
    ),
    apart=(
        "subtotal", "sub total", "net total", "total net", "netto", "summe netto", "nettobetrag", "total ht",
        "montant ht", "rechnungssumme ohne ust", "rechnungssumme netto", "steuerbetrag", "tax total", "vat total",
        "total taxes", "total tax", "total vat", "ust. gesamt", "mwst", "gesamtbetrag der zuschläge",
        "gesamtbetrag der abschläge", "anzahlungen", "erhaltene anzahlungen", "paid", "deposit", "discount",
        "rabatt", "skonto", "positionssumme", "versicherungsteuer", "zuzügl. ust", "net amount", "unit price",
        "einzelpreis", "acompte", "base imponible",
    ),
    last=True,
)  # fmt: skip
