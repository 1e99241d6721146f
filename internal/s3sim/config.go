package s3sim

import "time"

// Config says what a server is. The zero value is a usable one.
type Config struct {
	// Addr is where to listen; default "127.0.0.1:0", a free port.
	Addr string
	// Region is what clients have to sign for; default "us-east-1".
	Region string
	// AccessKey and SecretKey are the only credentials that are accepted;
	// default "reconcile" and "reconcile-secret".
	AccessKey, SecretKey string
	// Now is the clock of restores, expiry and modification times; default
	// time.Now. Signatures are always checked against the real time.
	Now func() time.Time
	// RestoreDelay says how long a restore from a storage class by a tier
	// ("Standard", "Bulk", "Expedited") takes. By default none: a restored
	// object is readable at the next look.
	RestoreDelay func(class, tier string) time.Duration
	// JobRestoreDelay is RestoreDelay for what a job of S3 Batch Operations has
	// asked for; nil: the same.
	JobRestoreDelay func(class, tier string) time.Duration
	// JobTimes says how long the stages of a job take that carries out an
	// operation. By default none: a job has ended at the next look.
	JobTimes func(operation string) JobTimes
	// MD5Limit is the size in bytes up to which synthetic content has its
	// real MD5 as ETag; default 1 MiB. Above it the ETag is a digest of the
	// content's identity: equal contents still have equal ETags, but a client
	// that hashes the bytes gets something else. Uploaded bytes always have
	// their real MD5.
	MD5Limit int64
	// MinPart is how many bytes each part of an upload but the last must have,
	// and the source of a range that is copied more than that; default 5 MiB, as
	// in S3.
	MinPart int64
	// Quirks are the ways in which the server shall differ from S3.
	Quirks Quirks
}

// Quirks are ways in which servers that call themselves S3-compatible differ
// from S3.
type Quirks struct {
	// NoRestoreStatus makes listings ignore x-amz-optional-object-attributes.
	NoRestoreStatus bool
	// IgnoreTargetConditions makes CopyObject and CompleteMultipartUpload
	// ignore If-Match and If-None-Match.
	IgnoreTargetConditions bool
	// RefuseTargetConditions makes them answer 501 NotImplemented instead.
	RefuseTargetConditions bool
	// RefuseCopyConditions makes CopyObject alone answer so.
	RefuseCopyConditions bool
	// IgnoreIfNoneMatch makes CopyObject and CompleteMultipartUpload ignore
	// If-None-Match, and honour If-Match.
	IgnoreIfNoneMatch bool
	// OddETags makes an ETag of 24 characters for each object that is written,
	// which says nothing of its content.
	OddETags bool
	// NameETags makes the ETag a digest of the bucket's and the object's name.
	NameETags bool
	// NoPartCopy answers 501 to UploadPartCopy.
	NoPartCopy bool
	// NoTagging answers 405 to GetObjectTagging.
	NoTagging bool
	// IgnorePartNumber answers a GET or HEAD of a part with the whole object and
	// the number of its parts.
	IgnorePartNumber bool
	// LargestCopy is how many bytes CopyObject takes, above that it answers 413;
	// 0: as S3.
	LargestCopy int64
	// IgnoreCopySourceConditions makes CopyObject and UploadPartCopy ignore
	// the x-amz-copy-source-if-… headers.
	IgnoreCopySourceConditions bool
	// IgnoreEncodingType makes listings write keys as they are, and no
	// EncodingType.
	IgnoreEncodingType bool
	// NoConditionElement leaves the Condition out of a 412's body.
	NoConditionElement bool
	// NoChecksums leaves out all checksum headers and elements.
	NoChecksums bool
	// ActiveTierErrorCode answers ObjectNotInActiveTierError, as the API
	// model has it, where S3 answers InvalidObjectState.
	ActiveTierErrorCode bool
	// RefuseSignedEncoding answers SignatureDoesNotMatch where Accept-Encoding
	// is among the signed headers, as Google's service does, which rewrites it.
	RefuseSignedEncoding bool
	// RefuseOperationID answers 400 where the query has an x-id.
	RefuseOperationID bool
	// RefuseChecksums answers 501 to requests with x-amz-checksum-… headers.
	RefuseChecksums bool
	// DemandDigest answers 400 to objects and parts that come without
	// Content-MD5 or a checksum, as a bucket with a default retention does.
	DemandDigest bool
	// OtherDates writes dates as RFC 1123 where S3 writes ISO 8601, and the
	// other way round.
	OtherDates bool
	// WeakETags writes every ETag as W/"…", as a proxy that compresses does.
	WeakETags bool
	// IgnoreIfMatch makes every write ignore If-Match.
	IgnoreIfMatch bool
	// RefuseIfMatch answers 412 to every PutObject with If-Match in quotes.
	RefuseIfMatch bool
	// RestoredStandard calls an archived object STANDARD as long as its restored
	// copy is there, as Scaleway's service and versitygw's Glacier mode do.
	RestoredStandard bool
	// UndatedRestore says of every archived object that no restore is in
	// progress, and names no date, be it restored or not.
	UndatedRestore bool
	// ListPage is how many entries a page of a listing has at most; 0: as many as
	// S3's, 1,000.
	ListPage int
	// ArchiveClass is what GLACIER is called in answers; "" is GLACIER.
	ArchiveClass string
}

const defaultMD5Limit = 1 << 20

func (c Config) withDefaults() Config {
	setDefault(&c.Addr, "127.0.0.1:0")
	setDefault(&c.Region, "us-east-1")
	setDefault(&c.AccessKey, "reconcile")
	setDefault(&c.SecretKey, "reconcile-secret")
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.RestoreDelay == nil {
		c.RestoreDelay = func(string, string) time.Duration { return 0 }
	}
	if c.JobRestoreDelay == nil {
		c.JobRestoreDelay = c.RestoreDelay
	}
	if c.MD5Limit == 0 {
		c.MD5Limit = defaultMD5Limit
	}
	if c.MinPart == 0 {
		c.MinPart = minPart
	}
	return c
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}
