// Package s3sim is an in-memory S3 server over real HTTP with the semantics of
// Glacier restores and with faults that can be injected while it runs.
//
// The demo command, the tests and the benchmarks use it where they would need a
// bucket full of archived objects: a million objects fit in less than 200 MiB,
// and an object of 100 GiB costs no more than a small one, because its content
// is synthetic: bytes that follow from a seed, of which any range can be
// generated and whose CRC is combined instead of computed. Copies share the
// content of their source.
//
// What it checks, as S3 does: Signature Version 4 (headers, presigned queries
// and signed chunks), checksums, conditions, part sizes and the storage class.
// Of S3's control plane it has jobs of S3 Batch Operations that compute checksums
// or ask for restores. There is no other server to hold these against: requests
// and answers are held against Amazon's published model (in internal/s3store),
// and reports against the examples in its documentation.
//
// It shares no code with the AWS SDK, so that a client and the server cannot
// agree on the same mistake. What it leaves out is answered with 501
// NotImplemented, never silently.
//
// A server is started with [Start], filled with [Server.CreateBucket] and
// [Server.Put], and disturbed with [Server.Inject], [Server.SetRate] and
// [Server.SetLatency]. All methods may be called from several goroutines while
// requests are served.
package s3sim
