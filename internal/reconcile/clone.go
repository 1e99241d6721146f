package reconcile

import "strings"

// Clone returns d with strings of its own, which stay as they are. Those of a
// listed object are parts of the text of its whole page, and so are what a
// route makes of its key: a decision that is kept for longer than the page is
// at hand would keep all of the page in memory. What is settled at once needs
// no clone.
func (d Decision) Clone() Decision {
	d.Source, d.Target = d.Source.clone(), d.Target.clone()
	if len(d.Collisions) > 0 {
		collisions := make([]string, len(d.Collisions))
		for i, key := range d.Collisions {
			collisions[i] = strings.Clone(key)
		}
		d.Collisions = collisions
	}
	return d
}

func (o Object) clone() Object {
	o.Key, o.ETag = strings.Clone(o.Key), strings.Clone(o.ETag)
	o.VersionID = strings.Clone(o.VersionID)
	o.Checksum.Value = strings.Clone(o.Checksum.Value)
	return o
}
