"""Checks the reports that the demo leaves: python3 check_demo.py DIR."""
import csv
import json
import sys

COLUMNS = ["source_bucket", "source_key", "target_bucket", "target_key", "size_bytes", "etag", "storage_class",
           "restore_expiry", "status", "success", "err_msg", "error_kind", "attempts", "method", "proof", "elapsed_ms"]
EXPECTED = {"copied": 12, "present": 46, "online": 1, "restoring": 1, "not_restored": 1, "differs": 1}
STATUSES = ["copied", "present", "online", "excluded", "requested", "restoring", "not_restored", "missing", "orphan",
            "misplaced", "differs", "unrouted", "failed", "canceled"]


def check(condition, message):
    if not condition:
        sys.exit(f"the demo's report is wrong: {message}")


def main(folder):
    with open(f"{folder}/first.json", encoding="utf-8") as f:
        first = json.load(f)
    check(first["schema_version"] == 1, "schema_version")
    check(first["run"]["complete"] is True, "run.complete")
    summary, rows = first["summary"], first["objects"]
    counts = {s: summary[s] for s in STATUSES}
    check({s: n for s, n in counts.items() if n} == EXPECTED, f"counts are {counts}")
    check(summary["scanned"] == sum(n or 0 for n in counts.values()) == len(rows), "the counts do not add up")
    check(all(list(row)[:len(COLUMNS)] == COLUMNS for row in rows), "a row lacks a column")
    check(summary["orphan"] is None, "a run looks for no orphans, and counts them")
    keys = [row["source_key"].encode() for row in rows]
    check(keys == sorted(keys) and len(set(keys)) == len(keys), "rows are not in key order")
    for row in rows:
        check(row["success"] == (row["err_msg"] == ""), f"success and err_msg of {row['source_key']!r}")
        check(row["status"] != "copied" or row["proof"], f"no proof of {row['source_key']!r}")

    with open(f"{folder}/first.csv", newline="", encoding="utf-8") as f:
        table = list(csv.DictReader(f))
    check(list(table[0]) == list(rows[0]), "the CSV's header")
    check([r["status"] for r in table] == [r["status"] for r in rows], "CSV and JSON disagree")

    with open(f"{folder}/second.json", encoding="utf-8") as f:
        second = json.load(f)["summary"]
    check(second["copied"] == 0 and second["scanned"] == summary["scanned"], "the second run is not idle")
    print(f"demo: {len(rows)} objects accounted for, {counts['copied']} copied, none by the second run")


main(sys.argv[1])
