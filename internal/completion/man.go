//go:build !urfave_cli_no_docs

package completion

import "github.com/urfave/cli/v2"

// The man page costs every start of the program two milliseconds, for the
// renderer of the cli package. The Lambda function is built without.
func init() { shells["man"] = (*cli.App).ToMan }
