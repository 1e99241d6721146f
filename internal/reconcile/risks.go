package reconcile

import "time"

// Risks are what an audit has found that is no finding yet.
type Risks struct {
	Lapsing      *LapsingRisk  `json:"lapsing"`       // restored copies that lapse soon and are missing from the archive; nil: nobody looked
	ArchiveClass *Risk         `json:"archive_class"` // archive copies in a class that needs a restore; nil: nobody looked
	OpenUploads  []OpenUploads `json:"open_uploads"`  // a bucket each; nil: nobody looked
}

// Risk is so many objects.
type Risk struct {
	Objects int64  `json:"objects"`
	Bytes   int64  `json:"bytes"`
	First   string `json:"first"` // the address of the first in key order; empty: there is none
	key     string // of it
}

// LapsingRisk is about so many objects, and about the time that is left.
type LapsingRisk struct {
	Risk
	WithinSeconds int64 `json:"within_s"`
}

// OpenUploads are the multipart uploads that are left open in one bucket.
type OpenUploads struct {
	Bucket   string     `json:"bucket"`
	Uploads  int64      `json:"uploads"`
	Bytes    *int64     `json:"bytes"`     // of their parts; nil: not known
	OldestAt *time.Time `json:"oldest_at"` // when the oldest was begun; nil: there is none
	Oldest   string     `json:"oldest"`    // the address that it would write
	Error    string     `json:"error"`     // why the bucket was not looked at; empty: it was
}

// Add takes one object.
func (r *Risk) Add(o *Object) {
	r.join(Risk{Objects: 1, Bytes: o.Size, First: o.Location.String(), key: o.Key})
}

func (r *Risk) join(o Risk) {
	if r.Objects == 0 || o.Objects > 0 && o.before(r) {
		r.First, r.key = o.First, o.key
	}
	r.Objects += o.Objects
	r.Bytes += o.Bytes
}

// before compares addresses where keys are not known: risks read from reports.
func (r *Risk) before(o *Risk) bool {
	if r.key == "" || o.key == "" {
		return r.First < o.First
	}
	return r.key < o.key
}

// join adds the risks of another part of what was looked at. Each part sees all
// the uploads of a bucket.
func (r *Risks) join(o *Risks) *Risks {
	switch {
	case o == nil:
		return r
	case r == nil:
		r = &Risks{}
	}
	joined := *r
	if o.Lapsing != nil {
		both := *o.Lapsing
		if r.Lapsing != nil {
			both.join(r.Lapsing.Risk)
			both.WithinSeconds = max(both.WithinSeconds, r.Lapsing.WithinSeconds)
		}
		joined.Lapsing = &both
	}
	if o.ArchiveClass != nil {
		both := *o.ArchiveClass
		if r.ArchiveClass != nil {
			both.join(*r.ArchiveClass)
		}
		joined.ArchiveClass = &both
	}
	joined.OpenUploads = joinUploads(r.OpenUploads, o.OpenUploads)
	return &joined
}

// joinUploads keeps of each bucket what the part has seen that saw most.
func joinUploads(a, b []OpenUploads) []OpenUploads {
	var all []OpenUploads
	at := map[string]int{}
	for _, one := range append(a[:len(a):len(a)], b...) {
		i, known := at[one.Bucket]
		switch {
		case !known:
			at[one.Bucket] = len(all)
			all = append(all, one)
		case one.Uploads > all[i].Uploads || one.Error == "" && all[i].Error != "":
			all[i] = one
		}
	}
	return all
}
