// Package manifest writes down what a plan found to be copied, for workers that
// share the work, and reads it back when their results are joined.
//
// A manifest is a folder, on disk or in S3. The objects are parted by size into
// classes, so that none is too large for its worker: see Classes. Each class
// that has objects has two files, both in the order of keys:
//
//	RUN-small.csv     bucket,key for S3 Batch Operations; no header, keys URL-encoded
//	RUN-small.jsonl   one JSON object a line for a Distributed Map, with the report's names
//
// RUN is the id of the plan's run, so that files of an earlier plan, which jobs
// may be reading, are never replaced. plan.json is the index: it is written last,
// after all that it names, so that whoever reads it finds the whole of a plan.
//
// It is a package of its own because plan, submit and merge share it, and the
// report knows nothing of workers.
package manifest
