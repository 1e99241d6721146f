package job

import (
	"context"
	"fmt"

	"reconcile/internal/config"
	"reconcile/internal/display"
	"reconcile/internal/sshsign"
	"reconcile/internal/verify"
)

// Verify is the job of verify-report: it says of each report and manifest, on
// stdout, whether it is what its run wrote.
// signers names a file with the keys that must have signed them; empty: none must.
func (j *Job) Verify(ctx context.Context, addresses []string, signers string) Result {
	bad := 0
	var failed error
	may, err := mayHaveSigned(signers)
	if err != nil {
		return Result{State: Invalid, Err: err}
	}
	err = verify.Reports(ctx, addresses, j.files().openIn, may, func(f verify.Finding) {
		if f.Bad() {
			bad++
		}
		if _, err := fmt.Fprintln(j.Stdout, display.Line(f.String())); err != nil && failed == nil {
			failed = fmt.Errorf("standard output: %w", err)
		}
	})
	if err == nil {
		err = failed
	}
	result := reported(ctx, err)
	if result.State == Complete && bad > 0 {
		result.State, result.Err = Unsettled, fmt.Errorf("%s to look at among the reports", things(int64(bad), "finding"))
	}
	return result
}

// mayHaveSigned reads the keys of those who may sign; nil: nobody is named.
func mayHaveSigned(file string) (verify.Signers, error) {
	if file == "" {
		return nil, nil
	}
	s, err := sshsign.ReadSigners(file)
	if err != nil {
		return nil, fmt.Errorf("--sign-pub: %w", err)
	}
	return s, nil
}

// signing is how manifests are signed by that key; nil: they are not.
func signing(file string) (func([]byte) ([]byte, error), error) {
	if file == "" {
		return nil, nil
	}
	key, err := sshsign.ReadKey(file)
	if err != nil {
		return nil, &config.Error{Err: fmt.Errorf("--sign-key: %w", err)}
	}
	return key.Sign, nil
}
