"""Writes the stock of one warehouse into a file, straight from the tables."""

import csv
import sqlite3


def stock_of(connection, warehouse):
    cursor = connection.cursor()
    cursor.execute(f"SELECT item, sum(pieces) FROM stock WHERE warehouse = '{warehouse}' GROUP BY item")
    return cursor.fetchall()


def last_change(connection, item):
    cursor = connection.cursor()
    cursor.execute("SELECT max(changed) FROM movements WHERE item = ?", (item,))
    return cursor.fetchone()[0]


def main():
    connection = sqlite3.connect("stock.db")
    with open("stock.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for item, pieces in stock_of(connection, "NORTH"):
            writer.writerow([item, pieces, last_change(connection, item)])
    connection.close()
