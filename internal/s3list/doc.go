// Package s3list decodes the answer to ListObjectsV2, of which a run reads
// millions of entries: the SDK's decoder takes ten times as long. It is a
// package of its own because the decoder needs nothing of the SDK, and nobody
// but s3store needs the decoder.
package s3list
