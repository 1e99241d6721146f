package report

// EachDifference calls f with every column in which two rows differ, and with
// both values as text, "" for null.
func EachDifference(a, b *Row, f func(column, a, b string)) {
	for i := range columns {
		c := &columns[i]
		if was, is := valueOf(c, a), valueOf(c, b); was != is {
			f(c.name, was, is)
		}
	}
}
