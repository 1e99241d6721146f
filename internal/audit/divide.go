package audit

import "context"

// divide shares the keys out among the walks.
func (a *Auditor) divide(context.Context) ([]keys, error) { return []keys{{}}, nil }
