package conform

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"hash/crc64"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// crc64NVME is the polynomial of CRC-64/NVME in the reflected form that
// hash/crc64 wants.
var crc64NVME = crc64.MakeTable(0x9a6c9329ac4bc9b5)

// The checksums of an object as S3 writes them: big-endian, base64.

func crc32Of(b []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)))
}

func crc64Of(b []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, crc64.Checksum(b, crc64NVME)))
}

func sha256Of(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// headChecksum is the head of an object with its checksums.
func (p *probe) headChecksum(bucket, key string) *s3.HeadObjectOutput {
	out, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{
		Bucket: &bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled,
	})
	p.must("head with checksums", err)
	return out
}

// withChecksum lets the SDK compute and send a checksum with a put.
func withChecksum(algorithm types.ChecksumAlgorithm) func(*s3.PutObjectInput) {
	return func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = algorithm }
}
