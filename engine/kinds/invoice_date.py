"""The date of an invoice or a credit note, in English, German, French and Spanish."""

from __future__ import annotations

from engine.kinds import Where
from engine.kinds.date import find

__all__ = ["SENTENCE", "WHERE", "find"]

SENTENCE = "The date of an invoice or a credit note, not of its delivery or payment."
WHERE = Where(
    near=(
        "invoice date", "date of invoice", "date of issue", "issue date", "issued on", "issued at", "rechnungsdatum",
        "rechnungs-datum", "belegdatum", "beleg-datum", "ausstellungsdatum", "date de facture",
        "date de facturation", "date d'avoir", "date de l'avoir", "fecha de factura", "fecha factura",
        "fecha de emisión", "credit note date", "handelsrechnung", "rechnung des versicherers", "invoice",
        "rechnung", "facture", "factura", "gutschrift", "avoir", "datum", "date", "fecha", "dated",
        "beitragsrechnung",
    ),
    apart=(
        "due date", "due", "payable by", "pay by", "fälligkeit", "fällig", "zahlbar bis", "date d'échéance",
        "échéance", "vencimiento", "delivery date", "date of delivery", "leistungsdatum", "leistungs-datum",
        "lieferdatum", "liefer-datum", "liefer- und leistungsdatum", "liefer- bzw. leistungsdatum",
        "lieferschein-datum", "bestell-datum", "bestelldatum", "bestellung vom", "order date", "auftragsdatum",
        "vertrags-datum", "überweisen sie bis zum", "remit until", "zeitraum", "version", "période", "period",
        "betriebskostenrechnung vom",
    ),
    least=0.15,
    early=True,
)  # fmt: skip
