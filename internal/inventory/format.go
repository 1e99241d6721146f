package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// format is one of the formats that inventories come in.
type format struct {
	name string
	// columns takes the columns' names out of the manifest's schema and checks
	// that none is missing.
	columns func(schema string) ([]string, error)
	// decode calls take with each row of a file, in the order of the file, until
	// it returns an error. schema is what columns returned.
	decode func(ctx context.Context, t *tempFile, schema []string, take func(*row) error) error
}

func formatOf(name string) (format, error) {
	switch strings.ToUpper(name) {
	case "CSV":
		return format{"CSV", csvColumns, decodeCSV}, nil
	case "PARQUET":
		// The files say themselves what their columns are.
		return format{"Parquet", func(string) ([]string, error) { return nil, nil }, decodeParquet}, nil
	case "ORC":
		return format{}, errors.New("ORC inventories cannot be read: configure the bucket's inventory with the format CSV or Parquet")
	}
	return format{}, fmt.Errorf("unknown fileFormat %q: CSV and Parquet can be read", name)
}

// The columns that are read, by their names in CSV schemas. Others are passed
// over.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
const (
	colBucket     = "Bucket"
	colKey        = "Key"
	colVersion    = "VersionId"
	colLatest     = "IsLatest"
	colMarker     = "IsDeleteMarker"
	colSize       = "Size"
	colModified   = "LastModifiedDate"
	colETag       = "ETag"
	colClass      = "StorageClass"
	colEncryption = "EncryptionStatus"
	colTier       = "IntelligentTieringAccessTier"
	colAlgorithm  = "ChecksumAlgorithm"
)

// neededColumns are those that nothing can be said without, and why.
var neededColumns = []struct{ name, why string }{
	{colBucket, "every inventory has it"},
	{colKey, "every inventory has it"},
	{colSize, "without sizes nothing can be compared; add Size to the inventory's optional fields"},
	{colClass, "it says what needs a restore; add StorageClass to the inventory's optional fields"},
}

// checkColumns refuses a schema without the columns that are needed. ETag and
// the others may be missing: what they say is not known then.
func checkColumns(has func(name string) bool) error {
	for _, c := range neededColumns {
		if !has(c.name) {
			return fmt.Errorf("the inventory has no field %s: %s", c.name, c.why)
		}
	}
	if has(colVersion) && !has(colLatest) {
		return fmt.Errorf("the inventory has versions and no field %s: current and old ones cannot be told apart", colLatest)
	}
	return nil
}

// csvColumns splits a schema as it stands in manifests of CSV inventories.
func csvColumns(schema string) ([]string, error) {
	names := strings.Split(schema, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if slices.Contains(names[:i], names[i]) {
			return nil, fmt.Errorf("the inventory's fields name %q twice", names[i])
		}
	}
	return names, checkColumns(func(name string) bool { return slices.Contains(names, name) })
}
