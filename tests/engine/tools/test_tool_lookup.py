"""The table look-up: the right row and the very place where it stands, in CSV, Excel and SQLite, and hostile ones."""

from __future__ import annotations

import io
import random
import re
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pysqlite3 as sqlite
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.tools import _sqlite
from tests.engine.readers.test_reader_xlsx import book, cell, one, sheet
from tests.engine.tools.trays import ScriptedTray, code_of, looked_up, value

PLAIN = "order,item\nLF-1,Tent\nLF-2,Stove\n"
FORMULA = "=cmd|'/C calc'!A0"


@pytest.fixture
def tray(tmp_path: Path) -> ScriptedTray:
    return ScriptedTray(tmp_path)


def write(tray: ScriptedTray, data: str | bytes, name: str = "orders.csv") -> None:
    (tray.folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


def database(tray: ScriptedTray, *statements: str, name: str = "orders.db") -> Path:
    """A database made by these statements; its rows may be used by `looked_up`."""
    path = tray.folder / name
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    return path


ORDERS = (
    "create table orders (number text, item text)",
    "insert into orders values ('LF-1', 'Tent'), ('LF-2', 'Stove')",
)


# CSV


@pytest.mark.parametrize(
    ("table", "cells"),
    [
        (PLAIN, (("order", "LF-2"), ("item", "Stove"))),
        ("order;item\nLF-1;Tent\nLF-2;Stove\n", (("order", "LF-2"), ("item", "Stove"))),
        ("order,item\nLF-1,Tent\n,\n\nLF-2,Stove\nLF-3,Mat\n", (("order", "LF-2"), ("item", "Stove"))),
        ("item,order\nshort\nStove,LF-2\n", (("item", "Stove"), ("order", "LF-2"))),
        ('order,item\n"LF-1","Tent\nwith poles"\nLF-2,Stove\n', (("order", "LF-2"), ("item", "Stove"))),
        (" order , item \n LF-2 , Stove \n", (("order", "LF-2"), ("item", "Stove"))),
    ],
    ids=["plain", "semicolons", "empty rows", "a short row", "a cell of two lines", "spaces"],
)
def test_the_row_of_the_key_is_found_with_its_values_and_its_place(
    tray: ScriptedTray, table: str, cells: tuple[tuple[str, str], ...]
) -> None:
    write(tray, table)
    found = looked_up(tray, "orders.csv", "order", "LF-2")
    assert found is not None
    assert found.cells == cells
    assert "LF-2" in found.quote
    assert not re.search("LF-[13]", found.quote)
    assert found.place.path.startswith("row ")


def test_a_row_far_down_stands_on_its_own_page(tray: ScriptedTray) -> None:
    write(tray, "order,item\n" + "".join(f"LF-x{n},{'thing ' * 10}\n" for n in range(3000)) + "LF-2,Stove\n")
    found = looked_up(tray, "orders.csv", "order", "LF-2")
    assert found is not None
    assert found.place.page > 1
    assert found.quote.startswith("LF-2")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_the_values_are_whole_in_any_usual_encoding(tray: ScriptedTray, encoding: str) -> None:
    write(tray, "order,item\nLF-2,Gehäuse für Öfen\n".encode(encoding))
    found = looked_up(tray, "orders.csv", "order", "LF-2")
    assert found is not None
    assert dict(found.cells)["item"] == "Gehäuse für Öfen"


def test_a_key_counts_whatever_its_case_and_spaces(tray: ScriptedTray) -> None:
    write(tray, PLAIN)
    found = looked_up(tray, "orders.csv", "order", " lf-2 ")
    assert found is not None
    assert dict(found.cells)["item"] == "Stove"


@pytest.mark.parametrize("wanted", ["LF-9", "LF", "", "LF-2,Stove", "../../etc/passwd", "*", "LF-_", "9" * 10_000])
def test_a_key_that_is_not_there_has_no_row(tray: ScriptedTray, wanted: str) -> None:
    write(tray, PLAIN)
    assert looked_up(tray, "orders.csv", "order", wanted) is None


def test_a_column_that_is_not_there_is_a_problem_that_names_the_others(tray: ScriptedTray) -> None:
    write(tray, PLAIN)
    with pytest.raises(Problem, match="order, item") as caught:
        looked_up(tray, "orders.csv", "number", "LF-2")
    assert caught.value.code == "bad_table"


@pytest.mark.parametrize("cell", [FORMULA, "@SUM(A1)", "+1+1", "-2+3", '=HYPERLINK("http://a.example")'])
def test_a_formula_in_a_table_is_text_and_stays_it(tray: ScriptedTray, cell: str) -> None:
    quoted = cell.replace('"', '""')
    write(tray, f'order,item\nLF-2,"{quoted}"\n')
    found = looked_up(tray, "orders.csv", "order", "LF-2")
    assert found is not None
    assert dict(found.cells)["item"] == cell


def test_a_document_that_is_no_table_is_a_problem(tray: ScriptedTray) -> None:
    write(tray, "Dear Sir,\n\nno table at all.\n", "letter.txt")
    assert code_of("lookup", tray, {"file": "letter.txt", "key": "order"}, value=value("LF-2")) == "bad_table"


# Sheets


def text(place: str, words: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{words}</t></is></c>'


HEAD = f'<row r="1">{text("A1", "order")}{text("B1", "item")}{text("C1", "pieces")}</row>'
FIRST = f'<row r="2">{text("A2", "LF-1")}{text("B2", "Tent")}{cell("C2", 1)}</row>'
SECOND = f'<row r="3">{text("A3", "LF-2")}{cell("C3", 3)}</row>'


def test_a_row_of_a_sheet_is_found_by_its_column_also_with_empty_cells(tray: ScriptedTray) -> None:
    write(tray, one(HEAD + FIRST + SECOND), "orders.xlsx")
    found = looked_up(tray, "orders.xlsx", "order", "lf-2")
    assert found is not None
    assert found.cells == (("order", "LF-2"), ("item", ""), ("pieces", "3"))
    assert found.place.path == "Sheet Orders > row 3 > A3"


def test_the_sheet_that_the_playbook_names_is_the_one_that_counts(tray: ScriptedTray) -> None:
    other = HEAD + FIRST.replace("Tent", "Lamp")
    write(tray, book([("Old", "visible", sheet(HEAD + FIRST)), ("New", "visible", sheet(other))]), "orders.xlsx")
    items = [
        dict(found.cells)["item"]
        for given in ({}, {"sheet": "New"})
        if (found := looked_up(tray, "orders.xlsx", "order", "LF-1", **given))
    ]
    assert items == ["Tent", "Lamp"]
    given = {"file": "orders.xlsx", "key": "order", "sheet": "../Old"}
    assert code_of("lookup", tray, given, value=value("LF-1")) == "bad_table"


def test_a_long_sheet_keeps_its_columns_over_its_pages(tray: ScriptedTray) -> None:
    rows = "".join(
        f'<row r="{n}">{text(f"A{n}", f"LF-x{n}")}{text(f"B{n}", "thing " * 12)}</row>' for n in range(2, 1500)
    )
    write(tray, one(f'{HEAD}{rows}<row r="1500">{text("A1500", "LF-2")}{text("B1500", "Stove")}</row>'), "orders.xlsx")
    found = looked_up(tray, "orders.xlsx", "order", "LF-2")
    assert found is not None
    assert dict(found.cells)["item"] == "Stove"
    assert found.place.page > 1


def test_what_a_sheet_hides_is_not_looked_up(tray: ScriptedTray) -> None:
    unseen = FIRST.replace('<row r="2">', '<row r="2" hidden="1">')
    concealed = book([("Orders", "visible", sheet(HEAD + unseen + SECOND)), ("Gone", "hidden", sheet(HEAD + FIRST))])
    write(tray, concealed, "orders.xlsx")
    assert looked_up(tray, "orders.xlsx", "order", "LF-1") is None
    assert looked_up(tray, "orders.xlsx", "order", "LF-2") is not None


def test_a_formula_in_a_sheet_is_never_reckoned(tray: ScriptedTray) -> None:
    row = f'<row r="2">{text("A2", "LF-1")}<c r="B2" t="str"><f>{FORMULA}</f><v>Tent</v></c></row>'
    write(tray, one(HEAD + row), "orders.xlsx")
    found = looked_up(tray, "orders.xlsx", "order", "LF-1")
    assert found is not None
    assert dict(found.cells)["item"] == "Tent"


def test_a_workbook_that_unpacks_to_a_bomb_is_refused(tray: ScriptedTray) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(one(HEAD + FIRST))) as good, zipfile.ZipFile(packed, "w", 8) as bomb:
        for name in good.namelist():
            sheet_data = b"<row>" * 60_000_000 if "sheets/" in name else b""
            bomb.writestr(name, sheet_data or good.read(name))
    write(tray, packed.getvalue(), "orders.xlsx")
    code = code_of("lookup", tray, {"file": "orders.xlsx", "key": "order"}, value=value("LF-1"))
    assert code in ("bomb", "too_large", "damaged", "out_of_memory")


# SQLite


def test_a_row_of_a_database_is_found_and_kept_so_that_it_can_be_cited(tray: ScriptedTray) -> None:
    database(tray, *ORDERS)
    found = looked_up(tray, "orders.db", "number", "lf-2", table="orders")
    assert found is not None
    assert found.cells == (("number", "LF-2"), ("item", "Stove"))
    assert found.quote == "number: LF-2 | item: Stove"


@pytest.mark.parametrize("kind", ["integer", "text", "", "real"])
def test_a_number_is_found_whatever_the_type_of_its_column(tray: ScriptedTray, kind: str) -> None:
    stored = "'20417'" if kind == "text" else "20417.0" if kind == "real" else "20417"
    database(tray, f"create table t (number {kind}, item blob)", f"insert into t values ({stored}, x'00ff')")
    found = looked_up(tray, "orders.db", "number", "20417.0" if kind == "real" else "20417", table="t")
    assert found is not None
    assert dict(found.cells)["item"] == "(2 bytes)"


ATTACKS = [
    "' or '1'='1",
    '" or 1=1 --',
    "LF-1'; drop table orders; --",
    "x' union select sql, 1 from sqlite_master --",
    "%",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_sql_in_a_key_is_a_key(tray: ScriptedTray, attack: str) -> None:
    path = database(tray, *ORDERS)
    before = path.read_bytes()
    assert looked_up(tray, "orders.db", "number", attack, table="orders") is None
    assert path.read_bytes() == before


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_key_but_the_right_one_finds_a_row(tmp_path_factory: pytest.TempPathFactory, wanted: str) -> None:
    tray = ScriptedTray(tmp_path_factory.mktemp("keys"))
    database(tray, *ORDERS)
    surely = wanted.encode("utf-8", "replace").decode()
    found = looked_up(tray, "orders.db", "number", surely, table="orders")
    assert (found is not None) == (surely.strip().lower() in ("lf-1", "lf-2"))


HOSTILE = {
    "a view": (*ORDERS, "create view all_orders as select * from orders"),
    "a virtual table": ("create virtual table all_orders using fts5(number, item)",),
    "the schema itself": ORDERS,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_only_a_plain_table_is_read(tray: ScriptedTray, name: str) -> None:
    database(tray, *HOSTILE[name])
    table = "sqlite_schema" if name == "the schema itself" else "all_orders"
    given = {"file": "orders.db", "key": "number", "table": table}
    assert code_of("lookup", tray, given, value=value("LF-1")) == "bad_table"


def test_a_column_that_is_computed_is_not_read(tray: ScriptedTray) -> None:
    table = "create table t (number text, item text generated always as (printf('%999999999d', 1)) virtual)"
    database(tray, table, "insert into t (number) values ('LF-1')")
    found = looked_up(tray, "orders.db", "number", "LF-1", table="t")
    assert found is not None
    assert found.cells == (("number", "LF-1"),)


@pytest.mark.parametrize(
    "table", ["", "../orders", "orders; drop table orders", 'orders" union select 1, 2 --', "main.orders", "temp"]
)
def test_a_table_that_is_not_there_is_a_problem(tray: ScriptedTray, table: str) -> None:
    database(tray, *ORDERS)
    given = {"file": "orders.db", "key": "number", "table": table}
    assert code_of("lookup", tray, given, value=value("LF-1")) == "bad_table"


def test_a_trigger_and_a_default_never_run(tray: ScriptedTray) -> None:
    trigger = "create trigger spy after insert on orders begin delete from orders; end"
    path = database(tray, ORDERS[0], ORDERS[1], trigger)
    before = path.read_bytes()
    assert looked_up(tray, "orders.db", "number", "LF-1", table="orders") is not None
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == ["home", "orders.db"]


def test_no_other_file_is_attached_and_no_extension_loaded(tray: ScriptedTray, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection itself refuses: what a schema could ask for is asked here directly."""
    refused = []

    def columns(db: Any, table: str, file: str) -> list[str]:
        for attempt in (
            f"attach database '{tray.folder / 'other.db'}' as other",
            "select load_extension('evil.so')",
            "insert into orders values ('LF-3', 'Lamp')",
            "pragma query_only = off",
            "create table more (x)",
            "select writefile('x', 'y')",
        ):
            with pytest.raises(sqlite.DatabaseError):
                db.execute(attempt)
            refused.append(attempt)
        return found(db, table, file)

    found = _sqlite._columns
    monkeypatch.setattr(_sqlite, "_columns", columns)
    database(tray, *ORDERS)
    assert looked_up(tray, "orders.db", "number", "LF-1", table="orders") is not None
    assert len(refused) == 6
    assert not (tray.folder / "other.db").exists()


def test_a_database_that_somebody_writes_right_now_is_not_read(tray: ScriptedTray) -> None:
    path = database(tray, *ORDERS)
    path.with_name("orders.db-wal").write_bytes(b"x")
    given = {"file": "orders.db", "key": "number", "table": "orders"}
    assert code_of("lookup", tray, given, value=value("LF-1")) == "bad_table"


def test_a_damaged_database_is_a_problem_or_read_but_never_more(tray: ScriptedTray) -> None:
    path = database(tray, *ORDERS)
    whole, rng, codes = path.read_bytes(), random.Random(7), set()
    for _ in range(120):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 40)):
            data[rng.randrange(16, len(data))] = rng.randrange(256)
        path.write_bytes(data)
        given = {"file": "orders.db", "key": "number", "table": "orders"}
        codes.add(code_of("lookup", tray, given, value=value("LF-1")))
    assert codes == {"", "bad_table"}


def test_a_search_without_end_is_cut_off(tmp_path: Path) -> None:
    tray = ScriptedTray(tmp_path, seconds=-1.0)
    many = (
        "with recursive n(x) as (select 1 union all select x + 1 from n where x < 50000) insert into t select x from n"
    )
    database(tray, "create table t (number)", many)
    given = {"file": "orders.db", "key": "number", "table": "t"}
    assert code_of("lookup", tray, given, value=value("none")) == "too_slow"
