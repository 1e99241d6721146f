package examples

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

func texts(all ...string) cty.Value {
	var values []cty.Value
	for _, s := range all {
		values = append(values, cty.StringVal(s))
	}
	return cty.ListVal(values)
}

// least are the variables that have no defaults.
func least() map[string]cty.Value {
	return map[string]cty.Value{
		"zip_file":         cty.StringVal("dist/reconcile-lambda-arm64.zip"),
		"source_bucket":    cty.StringVal("my-glacier"),
		"protected_bucket": cty.StringVal("my-protected"),
		"reports_bucket":   cty.StringVal("my-reports"),
	}
}

// everything turns all on.
func everything() map[string]cty.Value {
	all := least()
	maps.Copy(all, map[string]cty.Value{
		"public_bucket": cty.StringVal("my-public"),
		"kms": cty.ObjectVal(map[string]cty.Value{
			"source_key":  cty.StringVal("arn:aws:kms:us-west-2:111122223333:key/one"),
			"archive_key": cty.StringVal("arn:aws:kms:us-west-2:111122223333:key/two"),
		}),
		"settings":         cty.MapVal(map[string]cty.Value{"RECONCILE_STORAGE_CLASS": cty.StringVal("STANDARD_IA")}),
		"notify_source":    cty.True,
		"run_options":      cty.MapVal(map[string]cty.Value{"prefix": cty.StringVal("2026/"), "report_rows": cty.StringVal("all")}),
		"abort_uploads_in": cty.SetVal([]cty.Value{cty.StringVal("my-protected")}),
		"batch_operations": cty.True,
		"alarm_actions":    texts("arn:aws:sns:us-west-2:111122223333:operators"),
		"backfill": cty.ObjectVal(map[string]cty.Value{
			"cluster_arn":         cty.StringVal("arn:aws:ecs:us-west-2:111122223333:cluster/reconcile"),
			"task_definition_arn": cty.StringVal("arn:aws:ecs:us-west-2:111122223333:task-definition/reconcile:1"),
			"task_role_arns":      texts("arn:aws:iam::111122223333:role/reconcile-task"),
			"subnet_ids":          texts("subnet-1", "subnet-2"),
			"security_group_ids":  texts("sg-1"),
		}),
	})
	return all
}

// TestTerraformFormat: the files are as terraform fmt lays them out. (It also
// takes needless quotes and ${} away, which this does not look for.)
func TestTerraformFormat(t *testing.T) {
	for _, name := range moduleFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(hclwrite.Format(text), text) {
			t.Errorf("%s: terraform fmt would change it", name)
		}
	}
}

// TestTerraformNames: what is referred to is declared, and has that attribute;
// what is declared is used, described and, where it is an input, typed.
func TestTerraformNames(t *testing.T) {
	m := loadModule(t)
	used := map[string]bool{}
	for _, b := range m.blocks {
		for _, e := range expressions(b.Body) {
			for _, tr := range e.Variables() {
				name, attribute := reference(tr)
				if name == "" || b.Type == "variable" && tr.RootName() != "var" {
					continue // a variable's type
				}
				target := m.blocks[name]
				if target == nil {
					t.Errorf("%s: there is no %s", tr.SourceRange(), name)
					continue
				}
				used[name] = used[name] || target != b || b.Type == "locals"
				schema, isResource := m.schemaOf(target)
				if isResource && attribute != "" && !slices.Contains(schema.Reads, attribute) {
					t.Errorf("%s: %s has no attribute %s", tr.SourceRange(), name, attribute)
				}
			}
		}
	}
	for name, b := range m.blocks {
		if (b.Type == "variable" || b.Type == "locals" || b.Type == "data") && !used[name] {
			t.Errorf("%s: %s is not used", b.Range(), name)
		}
		for _, want := range map[string][]string{"variable": {"description", "type"}, "output": {"description", "value"}}[b.Type] {
			if b.Body.Attributes[want] == nil {
				t.Errorf("%s: %s has no %s", b.Range(), name, want)
			}
		}
	}
}

func (m *module) schemaOf(b *hclsyntax.Block) (resourceSchema, bool) {
	switch b.Type {
	case "resource":
		return m.schema.Resource[b.Labels[0]], true
	case "data":
		return m.schema.Data[b.Labels[0]], true
	}
	return resourceSchema{}, false
}

// TestTerraformSchema: resources have the arguments and blocks that the provider
// wants, and no others.
func TestTerraformSchema(t *testing.T) {
	m := loadModule(t)
	meta := []string{"for_each", "count", "depends_on"}
	var check func(where string, b *hclsyntax.Body, s blockSchema, outermost bool)
	check = func(where string, b *hclsyntax.Body, s blockSchema, outermost bool) {
		seen := map[string]bool{}
		for name := range b.Attributes {
			seen[name] = true
			if _, ok := s.Attributes[name]; !ok && !(outermost && slices.Contains(meta, name)) {
				t.Errorf("%s: no argument %s", where, name)
			}
		}
		for _, inner := range b.Blocks {
			seen[inner.Type] = true
			below, ok := s.Blocks[inner.Type]
			if !ok {
				t.Errorf("%s: no block %s", where, inner.Type)
				continue
			}
			check(where+"."+inner.Type, inner.Body, below, false)
		}
		for name, a := range s.Attributes {
			if a.Required && !seen[name] {
				t.Errorf("%s: %s is required", where, name)
			}
		}
		for name, below := range s.Blocks {
			if below.Required && !seen[name] {
				t.Errorf("%s: block %s is required", where, name)
			}
		}
	}
	for name, b := range m.blocks {
		schema, ok := m.schemaOf(b)
		if ok && schema.Reads == nil {
			t.Errorf("%s is not in testdata/provider.json: write it again", name)
		} else if ok {
			check(name, b.Body, schema.blockSchema, true)
		}
	}
	major, _, _ := strings.Cut(m.schema.Provider, ".")
	if !strings.Contains(read(t, "terraform/versions.tf"), `">= `+major+`.0, <`) {
		t.Errorf("versions.tf wants another provider than %s", m.schema.Provider)
	}
}

// one returns the only instance of a resource.
func (m *module) one(t *testing.T, name string) instance {
	t.Helper()
	all := m.results[name]
	if len(all) != 1 {
		t.Fatalf("%d instances of %s", len(all), name)
	}
	return all[0]
}

func text(t *testing.T, v cty.Value) string {
	t.Helper()
	if v == cty.NilVal || v.IsNull() || v.Type() != cty.String {
		t.Fatalf("no text: %#v", v)
	}
	return v.AsString()
}

func number(t *testing.T, v cty.Value) int {
	t.Helper()
	if v == cty.NilVal || v.Type() != cty.Number {
		t.Fatalf("no number: %#v", v)
	}
	n, _ := v.AsBigFloat().Int64()
	return int(n)
}

// TestTerraformFunction: the function is what make lambda builds, and the queue
// leaves it the time that Amazon advises.
func TestTerraformFunction(t *testing.T) {
	m := loadModule(t)
	for _, variables := range []map[string]cty.Value{least(), everything()} {
		m.plan(variables)
		f := m.one(t, "aws_lambda_function.this").values
		makefile, err := os.ReadFile(root + "/Makefile")
		if err != nil {
			t.Fatal(err)
		}
		archs := regexp.MustCompile(`(?m)^ARCHS +:= (.*)$`).FindSubmatch(makefile)
		arch := f["architectures"].AsValueSlice()[0].AsString()
		if archs == nil || !slices.Contains(strings.Fields(string(archs[1])), arch) {
			t.Errorf("make lambda builds %s, the function is %s", archs, arch)
		}
		zip := "$(OUT)/reconcile-lambda-$*.zip $(OUT)/lambda-$*/" + text(t, f["handler"])
		if !bytes.Contains(makefile, []byte(zip)) || filepath.Base(text(t, f["filename"])) != "reconcile-lambda-"+arch+".zip" {
			t.Errorf("make lambda does not write %s with %s", f["filename"].AsString(), zip)
		}
		if text(t, f["runtime"]) != "provided.al2023" {
			t.Errorf("runtime %s", f["runtime"].AsString())
		}
		queue, mapping := m.one(t, "aws_sqs_queue.restored").values, m.one(t, "aws_lambda_event_source_mapping.restored")
		if number(t, queue["visibility_timeout_seconds"]) < 6*number(t, f["timeout"]) {
			t.Error("the visibility timeout is too short")
		}
		if got := mapping.values["function_response_types"].AsValueSlice(); len(got) != 1 || got[0].AsString() != "ReportBatchItemFailures" {
			t.Errorf("function_response_types %v", got)
		}
		if number(t, mapping.blocks["scaling_config"][0]["maximum_concurrency"]) < 2 {
			t.Error("Lambda wants at least 2 as maximum concurrency")
		}
		// Above 10 messages a batch must be waited for.
		if number(t, mapping.values["maximum_batching_window_in_seconds"]) < 1 {
			t.Error("the batching window is 0")
		}
	}
}

// TestTerraformSizes: without options there is nothing of them, with all there
// is all.
func TestTerraformSizes(t *testing.T) {
	m := loadModule(t)
	counts := func(variables map[string]cty.Value) (none []string) {
		m.plan(variables)
		for name, all := range m.results {
			if len(all) == 0 {
				none = append(none, name)
			}
		}
		slices.Sort(none)
		return none
	}
	want := []string{
		"aws_iam_policy.plans", "aws_iam_policy.submit", "aws_iam_role.backfill", "aws_iam_role.batch_operations",
		"aws_iam_role_policy.backfill", "aws_iam_role_policy.batch_operations",
		"aws_s3_bucket_lifecycle_configuration.uploads", "aws_s3_bucket_notification.source", "aws_sfn_state_machine.backfill",
	}
	if got := counts(least()); !slices.Equal(got, want) {
		t.Errorf("without options there is none of %v", got)
	}
	if got := counts(everything()); len(got) > 0 {
		t.Errorf("with all options there is none of %v", got)
	}
	if got := counts(with(least(), "schedule", cty.NullVal(cty.String))); !slices.Contains(got, "aws_scheduler_schedule.nightly") {
		t.Errorf("without a schedule there is none of %v", got)
	}
}

func with(variables map[string]cty.Value, name string, v cty.Value) map[string]cty.Value {
	variables[name] = v
	return variables
}

// policies returns the documents of the plan, by address and attribute.
func (m *module) policies(t *testing.T) map[string]policy {
	t.Helper()
	all := map[string]policy{}
	for _, instances := range m.results {
		for _, i := range instances {
			for _, name := range []string{"policy", "assume_role_policy"} {
				if v, ok := i.values[name]; ok {
					all[i.address+" "+name] = mustPolicy(t, i.address, text(t, v))
				}
			}
		}
	}
	return all
}

// TestTerraformPolicies: all of them are well formed, and no bucket of the
// examples is left in them when other buckets are given.
func TestTerraformPolicies(t *testing.T) {
	m := loadModule(t)
	m.plan(least())
	if got := m.policies(t); len(got) < 8 {
		t.Errorf("only %d policies", len(got))
	}
	others := everything()
	for _, role := range []string{"source", "protected", "public", "reports"} {
		// names that begin with the example's other names
		others[role+"_bucket"] = cty.StringVal("my-public-" + role)
	}
	m.plan(others)
	for where, p := range m.policies(t) {
		for _, s := range p.Statement {
			for _, r := range s.Resource {
				bucket, isBucket := strings.CutPrefix(r, "arn:aws:s3:::")
				if isBucket && !regexp.MustCompile(`^my-public-(source|protected|public|reports)(/|$)`).MatchString(bucket) {
					t.Errorf("%s: %s", where, r)
				}
				if strings.Contains(r, "KEY-OF") {
					t.Errorf("%s: %s", where, r)
				}
			}
		}
	}
}
