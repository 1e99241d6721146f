// Package report encodes outcomes.
//
// A Report takes outcomes in any order, from any number of goroutines, counts
// each and keeps a row for those that call for one. Rows are sorted by key, in
// bytes, however many there are: what exceeds the memory limit is spilled to
// disk (package extsort). Two reports of the same outcomes are the same bytes.
//
// # JSON
//
// The head is indented, each row stands on a line of its own. < > & are not
// escaped. A key that is not valid UTF-8, which S3 does not allow, stays valid
// JSON: each broken byte becomes U+FFFD. Only there is the JSON report not
// exact; the CSV report is.
//
// # CSV
//
// RFC 4180, but lines end in "\n", the first one is the header. The encoding is
// UTF-8 without a byte order mark. What is null in JSON is empty. Every row is
// exactly one line: no cell holds a line break, so that wc, sort, split and
// readers that know no line breaks in quotes (Athena's, say) work.
//
// A cell stands for its value like this:
//
//   - In the value, a backslash becomes \\, newline \n, carriage return \r and
//     tab \t. Each byte of any other control character (U+0000 to U+001F,
//     U+007F to U+009F), of the line separators U+2028 and U+2029, of a byte
//     order mark U+FEFF at the start, and each byte that is not valid UTF-8
//     becomes \x and two hexadecimal digits in lower case.
//   - If the value begins with = + - @ tab, carriage return or ', one ' is put
//     in front, so that no spreadsheet takes it for a formula.
//
// Everything else stays as it is. A reader takes off one leading ' if there is
// one, then replaces the escapes: UnescapeCell does so, and in Python:
//
//	import csv, re
//
//	SIMPLE = {b"\\": b"\\", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
//
//	def unescape(cell):
//	    def one(match):
//	        code = match[1]
//	        return SIMPLE[code] if code in SIMPLE else bytes([int(code[1:], 16)])
//	    if cell.startswith("'"):
//	        cell = cell[1:]
//	    value = re.sub(rb"\\(x[0-9a-f]{2}|.)", one, cell.encode())
//	    return value.decode("utf-8", "surrogateescape")
//
//	def read(path):
//	    with open(path, newline="", encoding="utf-8") as f:
//	        for row in csv.DictReader(f):
//	            yield {name: unescape(cell) for name, cell in row.items()}
package report
