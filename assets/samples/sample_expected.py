"""What should become of each file of the sample inbox."""

from __future__ import annotations

from typing import Any


def _outcome(
    intent: str | None, status: str = "finished", flags: tuple[str, ...] = (), **fields: str
) -> dict[str, Any]:
    return {"intent": intent, "status": status, "flags": list(flags)} | ({"fields": fields} if fields else {})


_TENT = _outcome(
    "refund_request",
    order_number="LF-20417",
    amount="249.00 EUR",
    customer_name="Hanna Brookes",
    email="hanna.brookes@example.com",
)

EXPECTED: dict[str, dict[str, Any]] = {
    "01-refund-tent.eml": _TENT,
    "02-refund-cancelled-filter.eml": _outcome("refund_request", order_number="LF-20480", amount="49.00 EUR"),
    "03-return-rucksack.eml": _outcome("return_request", order_number="LF-20423", customer_name="Leila Marchetti"),
    "04-return-sleeping-bag.eml": _outcome("return_request", order_number="LF-20477"),
    "05-exchange-boots.eml": _outcome("exchange_request", order_number="LF-20414"),
    "06-late-parcel.eml": _outcome("delivery_problem", order_number="LF-20432"),
    "07-complaint-staff.docx": _outcome("complaint"),
    "08-invoice-brightwater.pdf": _outcome(
        "supplier_invoice",
        supplier="Brightwater Canvas Works",
        invoice_number="BW-2291",
        purchase_order="PO-51877",
        due_date="2026-11-01",
        invoice_total="EUR 1,284.61",
        iban="XX40 0000 1111 2222 3333",
    ),
    "09-invoice-tarnwood.pdf": _outcome(
        "supplier_invoice",
        supplier="Tarnwood Stove Parts",
        invoice_number="TSP-70418",
        due_date="2026-10-19",
        invoice_total="EUR 502.18",
        iban="XX71 0000 4444 5555 6666",
    ),
    "10-contract-hobkirk.pdf": _outcome(
        "supplier_contract",
        contract_partner="Hobkirk Parcel Service",
        contract_end="31 December 2029",
        notice_period="6 months",
    ),
    "11-warranty-lantern.html": _outcome("warranty_claim", order_number="LF-20441", email="nadia.ferro@example.com"),
    "12-checkout-errors.log": _outcome(
        "incident_log", incident_start="2026-10-07 20:58:11", incident_service="checkout"
    ),
    "13-call-notes.md": _outcome(
        "call_notes", order_number="LF-20465", caller="Rowan Thistlewood", phone="0555 010 233"
    ),
    "14-kyc-quillmere.docx": _outcome(
        "kyc_form", company="Quillmere Climbing School", registration_number="HR 40417", vat_number="XX 229 481 007"
    ),
    "15-warranty-and-invoice-copy.eml": _outcome("warranty_claim", order_number="LF-20444")
    | {"also": ["account_request"]},
    "16-school-project.eml": _outcome(None, "review"),
    "17-refund-with-orders.eml": _outcome(
        "refund_request", "review", ("orders_to_machine",), order_number="LF-20459", amount="58.00 EUR"
    ),
    "18-scan-damaged.pdf": _outcome(None, "quarantined"),
    "19-returns-list.csv": _outcome("return_request", order_number="LF-20405"),
    "20-gift-card.eml": _outcome("gift_card", gift_card="GC-4471-0926"),
    "21-personal-data.eml": _outcome("data_request", email="eleni.papadaki@example.com"),
    "22-threat-of-court.eml": _outcome("refund_request", "review", ("words",), order_number="LF-20409"),
    "23-refund-expedition-tent.eml": _outcome(
        "refund_request", "review", ("amount_over",), order_number="LF-20453", amount="1,649.00 EUR"
    ),
    "24-refund-tent-again.eml": _TENT | {"duplicate_of": "01-refund-tent.eml"},
}
