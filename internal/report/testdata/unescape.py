import csv, re

SIMPLE = {b"\\": b"\\", b"n": b"\n", b"r": b"\r", b"t": b"\t"}

def unescape(cell):
    def one(match):
        code = match[1]
        return SIMPLE[code] if code in SIMPLE else bytes([int(code[1:], 16)])
    if cell.startswith("'"):
        cell = cell[1:]
    value = re.sub(rb"\\(x[0-9a-f]{2}|.)", one, cell.encode())
    return value.decode("utf-8", "surrogateescape")

def read(path):
    with open(path, newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f):
            yield {name: unescape(cell) for name, cell in row.items()}
