// Package examples checks what stands in the folder examples: that Terraform,
// the state machine, manifests and policies are well formed and fit the program,
// that its command lines and settings are the program's, and, where that can be
// done without an account, that they do what they say: the program runs with
// them against an embedded S3 whose requests are held against the policies.
//
// It is a module of its own because of what it reads them with. The state
// machine needs Node and npm; where CI is set they must be there, elsewhere
// their absence is said.
package examples
