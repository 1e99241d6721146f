package manifest

// Class is the objects up to a size, and how they are shared out.
type Class struct {
	Name       string
	UpTo       int64 // bytes, of the largest object; 0: any
	BatchItems int   // objects that one worker may get at a time
	Batch      bool  // S3 Batch Operations may have them: they have a CSV
}

// Classes are the size classes, the smallest first.
//
// A Lambda ends after 15 minutes, so a unit of work is meant to be through in
// 10, at 60 MiB a second and stream: the slowest of the server-side copies that
// others have published took 17 s for parts of 1 GiB, next to one another.
//
//   - small: 400 CopyObjects one after the other are 25 GiB, 427 s. The copier
//     makes them side by side; and the answer for 400 objects still has a row
//     for each (event: 240 KiB).
//   - medium: one CopyObject takes up to 5 GiB, 86 s; five of them 427 s.
//   - large: one object, by parts. With four streams, of which the copier may
//     have 256, 128 GiB take 547 s.
//   - huge: what no Lambda should be trusted with. These are for "reconcile run"
//     on a machine or in a container, and have no CSV.
//
// S3 Batch Operations hands out one object at a time, whatever the class.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
var Classes = []Class{
	{Name: "small", UpTo: 64 << 20, BatchItems: 400, Batch: true},
	{Name: "medium", UpTo: 5 << 30, BatchItems: 5, Batch: true},
	{Name: "large", UpTo: 128 << 30, BatchItems: 1, Batch: true},
	{Name: "huge", BatchItems: 1},
}

// classOf returns the index of the class that takes an object of size bytes.
func classOf(size int64) int {
	for i, c := range Classes {
		if c.UpTo == 0 || size <= c.UpTo {
			return i
		}
	}
	return len(Classes) - 1
}
