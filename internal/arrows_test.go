// Package internal_test holds what is said of the packages together: which of
// them may import which.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const module = "reconcile"

// arrows names, for each package, which others of ours (below internal) it may
// import, and after # why where that is not plain. Data goes one way: scan,
// copier and report never meet but in pipeline. A line is a package, so that two
// changes meet on a line only where they mean the same package.
var arrows = readArrows(`
cmd/reconcile: * # everything
cmd/zip:
internal/audit: catalog proofs reconcile retry listing limiter extsort scan # both sides of everything; the division into key ranges is scan's
internal/batch: reconcile restore storage s3store manifest # jobs of S3 Batch Operations: checksums and restores both go that way
internal/catalog: granule strictjson
internal/commandline: config exit display progress # what all commands have in common; cmd has only what each is for
internal/completion: commandline config # of the flags
internal/config: batch audit reconcile restore display scan copier retry report s3store storage manifest notify # The options it fills are theirs.
internal/copier: reconcile retry limiter extsort
internal/demo: reconcile report s3sim
internal/diff: reconcile report strictjson # of two reports, which the report does not know
internal/display: # text of others, as config, s3store and cmd show it
internal/event: reconcile report strictjson # its answers have the report's rows
internal/exit:
internal/extsort:
internal/fixity: batch extsort limiter reconcile retry # checksums that S3 has computed, joined with what an audit has found
internal/granule: extsort strictjson
internal/handler: reconcile config copier event job pipeline s3store
internal/inventory: inventory/parquet reconcile extsort
internal/inventory/parquet: # flat Parquet files
internal/job: sshsign batch fixity display audit selection granule reconcile diff verify restore pricing config copier exit inventory journal keylist lease manifest merge pipeline report retry s3store scan storage metrics notify progress catalog proofs
internal/journal: reconcile storage
internal/keylist: strictjson
internal/lambda:
internal/lease: reconcile
internal/limiter: reconcile # whatever sends many requests needs it, and to know when they are hopeless; not copies alone
internal/listing: reconcile
internal/manifest: reconcile report extsort storage strictjson
internal/merge: sshsign reconcile report extsort storage manifest event strictjson
internal/metrics: reconcile storage # what a monitor reads of a job that has ended
internal/notify: # who is told that a run has ended
internal/pipeline: display fixity audit event selection granule reconcile retry keylist scan copier report restore listing limiter progress catalog report/breakdown
internal/pricing: # Money: pure, so that a plan, a restore and an audit reckon by one table.
internal/progress: reconcile display # how far a run is: every command shows it, and pipeline and job know no terminal
internal/proofs: reconcile report extsort storage # what audits have found out: rows of reports, which the report reads for nobody
internal/reconcile:
internal/report: display sshsign reconcile extsort storage strictjson report/html report/breakdown
internal/report/breakdown: reconcile # what charts are drawn of: the report counts, writes, reads and draws it
internal/report/html: # the page: text in, HTML out
internal/restore: reconcile retry extsort limiter pricing # asks for readable copies
internal/retry: reconcile
internal/s3list: reconcile # the listing decoder, which needs nothing of the SDK
internal/s3sim:
internal/sqssim: # the queue of tests; it knows nothing of ours
internal/s3store: reconcile retry s3list display
internal/scan: listing reconcile extsort
internal/selection: reconcile granule keylist report extsort
internal/storage: reconcile
internal/strictjson: # JSON, read strictly and written with keys as they are. What is named, and what should be there, come in the same documents, in which no field may be there twice.
internal/submit: reconcile config manifest s3store storage
internal/sshsign: # Signatures of manifests: one half is the report's, the other is verify's.
internal/verify: report storage sshsign # reads what the report wrote, for one command
test/bench:
test/conform:
`)

// readArrows reads the table. * is everything, for which nil stands.
func readArrows(table string) map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		line, _, _ = strings.Cut(line, "#")
		pkg, imports, _ := strings.Cut(line, ":")
		if _, twice := all[pkg]; twice {
			panic("two lines for " + pkg) // of which one would be ignored
		}
		all[pkg] = []string{}
		for _, name := range strings.Fields(imports) {
			all[pkg] = append(all[pkg], "internal/"+name)
		}
		if strings.TrimSpace(imports) == "*" {
			all[pkg] = nil
		}
	}
	return all
}

// awsModules is the path of the modules that speak to AWS. One package knows
// them; the conformance suite is a client of its own. The client of Lambda's
// runtime is another module, and has a package of its own too: it speaks of
// invocations, and has nothing of S3.
const (
	awsModules   = "github.com/aws/"
	lambdaModule = "github.com/aws/aws-lambda-go/"
)

// mayImport reports whether the package may import what is AWS's.
func mayImport(pkg, imported string) bool {
	if strings.HasPrefix(imported, lambdaModule) {
		return pkg == "internal/lambda"
	}
	return pkg == "internal/s3store" || pkg == "test/conform"
}

// TestArrows keeps the packages' imports as docs/design.md draws them.
func TestArrows(t *testing.T) {
	for file, imports := range sources(t) {
		pkg := path.Dir(file)
		allowed, known := arrows[pkg]
		if !known {
			t.Errorf("%s: package %s has no line in the table: say which packages it may import, and why it exists", file, pkg)
			continue
		}
		for _, imported := range imports {
			if strings.HasPrefix(imported, awsModules) && !mayImport(pkg, imported) {
				t.Errorf("%s imports %s: only internal/s3store speaks to the SDK, and only internal/lambda to Lambda's runtime", file, imported)
			}
			ours, ok := strings.CutPrefix(imported, module+"/")
			if ok && allowed != nil && !contains(allowed, ours) {
				t.Errorf("%s imports %s: that arrow is not in the design", file, imported)
			}
		}
	}
}

// TestNounsStandAlone keeps the rules free of everything but the standard
// library, so that they can be tested with tables.
func TestNounsStandAlone(t *testing.T) {
	for file, imports := range sources(t) {
		if path.Dir(file) != "internal/reconcile" {
			continue
		}
		for _, imported := range imports {
			if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") || first == module {
				t.Errorf("%s imports %s", file, imported)
			}
		}
	}
}

// TestStart: what every start of the program would pay for is made where it is
// first used, by sync.OnceValue.
func TestStart(t *testing.T) {
	early := regexp.MustCompile(`(?m)^(?:var |\t)\w+ *= *(?:regexp\.MustCompile|template\.Must)\(`)
	for file := range sources(t) {
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		if at := early.Find(text); at != nil {
			t.Errorf("%s: %s: made at every start of the program", file, strings.TrimSpace(string(at)))
		}
	}
}

// sources returns the imports of every Go file of the program, tests left out.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, dir := range []string{"../cmd", "../internal"} {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			key := strings.TrimPrefix(filepath.ToSlash(name), "../")
			found[key] = nil
			for _, spec := range f.Imports {
				imported, _ := strconv.Unquote(spec.Path.Value)
				found[key] = append(found[key], imported)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) == 0 {
		t.Fatal("no sources found: the test looks in the wrong place")
	}
	return found
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}
