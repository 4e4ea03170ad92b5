#!/usr/bin/env python3
"""Packs old exports and deletes them: cleanup.py FOLDER DAYS"""

import argparse
import subprocess
import sys


def pack(folder, days):
    command = f"find {folder} -name '*.csv' -mtime +{days} -print0 | xargs -0 tar czf old.tgz"
    return subprocess.call(command, shell=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("days", type=int)
    options = parser.parse_args()
    if pack(options.folder, options.days) != 0:
        print("packing failed", file=sys.stderr)
        sys.exit(1)
    subprocess.run(["find", options.folder, "-name", "*.csv", "-delete"])


if __name__ == "__main__":
    main()
