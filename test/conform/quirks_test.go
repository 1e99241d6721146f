package conform_test

import (
	"flag"
	"testing"

	"reconcile/internal/s3sim"
	"reconcile/test/conform"
)

var whole = flag.Bool("whole", false, "run the whole suite for each quirk, not only the checks that it breaks; TestSimulator: with parts of 5 MiB, as S3's are")

// Every quirk of the simulator breaks the checks that are about it, and no
// other: so the quirks do what they say, and the checks can fail. Those that an
// SDK as it is cannot work with at all (RefuseSignedEncoding, RefuseOperationID,
// RefuseChecksums, DemandDigest, OtherDates, WeakETags) break every check; s3store
// has a test that it can.
func TestQuirks(t *testing.T) {
	for _, c := range []struct {
		name   string
		quirks s3sim.Quirks
		breaks []string
	}{
		{"NoRestoreStatus", s3sim.Quirks{NoRestoreStatus: true}, []string{
			"restorestatus/restored", "restorestatus/in-progress", "restorestatus/every-page",
		}},
		{"IgnoreTargetConditions", s3sim.Quirks{IgnoreTargetConditions: true}, []string{
			"copy/if-none-match", "copy/if-match-unequal", "copy/if-match-absent", "copy/pin-and-guard",
			"copy/condition-of-target", "multipart/if-none-match", "multipart/if-match",
		}},
		{"RefuseTargetConditions", s3sim.Quirks{RefuseTargetConditions: true}, []string{
			"copy/if-none-match", "copy/if-none-match-absent", "copy/if-match-equal", "copy/if-match-unequal",
			"copy/if-match-absent", "copy/pin-and-guard", "copy/condition-of-target",
			"multipart/if-none-match", "multipart/if-none-match-absent", "multipart/if-match",
		}},
		{"IgnoreCopySourceConditions", s3sim.Quirks{IgnoreCopySourceConditions: true}, []string{
			"copy/source-if-match-unequal", "copy/pin-and-guard", "copy/condition-of-source", "partcopy/source-if-match",
		}},
		{"IgnoreEncodingType", s3sim.Quirks{IgnoreEncodingType: true}, []string{
			"list/encoding-url", "list/start-after-control", "keys/control", "uploads/control-key",
		}},
		{"NoConditionElement", s3sim.Quirks{NoConditionElement: true}, []string{
			"copy/condition-of-source", "copy/condition-of-target",
		}},
		{"NoChecksums", s3sim.Quirks{NoChecksums: true}, []string{
			"list/checksum", "put/checksum-default", "head/checksum-mode", "head/checksum-type",
			"head/checksum-crc64nvme", "copy/checksum-asked", "copy/checksum-true",
			"multipart/checksum-full-object", "multipart/checksum-composite", "multipart/checksum-part-copy",
		}},
		{"ActiveTierErrorCode", s3sim.Quirks{ActiveTierErrorCode: true}, []string{
			"get/archived", "restore/in-progress", "restore/overwritten", "restore/expired",
		}},
		{"RefuseCopyConditions", s3sim.Quirks{RefuseCopyConditions: true}, []string{
			"copy/if-none-match", "copy/if-none-match-absent", "copy/if-match-equal", "copy/if-match-unequal",
			"copy/if-match-absent", "copy/pin-and-guard", "copy/condition-of-target",
		}},
		{"IgnoreIfNoneMatch", s3sim.Quirks{IgnoreIfNoneMatch: true}, []string{
			"copy/if-none-match", "copy/pin-and-guard", "copy/condition-of-target", "multipart/if-none-match",
		}},
		{"OddETags", s3sim.Quirks{OddETags: true}, []string{
			"list/fields", "list/overwritten", "put/etag", "head/fields", "get/whole",
			"copy/plain", "copy/multipart-source", "copy/size-5gib", "multipart/complete", "multipart/one-part",
			"partcopy/same-layout", "partcopy/other-layout", "partcopy/whole-source", "partcopy/uneven", "partcopy/over-5gib",
			"restore/done", "version/read",
		}},
		{"NameETags", s3sim.Quirks{NameETags: true}, []string{
			"list/fields", "list/overwritten", "put/etag", "head/fields", "get/whole",
			"copy/plain", "copy/multipart-source", "copy/size-5gib", "multipart/complete", "multipart/one-part",
			"partcopy/same-layout", "partcopy/other-layout", "partcopy/whole-source", "partcopy/uneven",
			"restore/done", "version/read",
		}},
		{"NoPartCopy", s3sim.Quirks{NoPartCopy: true}, []string{
			"multipart/no-such-upload", "multipart/checksum-part-copy", "partcopy/same-layout", "partcopy/other-layout",
			"partcopy/whole-source", "partcopy/uneven", "partcopy/odd-key", "partcopy/source-if-match", "partcopy/range-outside",
			"partcopy/missing-source", "partcopy/archived-source", "partcopy/carries-only-bytes", "partcopy/over-5gib",
		}},
		{"NoTagging", s3sim.Quirks{NoTagging: true}, []string{
			"copy/tagging-default", "copy/tagging-replace", "multipart/attributes", "partcopy/carries-only-bytes",
			"tags/put-header", "tags/round-trip", "tags/large", "tags/none", "tags/replaced", "tags/gone-with-overwrite",
			"tags/of-archived", "tags/missing-key",
		}},
		{"IgnorePartNumber", s3sim.Quirks{IgnorePartNumber: true}, []string{"multipart/part-number"}},
		{"LargestCopy", s3sim.Quirks{LargestCopy: 1 << 30}, []string{"copy/size-5gib"}},
		{"IgnoreIfMatch", s3sim.Quirks{IgnoreIfMatch: true}, []string{
			"put/if-match-unequal", "put/if-match-absent", "copy/if-match-unequal", "copy/if-match-absent", "multipart/if-match",
		}},
		{"RestoredStandard", s3sim.Quirks{RestoredStandard: true}, []string{"restore/done"}},
		{"UndatedRestore", s3sim.Quirks{UndatedRestore: true}, []string{
			"head/restore-absent", "restore/done", "restore/overwritten", "restore/deep-archive-expedited", "restore/expiry-midnight",
			"restore/expiry-days", "restore/expiry-extended", "restore/expired",
			"restorestatus/restored", "restorestatus/silent-for-others", "restorestatus/every-page",
		}},
		{"ArchiveClass", s3sim.Quirks{ArchiveClass: "COLD"}, []string{
			"list/storage-class", "head/class", "restore/in-progress", "restore/done",
		}},
		{"RefuseIfMatch", s3sim.Quirks{RefuseIfMatch: true}, []string{"put/if-match-equal", "put/if-match-absent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			target := simulator(t, c.quirks, smallPart)
			target.Name, target.Differences = c.name, map[string]string{}
			for _, check := range c.breaks {
				target.Differences[check] = "the quirk " + c.name
			}
			if !*whole {
				target.Only = c.breaks
			}
			conform.Run(t, target)
		})
	}
}
