"""Adds up the invoice lines of a month and writes one line for each customer."""

import csv
import json
from pathlib import Path


def read_lines(path, seen=[]):
    """Rows of the export, without those that were seen before."""
    rows = []
    with open(path) as file:
        for row in csv.DictReader(file, delimiter=";"):
            if row["number"] not in seen:
                seen.append(row["number"])
                rows.append(row)
    return rows


def totals(rows):
    """Customer number and sum."""
    found = {}
    for row in rows:
        try:
            found[row["customer"]] = found.get(row["customer"], 0) + float(row["amount"])
        except:
            pass
    return found


if __name__ == "__main__":
    result = totals(read_lines("export.csv"))
    Path("totals.csv").write_text("\n".join(f"{k};{v:.2f}" for k, v in result.items()))
