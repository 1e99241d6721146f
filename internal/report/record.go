package report

import "reconcile/internal/extsort"

// What the last number of a record says.
const (
	succeeded = 1 << iota
	leaks
	sourceOrders // the source key is the key that the row is sorted by, and left out
	targetOrders // so is the target key: mostly both are, which makes records half as long
)

// AppendRecord appends the row to b, in a form that DecodeRecord reads: for
// sorting rows beyond the memory there is. What the bytes of two records differ
// in first orders them as Outcome.Less does.
func (r *Row) AppendRecord(b []byte) []byte {
	order, source, target := r.orderKey(), r.SourceKey, r.TargetKey
	bits := bit(r.Success, succeeded) | bit(bool(r.Leak), leaks) | bit(source == order, sourceOrders) | bit(target == order, targetOrders)
	if source == order {
		source = ""
	}
	if target == order {
		target = ""
	}
	for _, t := range [...]Text{order, r.SourceBucket, r.TargetBucket, source, target} {
		b = extsort.AppendText(b, string(t))
	}
	for _, text := range texts {
		b = extsort.AppendText(b, string(*text(r)))
	}
	for _, n := range [...]int64{plusOne(r.SizeBytes), plusOne(r.TargetSizeBytes), r.Attempts, r.ElapsedMS, r.Refused, bits} {
		b = extsort.AppendNumber(b, n)
	}
	return b
}

func bit(is bool, which int64) int64 {
	if is {
		return which
	}
	return 0
}

// plusOne is a size and 1; 0: there is none.
func plusOne(size *int64) int64 {
	if size == nil {
		return 0
	}
	return max(*size, 0) + 1
}

func sizeOf(plusOne int64) *int64 {
	if plusOne == 0 {
		return nil
	}
	size := plusOne - 1
	return &size
}

// DecodeRecord returns the row that AppendRecord has written. Its texts share one
// string and keep nothing of the record.
func DecodeRecord(record []byte) (Row, error) {
	f := extsort.NewFields(record)
	text := func() Text { return Text(f.Text()) }
	order := text()
	r := Row{SourceBucket: text(), TargetBucket: text(), SourceKey: text(), TargetKey: text()}
	for _, column := range texts {
		*column(&r) = text()
	}
	r.SizeBytes, r.TargetSizeBytes = sizeOf(f.Number()), sizeOf(f.Number())
	r.Attempts, r.ElapsedMS, r.Refused = f.Number(), f.Number(), f.Number()
	bits := f.Number()
	r.Success, r.Leak = bits&succeeded != 0, bits&leaks != 0
	if bits&sourceOrders != 0 {
		r.SourceKey = order
	}
	if bits&targetOrders != 0 {
		r.TargetKey = order
	}
	if err := f.End(); err != nil {
		return Row{}, err
	}
	return r, nil
}
