"""The words of the sample desk's policy handbook, and the rows of its order table."""

from __future__ import annotations

Clause = tuple[str, str]
"""A heading and its text. Each sentence names its subject, because it may be quoted alone."""

HANDBOOK: tuple[tuple[str, tuple[Clause, ...]], ...] = (
    (
        "About this handbook",
        (
            (
                "Purpose",
                "The handbook holds the rules that staff of Larkfield Outdoor apply when they answer a request. "
                "Staff quote the handbook in replies and do not add promises of their own.",
            ),
            (
                "Changes",
                "The managing director approves every change to the handbook in writing. "
                "A new edition of the handbook applies from the first day of the following month.",
            ),
            (
                "Requests that need a person",
                "The shop manager decides on sums above 500 EUR. "
                "A letter that threatens legal action is answered by the managing director. "
                "The shop manager decides on the same day when a product has hurt someone.",
            ),
        ),
    ),
    (
        "Returns",
        (
            (
                "Time limit for returns",
                "Customers may return goods within 30 days of delivery. "
                "The day on which the parcel is delivered is not counted in the 30 days.",
            ),
            (
                "Condition of returned goods",
                "Returned goods must be clean, dry and complete, with all parts and labels. "
                "A tent that has been pitched outdoors can be returned if the tent is dry and undamaged.",
            ),
            (
                "How to send goods back",
                "Customers ask for a return label by email and state the order number. "
                "The return label is sent by email within 2 working days. "
                "The return label is free of charge for orders above 60 EUR and costs 5.90 EUR for smaller orders.",
            ),
            (
                "Goods that cannot be returned",
                "Gas cartridges, opened food pouches and water filters that have been used cannot be returned.",
            ),
            (
                "Returns by business customers",
                "Business customers hand in one list of returned goods a week, with order number, item and reason.",
            ),
        ),
    ),
    (
        "Refunds",
        (
            (
                "Payment of refunds",
                "Refunds are paid to the original means of payment within 10 working days after the goods have arrived.",
            ),
            (
                "Amount of the refund",
                "The refund covers the price of the goods and the standard delivery charge of the order. "
                "Express delivery charges are not refunded. "
                "Goods that come back with signs of use are refunded at 80% of their price.",
            ),
            (
                "Cancelled orders",
                "A cancelled order is refunded in full within 5 working days when the parcel has not been dispatched.",
            ),
            (
                "Double payments",
                "A payment that was taken twice is refunded within 3 working days after the bank statement has been checked.",
            ),
        ),
    ),
    (
        "Exchanges",
        (
            (
                "Exchange for another size or colour",
                "Customers may exchange unused goods for another size or colour within 45 days of delivery. "
                "The first exchange of an order is free of delivery charges.",
            ),
            (
                "Dispatch of the replacement",
                "The replacement for an exchange is dispatched within 3 working days after the first item has arrived.",
            ),
            (
                "Difference in price",
                "A customer who exchanges goods for a more expensive item pays the difference in price before dispatch. "
                "A difference in the customer's favour is refunded within 10 working days.",
            ),
        ),
    ),
    (
        "Delivery",
        (
            (
                "Delivery times",
                "Standard parcels arrive within 5 working days after dispatch. "
                "Tents and other bulky goods arrive within 8 working days after dispatch.",
            ),
            (
                "Late parcels",
                "A search for a late parcel is opened with the carrier when the parcel is 3 working days overdue. "
                "The delivery charge is refunded when a parcel arrives more than 5 working days late.",
            ),
            (
                "Lost parcels",
                "A parcel counts as lost when the carrier has not found the parcel within 10 working days. "
                "Customers choose between a replacement and a full refund when a parcel is lost.",
            ),
            (
                "Goods damaged on the way",
                "Customers report goods damaged on the way within 7 days of delivery and send 2 photographs of the damage. "
                "Goods damaged on the way are replaced free of charge within 5 working days after the report.",
            ),
            (
                "Wrong or missing items",
                "A missing or wrong item is sent free of charge within 3 working days after the report.",
            ),
        ),
    ),
    (
        "Warranty",
        (
            (
                "Length of the warranty",
                "Tents, packs and stoves carry a warranty of 3 years from the date of delivery. "
                "Lanterns, electrical goods and batteries carry a warranty of 2 years from the date of delivery.",
            ),
            (
                "What the warranty covers",
                "The warranty covers faults in material and workmanship such as broken zips, torn seams and failed valves. "
                "The warranty does not cover normal wear, mould, or damage from fire or misuse.",
            ),
            (
                "Repair or replacement",
                "A faulty item under warranty is repaired within 15 working days after the item has reached the workshop. "
                "A faulty item that cannot be repaired is replaced free of charge.",
            ),
            (
                "How to make a warranty claim",
                "A warranty claim needs the order number, a short description of the fault and one photograph. "
                "Customers send a stove to the workshop without its gas cartridge.",
            ),
        ),
    ),
    (
        "Complaints",
        (
            (
                "Answering a complaint",
                "The receipt of a complaint is confirmed within 2 working days. "
                "A complaint is answered in full within 14 days by a person who was not involved.",
            ),
            (
                "Complaints about staff",
                "A complaint about the conduct of staff is passed to the shop manager on the same day. "
                "The shop manager speaks with the staff member before a complaint is answered.",
            ),
            (
                "Goodwill",
                "The shop manager may offer a voucher of up to 25 EUR as goodwill after a justified complaint.",
            ),
        ),
    ),
    (
        "Gift cards",
        (
            (
                "Validity",
                "Gift cards are valid for 4 years from the day of purchase. "
                "A gift card can be spent in several purchases until its balance is used up.",
            ),
            (
                "Cash and loss",
                "The balance of a gift card is not paid out in cash. "
                "A lost gift card is replaced when the customer shows the proof of purchase and the card still has a balance.",
            ),
            (
                "Goods bought with a gift card",
                "The price of returned goods goes onto a new gift card within 5 working days when a gift card was used for payment.",
            ),
        ),
    ),
    (
        "Customer accounts and personal data",
        (
            (
                "Access to personal data",
                "Customers receive a copy of their personal data within 30 days after the request. "
                "The first copy of personal data in a year is free of charge.",
            ),
            (
                "Deletion of personal data",
                "Personal data is deleted within 30 days after a request, except for invoices. "
                "Invoices are kept for 8 years because the law requires the records.",
            ),
            (
                "Change of address",
                "Customers may change the delivery address of an order until the parcel is dispatched. "
                "A change of address in a customer account takes effect within 1 working day.",
            ),
            (
                "Copies of invoices",
                "A copy of an invoice is sent free of charge to the email address of the order within 2 working days.",
            ),
            (
                "Proof of identity",
                "Staff send personal data only to the email address that stands in the customer account.",
            ),
        ),
    ),
    (
        "Invoices from suppliers",
        (
            (
                "Purchase order number",
                "An invoice from a supplier must show the purchase order number. "
                "An invoice without a purchase order number is sent back to the supplier within 3 working days.",
            ),
            (
                "Payment term",
                "Supplier invoices are paid within 30 days after the invoice date. "
                "A cash discount is taken when the supplier grants at least 2% for payment within 10 days.",
            ),
            (
                "Approval of invoices",
                "A supplier invoice above 5000 EUR needs the approval of two people. "
                "Accounts compares each supplier invoice with the delivery note before payment.",
            ),
            (
                "Change of bank details",
                "New bank details of a supplier are confirmed by telephone before the first payment.",
            ),
        ),
    ),
    (
        "Contracts with suppliers",
        (
            (
                "Signature",
                "Supplier contracts are signed by the managing director. "
                "A supplier contract above 10000 EUR a year is also signed by the head of purchasing.",
            ),
            (
                "Notice and term",
                "A supplier contract runs for no longer than 24 months. "
                "A supplier contract must allow notice of 3 months or less.",
            ),
            (
                "Governing law",
                "Supplier contracts are governed by the law of the country in which Larkfield Outdoor is registered.",
            ),
            (
                "Review before signature",
                "A supplier contract is reviewed by purchasing within 10 working days before anyone signs. "
                "A supplier contract that renews by itself is entered in the contract calendar.",
            ),
        ),
    ),
    (
        "Business customers",
        (
            (
                "Documents for onboarding",
                "A new business customer provides an extract from the trade register that is not older than 3 months. "
                "A new business customer names every owner who holds more than 25% of the company. "
                "A copy of the identity document of one authorised person is needed for onboarding.",
            ),
            (
                "Check of business customers",
                "The onboarding check of a business customer takes 5 working days after all documents have arrived. "
                "A business customer from outside the customs union is checked by two people.",
            ),
            (
                "Credit line",
                "A business customer may buy on account up to 2000 EUR after a successful onboarding check.",
            ),
        ),
    ),
    (
        "Incidents in our systems",
        (
            (
                "Who is told",
                "The system administrator is told about an incident in the web shop within 15 minutes. "
                "The managing director is told when the web shop is down for more than 60 minutes.",
            ),
            (
                "Payments and personal data",
                "The data protection officer is told within 24 hours when an incident may have exposed personal data. "
                "Card payments are paused while the cause of repeated payment errors is unknown.",
            ),
            (
                "Record of incidents",
                "Every incident is entered in the incident record with its start, end, cause and remedy. "
                "Log files of an incident are kept for 90 days.",
            ),
        ),
    ),
    (
        "Telephone calls",
        (
            (
                "Calling back",
                "A caller who was promised a call back is called within 1 working day. "
                "A second attempt to call back is made on the next working day when nobody answers.",
            ),
            (
                "Call notes",
                "Call notes state the caller, the time of the call, the matter and the next step. "
                "Call notes are filed on the day of the call. "
                "Card numbers are never written into call notes.",
            ),
        ),
    ),
    (
        "Shop floor",
        (
            ("Opening hours", "The shop is open from Monday to Saturday between 9:30 and 18:30."),
            ("Dogs", "Dogs on a lead are welcome on the ground floor of the shop."),
            (
                "Climbing wall",
                "Visitors under 14 years use the climbing wall with an adult. "
                "Staff check the ropes of the climbing wall every 7 days.",
            ),
        ),
    ),
    (
        "Storage of gas and fuel",
        (
            (
                "Limits in the store room",
                "The store room holds no more than 72 gas cartridges at a time. "
                "Gas cartridges are stored at least 2 metres from electrical heaters.",
            ),
            (
                "Leaking cartridges",
                "A leaking gas cartridge is carried outdoors and reported to the safety officer at once.",
            ),
        ),
    ),
    (
        "Equipment for hire",
        (
            (
                "Hire period",
                "Snowshoes and avalanche kits are hired out for at least 2 days. "
                "A deposit of 40 EUR is taken for each hired item.",
            ),
            ("Late return of hired items", "Each day of delay costs 20% of the daily hire price."),
        ),
    ),
    (
        "Staff travel",
        (
            ("Booking", "Staff book second-class train tickets for journeys to trade fairs."),
            ("Expenses", "Staff hand in travel receipts within 14 days after the journey."),
        ),
    ),
)

ORDER_COLUMNS = "order,customer,email,item,total,ordered,delivered,status"

ORDERS = """\
LF-20398,Tobias Wendt,tobias.wendt@example.com,Corrie 30 rucksack,94.50 EUR,2026-08-24,2026-08-29,delivered
LF-20401,Amara Fielding,amara.fielding@example.com,Ember canister stove,58.00 EUR,2026-08-26,2026-08-31,delivered
LF-20405,Quillmere Climbing School,orders@quillmere.example,Six belay gloves,132.00 EUR,2026-08-31,2026-09-04,delivered
LF-20409,Ruben Castellane,ruben.castellane@example.com,Glowmoth lantern,46.00 EUR,2026-09-01,2026-09-05,delivered
LF-20412,Ingrid Solheim,ingrid.solheim@example.com,Northlight two-person tent,389.00 EUR,2026-09-02,2026-09-10,delivered
LF-20414,Pavel Dvornik,pavel.dvornik@example.com,Fellside walking boots size 43,139.00 EUR,2026-09-04,2026-09-09,delivered
LF-20417,Hanna Brookes,hanna.brookes@example.com,Hollow 2 tent,249.00 EUR,2026-09-07,2026-09-14,delivered
LF-20420,Jonas Abery,jonas.abery@example.com,Ember canister stove,58.00 EUR,2026-09-08,2026-09-12,delivered
LF-20423,Leila Marchetti,leila.marchetti@example.com,Corrie 45 rucksack,129.00 EUR,2026-09-09,2026-09-15,delivered
LF-20426,Owen Tarrant,owen.tarrant@example.com,Drift down sleeping bag,219.00 EUR,2026-09-10,2026-09-16,delivered
LF-20429,Mireille Anselm,mireille.anselm@example.com,Fellside walking boots size 39,139.00 EUR,2026-09-11,2026-09-17,delivered
LF-20432,Gregor Lindqvist,gregor.lindqvist@example.com,Ridge cook set,74.00 EUR,2026-09-14,,dispatched
LF-20435,Beatrix Holloway,beatrix.holloway@example.com,Trail poles,62.00 EUR,2026-09-14,2026-09-19,delivered
LF-20438,Samir Qadri,samir.qadri@example.com,Fjell storm jacket,184.00 EUR,2026-09-15,2026-09-21,delivered
LF-20441,Nadia Ferro,nadia.ferro@example.com,Glowmoth lantern,46.00 EUR,2025-11-18,2025-11-23,delivered
LF-20444,Callum Wray,callum.wray@example.com,Hollow 3 tent,329.00 EUR,2025-06-10,2025-06-17,delivered
LF-20447,Yusuf Okonedo,yusuf.okonedo@example.com,Drift foam mat,39.00 EUR,2026-09-17,2026-09-22,delivered
LF-20450,Clara Winstanley,clara.winstanley@example.com,Corrie 30 rucksack,94.50 EUR,2026-09-18,2026-09-23,delivered
LF-20453,Dmitri Halvard,dmitri.halvard@example.com,Expedition base camp tent and stove set,1649.00 EUR,2026-09-18,2026-09-29,delivered
LF-20456,Eleni Papadaki,eleni.papadaki@example.com,Rill water filter,49.00 EUR,2026-09-21,2026-09-25,delivered
LF-20459,Felix Ostrander,felix.ostrander@example.com,Ember canister stove,58.00 EUR,2026-09-21,2026-09-26,delivered
LF-20462,Marta Keswick,marta.keswick@example.com,Northlight one-person tent,299.00 EUR,2026-09-22,2026-09-30,delivered
LF-20465,Rowan Thistlewood,rowan.thistlewood@example.com,Ridge cook set,74.00 EUR,2026-09-23,2026-09-28,delivered
LF-20468,Quillmere Climbing School,orders@quillmere.example,Four Corrie 45 rucksacks,496.00 EUR,2026-09-24,2026-09-30,delivered
LF-20471,Anselm Birch,anselm.birch@example.com,Trail poles,62.00 EUR,2026-09-25,2026-09-30,delivered
LF-20474,Priya Venkatan,priya.venkatan@example.com,Fjell storm jacket,184.00 EUR,2026-09-28,,dispatched
LF-20477,Stellan Moor,stellan.moor@example.com,Drift down sleeping bag,219.00 EUR,2026-09-29,2026-10-05,delivered
LF-20480,Josefine Adler,josefine.adler@example.com,Rill water filter,49.00 EUR,2026-09-30,,cancelled
LF-20483,Liam Penhallow,liam.penhallow@example.com,Hollow 2 tent,249.00 EUR,2026-10-01,2026-10-08,delivered
LF-20486,Zofia Brandt,zofia.brandt@example.com,Glowmoth lantern,46.00 EUR,2026-10-02,,ordered
"""
