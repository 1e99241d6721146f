package s3store

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"reconcile/internal/reconcile"
)

// BatchOperation is what a job does with each object: one of InvokeFunction,
// ComputeChecksum and RestoreObjects.
type BatchOperation interface{ operation() *types.JobOperation }

// InvokeFunction calls a Lambda function for each object.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_LambdaInvokeOperation.html
type InvokeFunction struct {
	Function  string            // ARN
	Arguments map[string]string // for the function, with each object
}

// invocationSchema is what the function is sent: the one with arguments.
const invocationSchema = "2.0"

func (f InvokeFunction) operation() *types.JobOperation {
	return &types.JobOperation{LambdaInvoke: &types.LambdaInvokeOperation{
		FunctionArn: &f.Function, InvocationSchemaVersion: aws.String(invocationSchema), UserArguments: f.Arguments,
	}}
}

// ComputeChecksum reads each object where it lies, restored or not, and writes
// the checksum of its whole content into the job's report.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-compute-checksums.html
type ComputeChecksum struct {
	Algorithm string // one of ChecksumAlgorithms
}

// ChecksumAlgorithms are those that a job can compute.
func ChecksumAlgorithms() []string {
	var all []string
	for _, a := range types.ComputeObjectChecksumAlgorithm("").Values() {
		all = append(all, string(a))
	}
	return all
}

func (c ComputeChecksum) operation() *types.JobOperation {
	return &types.JobOperation{S3ComputeObjectChecksum: &types.S3ComputeObjectChecksumOperation{
		ChecksumAlgorithm: types.ComputeObjectChecksumAlgorithm(c.Algorithm), ChecksumType: types.ComputeObjectChecksumTypeFullObject,
	}}
}

// RestoreObjects asks for a readable copy of each object. The job ends when all
// have been asked for, not when they are there.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-initiate-restore-object.html
type RestoreObjects struct {
	Days int    // 0 for INTELLIGENT_TIERING, whose objects need a job of their own
	Tier string // reconcile.TierStandard or reconcile.TierBulk: there is no Expedited here
}

func (r RestoreObjects) operation() *types.JobOperation {
	op := &types.S3InitiateRestoreObjectOperation{GlacierJobTier: r.tier()}
	if r.Days > 0 {
		op.ExpirationInDays = aws.Int32(int32(r.Days))
	}
	return &types.JobOperation{S3InitiateRestoreObject: op}
}

func (r RestoreObjects) tier() types.S3GlacierJobTier {
	if r.Tier == reconcile.TierBulk {
		return types.S3GlacierJobTierBulk
	}
	return types.S3GlacierJobTierStandard
}
