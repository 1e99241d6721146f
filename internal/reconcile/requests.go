package reconcile

import "time"

// The requests and answers that scan and copier exchange with a store. They
// stand here because the store may know neither of the two.

// ListRequest asks for one page of a listing in key order.
type ListRequest struct {
	Bucket     string
	Prefix     string
	StartAfter string // exclusive; used on the first page
	Token      string // Page.Next of the page before; empty on the first
	Restore    bool   // ask for the restore status too

	// Early, when not nil, is called at most once, from within List, as soon as
	// the answer has said that it goes on and where, while its entries are still
	// being read. It must not block. The token may yet turn out to be worth
	// nothing, when List then fails: whoever acts on it compares it with
	// Page.Next. A store that cannot tell never calls it.
	Early func(next string)
}

// Page is one page of a listing. The keys and ETags of its objects share their
// memory: what is kept of a page for longer than the page is to be cloned,
// see Decision.Clone.
type Page struct {
	Objects []Object
	Next    string // token of the next page; empty on the last one
}

// Part is one part of a multipart upload. Numbers begin at 1.
type Part struct {
	Number   int32
	Offset   int64 // bytes
	Size     int64 // bytes
	ETag     string
	Checksum Checksum // as the server gave it, to be sent with Complete
}

// CopyRequest asks for one CopyObject. The source is pinned by its ETag.
type CopyRequest struct {
	Source       Object
	Target       Location
	Precondition Precondition
}

// Precondition is the condition under which a target may be written.
type Precondition struct {
	IfMatch string // ETag the target must still have; empty: it must not exist
	Off     bool   // no condition: for servers known not to take any
}

// RestoreRequest asks for one RestoreObject.
type RestoreRequest struct {
	Source Location
	Days   int    // how long the readable copy stays; 0: not said, as INTELLIGENT_TIERING wants it
	Tier   string // TierStandard …; empty: the server's default
}

// Written is what the server says of an object it has just written.
type Written struct {
	ETag       string // without quotes
	VersionID  string
	Checksum   Checksum
	Encryption Encryption
}

// UploadRequest asks for CreateMultipartUpload. Everything but the bytes must
// be given here.
type UploadRequest struct {
	Source   Detail
	Tags     map[string]string
	Target   Location
	Checksum string // algorithm for a full-object checksum of the copy; empty: the server's default
}

// Upload is an open multipart upload.
type Upload struct {
	Target   Location
	ID       string
	Checksum string            // as in UploadRequest
	LateTags map[string]string // tags too long for the request's header, to be put after Complete
}

// PartRequest asks for one UploadPartCopy: Part.Number of the upload becomes
// the source's bytes from Part.Offset on. The source is pinned by its ETag.
type PartRequest struct {
	Upload Upload
	Source Object
	Part   Part
}

// CompleteRequest asks for CompleteMultipartUpload; parts in order.
type CompleteRequest struct {
	Upload       Upload
	Parts        []Part
	Precondition Precondition
}

// Document is a small object that the program keeps for itself: a lease, a
// journal entry.
type Document struct {
	Body []byte
	ETag string        // without quotes
	Age  time.Duration // since it was written, by the server's own clock
}

// OpenUpload is a multipart upload that somebody opened and nobody has
// completed or aborted, as a listing of uploads shows it.
type OpenUpload struct {
	Upload    // LateTags are not known
	Initiated time.Time
}

// UploadMarker is where a page of a listing of uploads begins; zero: at the
// first one.
type UploadMarker struct {
	Key, ID string
}

// Pending is a multipart upload of this program as it is remembered across
// runs, from before it is opened until it is completed or aborted.
type Pending struct {
	Run      string // the run that began it
	Source   Location
	ETag     string    // the source's, to which every part is pinned
	Size     int64     // bytes
	Modified time.Time // the source's; with another one its metadata may be others
	Target   Location
	UploadID string    // empty: it was going to be opened
	Checksum string    // algorithm, as in UploadRequest
	Settings string    // how the target's bucket is written to: class, key, ACL …
	Tags     string    // a digest of the source's tags; empty: none
	Parts    []int64   // the sizes of its parts, in bytes
	Begun    time.Time // before it was opened, by the clock of the machine
}
