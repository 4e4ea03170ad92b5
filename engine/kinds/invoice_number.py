"""The number of an invoice or a credit note, in English, German, French and Spanish."""

from __future__ import annotations

from engine.kinds import Where
from engine.kinds.reference import find

__all__ = ["SENTENCE", "WHERE", "find"]

SENTENCE = "The number of an invoice or a credit note."
WHERE = Where(
    near=(
        "invoice number", "invoice no", "invoice nr", "invoice #", "invoice id", "rechnungsnummer",
        "rechnungs-nummer", "rechnungs-nr", "rechnungsnr", "rechnung nr", "rechnung #", "numéro de facture",
        "facture n°", "n° de facture", "facture no", "número de factura", "factura n°", "factura no",
        "credit note number", "credit note no", "gutschriftsnummer", "gutschrift nr", "belegnummer", "beleg-nr",
        "beleg nr", "handelsrechnung", "document number", "document no", "bill number", "bill no", "invoice",
        "rechnung", "facture", "factura", "avoir", "gutschrift", "credit note", "rechnung des versicherers",
    ),
    apart=(
        "ust-idnr", "ust.-id.-nr", "steuernummer", "steuer-nr", "vat", "vat number", "tax number", "kundennummer",
        "kunden-nr", "customer", "customer number", "customer no", "bestellnummer", "bestell-nr", "order",
        "order number", "order no", "po number", "purchase order", "auftrag", "lieferschein-nr", "delivery note",
        "account number", "iban", "bic", "tel", "telefon", "phone", "fax", "vsnr", "page", "seite", "zip", "siret",
        "n° tva", "reference",
    ),
)  # fmt: skip
