package reconcile

import "slices"

// Storage classes that rules speak of, in S3's words.
const (
	ClassStandard           = "STANDARD"
	ClassGlacier            = "GLACIER"
	ClassDeepArchive        = "DEEP_ARCHIVE"
	ClassIntelligentTiering = "INTELLIGENT_TIERING"
)

// onlineClass reports whether objects of the class can be read at any time.
// GLACIER_IR is one of them; S3 leaves STANDARD out of a HEAD.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
func onlineClass(class string) bool {
	switch class { // asked for every object listed: faster than a map
	case "", ClassStandard, "STANDARD_IA", "ONEZONE_IA", "REDUCED_REDUNDANCY",
		"GLACIER_IR", "EXPRESS_ONEZONE", "OUTPOSTS", "SNOW", "FSX_OPENZFS", "FSX_ONTAP":
		return true
	}
	return false
}

// ArchiveClass reports whether objects of the class need a restore before
// they can be read, whatever else is known of them.
func ArchiveClass(class string) bool {
	return class == ClassGlacier || class == ClassDeepArchive
}

// Classes are storage classes that the operator has named because other servers
// have classes of their own, or use Amazon's names otherwise. A class in neither
// list is what Amazon documents, and one that nobody knows is neither online nor
// archived until something shows it. A nil *Classes names none.
type Classes struct {
	Archive []string // objects of these need a restore
	Online  []string // and of these do not
}

// NeedsRestore reports whether objects of the class need a restore before they
// can be read.
func (c *Classes) NeedsRestore(class string) bool {
	if c == nil {
		return ArchiveClass(class)
	}
	return ArchiveClass(class) && !slices.Contains(c.Online, class) || slices.Contains(c.Archive, class)
}

// Listed is the restore state of a listed object: evidence of a restore goes
// before the class, and the operator's word on the class before what it is
// called.
func (c *Classes) Listed(o *Object) RestoreState {
	switch {
	case c == nil || o.Restore.Phase == Restored || o.Restore.Phase == Restoring:
	case slices.Contains(c.Online, o.StorageClass):
		return RestoreState{Phase: Online}
	case slices.Contains(c.Archive, o.StorageClass):
		return RestoreState{}
	}
	return o.Restore
}

// Headed is the same for an object that HEAD was asked about: HEAD always
// answers, so silence about an archive class means that it is not restored.
func (c *Classes) Headed(o *Object) RestoreState {
	s := c.Listed(o)
	if s.Phase == RestoreUnknown && c.NeedsRestore(o.StorageClass) {
		return RestoreState{Phase: Archived}
	}
	return s
}
