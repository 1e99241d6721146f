package inventory

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"reconcile/internal/reconcile"
)

// row is one row of a file, whatever the format. Its texts may be overwritten
// by the next one.
type row struct {
	bucket, key string
	old         bool  // not the current version
	marker      bool  // a delete marker: the object is gone
	size        int64 // bytes; negative: none
	modified    time.Time
	etag        string
	class       string
	encryption  string
	tier        string // of INTELLIGENT_TIERING
	algorithm   string // of the checksum
}

// Bounds of texts in bytes. S3's are shorter; a text that is longer means that
// the columns are not what the schema says.
const (
	maxKey  = 1024 // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
	maxETag = 128
	maxWord = 64
)

// check refuses a row of a current object that lacks what every object has.
func (r *row) check() error {
	switch {
	case r.key == "" || len(r.key) > maxKey:
		return fmt.Errorf("a key of %d bytes", len(r.key))
	case r.size < 0:
		return fmt.Errorf("key %q has no Size", r.key)
	case r.class == "":
		return fmt.Errorf("key %q has no StorageClass", r.key)
	case len(r.etag) > maxETag:
		return fmt.Errorf("key %q has an ETag of %d bytes", r.key, len(r.etag))
	case max(len(r.class), len(r.encryption), len(r.tier), len(r.algorithm)) > maxWord:
		return fmt.Errorf("key %q: a word of more than %d bytes", r.key, maxWord)
	}
	return nil
}

// kind is what many objects have in common.
type kind struct {
	class, algorithm string
	encryption       reconcile.Encryption
	phase            reconcile.RestorePhase
}

func (r *row) kind() kind {
	return kind{
		class: r.class, algorithm: r.algorithm,
		encryption: encryptionOf(r.encryption), phase: phaseOf(r.class, r.tier),
	}
}

// object is an object of the kind, without what it has for itself.
func (k kind) object() reconcile.Object {
	o := reconcile.Object{StorageClass: k.class, Encryption: k.encryption}
	o.Restore.Phase = k.phase
	o.Checksum.Algorithm = k.algorithm
	if k.algorithm == "CRC64NVME" {
		// It exists for whole objects only. Of the others an inventory does
		// not say what they are of.
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
		o.Checksum.Type = reconcile.FullObject
	}
	return o
}

// encryptionOf reads EncryptionStatus. A word that is not documented stays
// unknown.
func encryptionOf(status string) reconcile.Encryption {
	switch status {
	case "SSE-S3", "NOT-SSE":
		return reconcile.EncryptionS3
	case "SSE-KMS":
		return reconcile.EncryptionKMS
	case "DSSE-KMS":
		return reconcile.EncryptionKMSDSSE
	case "SSE-C":
		return reconcile.EncryptionSSEC
	}
	return reconcile.EncryptionUnknown
}

// phaseOf is the restore phase as far as an inventory knows it. Of archive
// classes it does not say what has been restored. INTELLIGENT_TIERING is
// archived in its two archive tiers: what is restored there moves to another
// tier, and the next inventory says so. In the others an object may have been
// archived since.
func phaseOf(class, tier string) reconcile.RestorePhase {
	if class == reconcile.ClassIntelligentTiering && archiveTier(tier) {
		return reconcile.Archived
	}
	return reconcile.ListedRestore(class, false, false, time.Time{}).Phase
}

// archiveTier reports whether objects in the tier need a restore. The
// documentation names the tiers in words; the API has ARCHIVE_ACCESS and
// DEEP_ARCHIVE_ACCESS.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html
func archiveTier(tier string) bool {
	tier = strings.ReplaceAll(strings.ToUpper(tier), " ", "_")
	tier = strings.TrimSuffix(tier, "_ACCESS")
	return tier == "ARCHIVE" || tier == "DEEP_ARCHIVE"
}

var errBoolean = errors.New("neither true nor false")

// parseBool reads a flag; empty is absent.
func parseBool(s string, absent bool) (bool, error) {
	switch {
	case s == "":
		return absent, nil
	case strings.EqualFold(s, "true"):
		return true, nil
	case strings.EqualFold(s, "false"):
		return false, nil
	}
	return false, errBoolean
}
