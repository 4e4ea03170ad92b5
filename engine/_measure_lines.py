"""The lines of statements of figures, by what they are called, and the measures that are made of them.

Labels are compared squeezed to their letters (`measures.squeezed`), since tools write their spaces, or don't.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """The words that ask for a line, the statement that it stands in ("" = any), and the labels it has there, each a
    pattern, the best ones first. `unsigned`: an outflow, which is written with or without a sign."""

    words: str
    statement: str
    labels: tuple[str, ...]
    unsigned: bool = False


_BOUGHT = r"(purchases?|acquisitions?|payments?|additions?)(of|for|to)?"
_SOLD = r"(sales|revenues?|goodssold|productssold|goods|merchandisesold)"
_OPERATING = r"(by|from|in)?(used|for|in)*(operatingactivities|operations)(continuingoperations)?"

LINES = {
    "revenue": Line(
        r"(?:total |net )*(?:revenues?|sales|top ?line)", "income",
        (
            r"total(net)?(operating)?(revenues?|sales)(net|netofinterestexpense)?",
            r"(consolidated)?(net)?(operating)?(revenues?|sales)(net)?",
            r"salestocustomers", r"(net)?salesandrevenues?",
        ),
    ),
    "cogs": Line(
        r"costs? of (?:goods|products?|merchandise) sold|costs? of (?:sales|revenues?)|COGS", "income",
        (rf"(total)?costs?of{_SOLD}", rf"costof{_SOLD}(includ|exclu).*"), unsigned=True,
    ),
    "gross_profit": Line(
        r"gross (?:profit|income|earnings)", "income", (r"(total)?gross(profit|margin|income)",)
    ),
    "operating_income": Line(
        r"(?:unadjusted )?operating (?:income|profit|earnings)|income from operations", "income",
        (
            r"(total|consolidated)?operating(income|profit|earnings|loss|incomeloss)",
            r"(income|profit|earnings|loss)+from(continuing)?operations",
        ),
    ),
    "net_income": Line(
        r"net (?:income|earnings|profits?)|bottom ?line", "income",
        (
            r"(consolidated)?net(income|earnings|loss|incomeloss)attributableto(?!.*noncontrolling)(?!redeemable).*",
            r"net(income|earnings|loss)", r"netincome(including|before).*noncontrolling.*", r"consolidatednetincome",
        ),
    ),
    "interest": Line(r"interest expenses?", "income", (r"interestexpense(net.*|on.*)?",), unsigned=True),
    "research": Line(
        r"research (?:and|&) development|R&D", "income", (r"research(and)?development(expenses?)?",), unsigned=True
    ),
    "selling": Line(
        r"SG&A|selling,? general,? (?:and|&) administrative", "income",
        (r"selling(general)?(and)?(general)?administrative(expenses?)?",), unsigned=True,
    ),
    "depreciation": Line(
        r"depreciation(?: and |, | & )amortization|D&A", "cash",
        (
            r"(totals?)?depreciation(and)?amortization(expense)?",
            r"depreciation(and)?amortization(accretion|of|and|impair).*", r"depreciation",
        ), unsigned=True,
    ),
    "capex": Line(
        r"capital expenditures?|capex|purchases? of property", "cash",
        (
            r"capitalexpenditures?", rf"{_BOUGHT}(property|land|fixedassets|premises|equipment|capitalexpend|plant).*",
            r"capitalexpenditures.*",
        ), unsigned=True,
    ),
    "operating_cash": Line(
        r"(?:net )?cash (?:flows? )?(?:provided |generated )?(?:from|by) operat(?:ions|ing activities)"
        r"|operating cash ?flows?", "cash", (rf"(net)?cash(flows?)?(provided|generated|used)?{_OPERATING}",),
    ),
    "dividends": Line(
        r"(?:cash )?dividends? (?:paid|payments?)|dividends?", "cash",
        (r"(cash)?dividends?paid(to.*|on.*)?", r"(payments?of|cashpaymentsfor)(cash)?dividends?.*", r"dividends?"),
        unsigned=True,
    ),
    "ppe": Line(
        r"(?:net )?(?:PP&?N?E|property,? plant,? (?:and|&) equipment|fixed assets)(?:, net)?", "balance",
        (
            r"(total)?(net)?property(and|plant)*equipment(at.*)?net.*",
            r"netpropertyplantandequipment|(land)?buildings?andequipment(net)?|premisesandequipment(net)?",
            r"property(and|plant)*equipment",
        ),
    ),
    "inventory": Line(
        r"inventor(?:y|ies)", "balance",
        (r"(total|net)(merchandise)?inventor(y|ies)", r"(merchandise)?inventor(y|ies)(net|at.*)?"),
    ),
    "receivables": Line(
        r"(?:accounts|trade) receivables?|net AR|receivables", "balance",
        (
            r"(trade|accounts?|tradeaccounts|customer)?(and)?(trade|notes)?receivables?(net|tradenet|less.*|netof.*)?",
            r"(trade|accounts)receivables?.*",
        ),
    ),
    "payables": Line(
        r"(?:accounts|trade) payables?", "balance", (r"(trade)?(accounts)?payables?(trade)?", r"accountspayable.*")
    ),
    "current_assets": Line(r"(?:total )?current assets", "balance", (r"totalcurrentassets",)),
    "current_liabilities": Line(r"(?:total )?current liabilities", "balance", (r"totalcurrentliabilities",)),
    "assets": Line(r"total assets", "balance", (r"totalassets",)),
    "liabilities": Line(r"total liabilities", "balance", (r"totalliabilities",)),
    "equity": Line(
        r"(?:total )?(?:share|stock)(?:holders|owners)['’]? ?equity|total equity", "balance",
        (
            r"total(?!liabilities).*(share|stock)(holders|owners)equity",
            r"total(share|stock)(holders|owners)?(investment|equity)|totalequity",
        ),
    ),
    "cash": Line(r"cash (?:and|&) (?:cash )?equivalents", "balance", (r"cashandcashequivalents(atendof.*)?",)),
    "securities": Line(
        r"marketable securities|short-term investments", "balance",
        (r"(shortterm)?(marketablesecurities|investments)(current)?", r"shortterminvestments.*"),
    ),
    "debt": Line(r"total debt", "balance", (r"totaldebt",)),
    "long_term_debt": Line(r"long-term debt", "balance", (r"(total)?longtermdebt(net)?(less.*|net.*)?",)),
    "deferred_revenue": Line(r"deferred revenues?", "balance", (r"deferredrevenues?(current)?",)),
    "goodwill": Line(r"goodwill", "balance", (r"goodwill(net)?",)),
    "tax_rate": Line(r"effective (?:income )?tax rate", "", (r"effective(income)?taxrate",)),
}  # fmt: skip

_DIO = "365 * average(inventory) / cogs"
_DSO = "365 * average(receivables) / revenue"
_DPO = "365 * average(payables) / (cogs + change(inventory))"
_NET_SHARE = r"net (?:earnings|income) as a percent(?:age)? of (?:sales|revenues?)"

MEASURES: tuple[tuple[str, str, str], ...] = (
    (r"cash conversion cycle|\bCCC\b", f"{_DIO} + {_DSO} - {_DPO}", "number"),
    (r"days payables? outstanding|\bDPO\b", _DPO, "number"),
    (r"days inventory outstanding|\bDIO\b", _DIO, "number"),
    (r"days sales outstanding|\bDSO\b", _DSO, "number"),
    (r"fixed asset turnover(?: ratio)?", "revenue / average(ppe)", "number"),
    (r"(?:total )?asset turnover(?: ratio)?", "revenue / average(assets)", "number"),
    (r"inventory turnover(?: ratio)?|sold its inventory", "cogs / average(inventory)", "number"),
    (r"operating cash flow ratio", "operating_cash / current_liabilities", "number"),
    (r"(?:net )?working capital ratio|current ratio", "current_assets / current_liabilities", "number"),
    (r"quick ratio|acid.test(?: ratio)?", "(cash + securities + receivables) / current_liabilities", "number"),
    (r"(?:net )?working capital", "current_assets - current_liabilities", "amount"),
    (r"free cash ?flow conversion", "(operating_cash - capex) / net_income", "share"),
    (r"free cash ?flow(?: \(FCF\))?|\bFCF\b", "operating_cash - capex", "amount"),
    (r"(?:unadjusted )?EBITDA (?:% )?margin", "(operating_income + depreciation) / revenue", "share"),
    (r"(?:unadjusted )?EBITDA\b", "operating_income + depreciation", "amount"),
    (r"interest coverage(?: ratio)?", "operating_income / interest", "number"),
    (r"retention ratio", "1 - dividends / net_income", "number"),
    (r"(?:dividend )?payout ratio", "dividends / net_income", "number"),
    (r"return on (?:total )?assets|\bROA\b", "net_income / average(assets)", "number"),
    (r"return on equity|\bROE\b", "net_income / average(equity)", "number"),
    (r"gross (?:profit )?(?:% )?margins?", "(revenue - cogs) / revenue", "share"),
    (r"(?:unadjusted )?operating (?:income |profit )?(?:% )?margins?", "operating_income / revenue", "share"),
    (rf"(?:net (?:income |profit |earnings )?|profit )(?:% )?margins?|{_NET_SHARE}", "net_income / revenue", "share"),
    (r"capital intensity(?: ratio)?", "assets / revenue", "number"),
)
"""The words that ask for a measure, the longer before the shorter; what it is of lines; and what kind of figure: an
amount, a share of one, or a number. `average` is of this year and the one before, `change` from that one."""

INSTRUCTIONS = frozenset(
    """a abilities about access according address all also amount an analyst and annual annually answer answers any
    approach approximation are as asked assume assuming at average balance bank banker banking base based basing
    below best between billion billions but by calculate calculated calculation can cash change changed clearly
    company compute conclusion conclusions considering context data dear decimal decimals decline declined decrease
    decreased define defined definition denominator derive details determine did divided do does dollars drawing
    during each earnings end ended ending equities exact explain extract figure figures filing financial financials
    find fiscal five flow flows following for formerly four from fy generate generated give given good grew grow
    growth has have hello help here how i if improve improved improving in income increase increased indicated
    information into investment is it item items its judgment judgments kindly known let like line located loss me
    meaningful metric metrics million millions much need not number numbers numerator of off on one only operations
    or our out outlined over p&l page pages pay percent percentage percents place places plainly please position
    positive possible presented primarily primary profile profit provided public quarter quarterly question rate
    reasonable reasonably referencing regards relevant relying reported resource resources response roughly round
    rounded sheet show shown sold solely solution standpoint state stated statement statements summary tell than
    thank thanks that the their then there these this thousand thousands three times to total two type under unit
    units us us$ usd use used useful using utilize utilizing value want was we were what when who why will with
    within would year year-end year-over-year years you your yoy""".split()
)
"""Words that a question may hold without asking for something else."""
