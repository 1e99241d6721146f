package examples

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"reconcile/internal/manifest"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

const machineFile = "stepfunctions/backfill.asl.json"

// interpreter returns the folder of the interpreter, installed as its lock file
// says. Where CI is set it must be possible to install it.
func interpreter(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not there, and the state machine is to be executed: apt-get install nodejs npm", tool)
			}
			t.Skipf("no %s here: the state machine is NOT executed; apt-get install nodejs npm", tool)
		}
	}
	installOnce.Do(func() {
		c := exec.Command("npm", "ci", "--prefer-offline")
		c.Dir = "asl"
		var out []byte
		if out, installErr = c.CombinedOutput(); installErr != nil {
			installErr = fmt.Errorf("npm ci: %w\n%s", installErr, out)
		}
	})
	if installErr != nil {
		t.Fatal(installErr)
	}
	return "asl"
}

var (
	installOnce sync.Once
	installErr  error
)

// cloud is what the state machine's tasks call: it runs the program as ECS and
// Lambda would, against the simulator.
type cloud struct {
	t        *testing.T
	server   *s3sim.Server
	task     *gate // of the containers
	function *gate
	env      []string // of the containers' task definition
	plan     *module
	// lambda, if set, may answer an invocation in the function's place.
	lambda func(n int, payload string) (error, cause string)

	mu          sync.Mutex
	invocations int
}

type call struct {
	Resource string
	Input    json.RawMessage
	Error    string
}

type reply struct {
	Output any    `json:"output,omitempty"`
	Error  string `json:"error,omitempty"`
	Cause  string `json:"cause,omitempty"`
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in call
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	json.NewEncoder(w).Encode(c.answer(in))
}

func (c *cloud) answer(in call) reply {
	var object struct{ Bucket, Key, Body string }
	switch in.Resource {
	case "arn:aws:states:::ecs:runTask.sync":
		return c.runTask(in.Input)
	case "arn:aws:states:::lambda:invoke":
		return c.invoke(in.Input)
	case "arn:aws:states:::aws-sdk:s3:getObject":
		if err := json.Unmarshal(in.Input, &object); err != nil {
			return reply{Error: "States.Runtime", Cause: err.Error()}
		}
		info, ok := c.server.Get(object.Bucket, object.Key)
		if !ok {
			return reply{Error: "S3.NoSuchKeyException", Cause: "The specified key does not exist."}
		}
		return reply{Output: map[string]string{"Body": string(c.server.Read(object.Bucket, object.Key, 0, info.Size))}}
	case "putObject":
		if err := json.Unmarshal(in.Input, &object); err != nil {
			return reply{Error: "States.Runtime", Cause: err.Error()}
		}
		c.server.Put(object.Bucket, object.Key, s3sim.Object{Body: []byte(object.Body)})
		return reply{Output: map[string]string{}}
	}
	return reply{Error: "States.Runtime", Cause: "no such resource: " + in.Resource}
}

// runTask runs the container with the command that overrides its own. A task
// whose container ends with another code than 0 has failed, with what ECS says
// of it as the cause.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
func (c *cloud) runTask(input json.RawMessage) reply {
	var in struct {
		LaunchType, Cluster, TaskDefinition string
		NetworkConfiguration                struct {
			AwsvpcConfiguration struct {
				Subnets, SecurityGroups []string
				AssignPublicIp          string
			}
		}
		Overrides struct {
			ContainerOverrides []struct {
				Name    string
				Command []string
			}
		}
	}
	if err := strictJSON(string(input), &in); err != nil || len(in.Overrides.ContainerOverrides) != 1 || in.Overrides.ContainerOverrides[0].Name != "reconcile" {
		return reply{Error: "ECS.InvalidParameterException", Cause: fmt.Sprint(err)}
	}
	if n := in.NetworkConfiguration.AwsvpcConfiguration; !slices.Equal(n.Subnets, []string{"subnet-1", "subnet-2"}) || !slices.Equal(n.SecurityGroups, []string{"sg-1"}) {
		return reply{Error: "ECS.InvalidParameterException", Cause: fmt.Sprint(n)}
	}
	env := append(reaching(c.server, c.task.URL), c.env...)
	got := finish(c.t, command(c.t, c.t.TempDir(), env, in.Overrides.ContainerOverrides[0].Command...))
	c.t.Logf("task %v: exit code %d", in.Overrides.ContainerOverrides[0].Command, got.code)
	task := map[string]any{"LastStatus": "STOPPED", "Containers": []any{map[string]any{"Name": "reconcile", "ExitCode": got.code}}}
	if got.code != exitOK {
		if got.code != exitLeft {
			c.t.Log(got.stderr)
		}
		cause, _ := json.Marshal(task)
		return reply{Error: "States.TaskFailed", Cause: string(cause)}
	}
	return reply{Output: task}
}

func (c *cloud) invoke(input json.RawMessage) reply {
	var in struct {
		FunctionName string
		Payload      json.RawMessage
	}
	if err := strictJSON(string(input), &in); err != nil || !strings.HasPrefix(in.FunctionName, "arn:aws:lambda:") {
		return reply{Error: "Lambda.InvalidParameterException", Cause: fmt.Sprint(err, in.FunctionName)}
	}
	c.mu.Lock()
	c.invocations++
	n := c.invocations
	c.mu.Unlock()
	if c.lambda != nil {
		if e, cause := c.lambda(n, string(in.Payload)); e != "" {
			return reply{Error: e, Cause: cause}
		}
	}
	f := startFunction(c.t, c.plan, reaching(c.server, c.function.URL))
	got := f.invoke(c.t, string(in.Payload))
	if got.failed {
		return reply{Error: "UnhandledError", Cause: got.body}
	}
	return reply{Output: map[string]any{"ExecutedVersion": "$LATEST", "StatusCode": 200, "Payload": json.RawMessage(got.body)}}
}

// ended is what the interpreter prints.
type ended struct {
	Status, Error, Cause string
	Calls                []call
}

func (e ended) count(resource, err string) (n int) {
	for _, c := range e.Calls {
		if c.Resource == resource && c.Error == err {
			n++
		}
	}
	return n
}

const (
	lambdaResource = "arn:aws:states:::lambda:invoke"
	ecsResource    = "arn:aws:states:::ecs:runTask.sync"
)

// execute runs the state machine of the Terraform plan.
func execute(t *testing.T, c *cloud) ended {
	t.Helper()
	dir := interpreter(t)
	definition := filepath.Join(t.TempDir(), "definition.json")
	text := text(t, c.plan.one(t, "aws_sfn_state_machine.backfill").values["definition"])
	if err := os.WriteFile(definition, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c)
	defer server.Close()
	node := exec.Command("node", "run.mjs", definition, server.URL, "one")
	node.Dir = dir
	var out, errs bytes.Buffer
	node.Stdout, node.Stderr = &out, &errs
	err := node.Run()
	if errs.Len() > 0 {
		t.Log(&errs)
	}
	var e ended
	if err != nil || json.Unmarshal(out.Bytes(), &e) != nil {
		t.Fatalf("node: %v\n%s", err, &out)
	}
	return e
}

// newCloud has objects of every class to copy; the function and the tasks act
// under the policies of the Terraform plan.
func newCloud(t *testing.T) *cloud {
	t.Helper()
	m := loadModule(t)
	m.plan(everything())
	c := &cloud{t: t, server: exampleServer(t), plan: m}
	task := ofFunction(t, m)
	for where, p := range m.policies(t) {
		if strings.HasPrefix(where, "aws_iam_policy.plans") {
			task = append(task, p)
		}
	}
	c.task, c.function = newGate(t, c.server, task...), newGate(t, c.server, ofFunction(t, m)...)
	t.Cleanup(func() { c.task.clean(t); c.function.clean(t) })
	for _, v := range taskDefinition(t).ContainerDefinitions[0].Environment {
		if get(v.Name) != "TMPDIR" {
			c.env = append(c.env, get(v.Name)+"="+get(v.Value))
		}
	}
	return c
}

func (c *cloud) fill(sizes ...int64) {
	for i, size := range sizes {
		restored(c.server, fmt.Sprintf("2026/%04d.hdf", i), size)
	}
}

// merged reads the merged report.
func (c *cloud) merged() (report.Head, map[string]report.Row) {
	c.t.Helper()
	info, ok := c.server.Get("my-reports", "backfill/one/merged.json")
	if !ok {
		c.t.Fatalf("no merged report: %v", c.server.Keys("my-reports"))
	}
	rows := map[string]report.Row{}
	head, err := report.ReadJSON(bytes.NewReader(c.server.Read("my-reports", "backfill/one/merged.json", 0, info.Size)), func(r report.Row) error {
		rows[string(r.SourceKey)] = r
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return head, rows
}

const (
	small  = 10
	medium = 100 << 20
	large  = 6 << 30
	huge   = 130 << 30
)

// TestMachineSucceeds: plan, a Distributed Map for each class, a run for what is
// too large for a function, merge: everything is copied and reported once.
func TestMachineSucceeds(t *testing.T) {
	interpreter(t)
	c := newCloud(t)
	for i := range 401 { // two batches
		restored(c.server, fmt.Sprintf("2026/small/%04d.hdf", i), small)
	}
	c.fill(medium, medium, large, huge)
	got := execute(t, c)
	if got.Status != "SUCCEEDED" {
		t.Fatalf("%s %s: %s", got.Status, got.Error, got.Cause)
	}
	if n := got.count(lambdaResource, ""); n != 2+1+1 {
		t.Errorf("%d invocations", n)
	}
	if n := got.count(ecsResource, "") + got.count(ecsResource, "States.TaskFailed"); n != 3 {
		t.Errorf("%d tasks: want plan, run, merge", n)
	}
	head, rows := c.merged()
	if !head.Run.Complete || len(rows) != 405 {
		t.Errorf("complete %v, %d rows", head.Run.Complete, len(rows))
	}
	for key, r := range rows {
		if _, there := c.server.Get("my-protected", key); !there || !r.Success {
			t.Errorf("%s: %s, there %v", key, r.Status, there)
		}
	}
}

// TestMachineRetries: a function that is throttled, and one whose service fails,
// is invoked again.
func TestMachineRetries(t *testing.T) {
	interpreter(t)
	c := newCloud(t)
	c.fill(small, medium)
	errs := []string{"Lambda.TooManyRequestsException", "Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.SdkClientException"}
	c.lambda = func(n int, _ string) (string, string) {
		if n <= len(errs) {
			return errs[n-1], "injected"
		}
		return "", ""
	}
	if got := execute(t, c); got.Status != "SUCCEEDED" || got.count(lambdaResource, "") != 2 || got.count(lambdaResource, errs[0]) != 2 {
		t.Errorf("%+v", got)
	}
}

// TestMachineGivesUp: a batch that is throttled for ever, or whose function
// fails in another way, fails nothing but itself; its objects are failed in the
// merged report, and the execution says that objects are left.
func TestMachineGivesUp(t *testing.T) {
	interpreter(t)
	c := newCloud(t)
	c.fill(small, medium, medium, medium, medium, medium, medium, large) // six medium: two batches
	c.lambda = func(n int, payload string) (string, string) {
		switch {
		case strings.Contains(payload, "0006.hdf"): // the second of medium
			return "Lambda.TooManyRequestsException", "Rate Exceeded."
		case strings.Contains(payload, "0007.hdf"): // large
			return "ConfigurationError", "no such setting"
		}
		return "", ""
	}
	got := execute(t, c)
	if got.Status != "FAILED" || got.Error != "ObjectsLeft" {
		t.Fatalf("%s %s: %s", got.Status, got.Error, got.Cause)
	}
	if n := got.count(lambdaResource, "Lambda.TooManyRequestsException"); n != 11 {
		t.Errorf("throttled %d times", n)
	}
	if n := got.count(lambdaResource, "ConfigurationError"); n != 1 {
		t.Errorf("a wrong setting was tried %d times", n)
	}
	_, rows := c.merged()
	for key, want := range map[string]string{"2026/0000.hdf": "copied", "2026/0005.hdf": "copied", "2026/0006.hdf": "failed", "2026/0007.hdf": "failed"} {
		if got := string(rows[key].Status); got != want {
			t.Errorf("%s is %s, want %s: %s", key, got, want, rows[key].ErrMsg)
		}
	}
	if !strings.Contains(string(rows["2026/0006.hdf"].ErrMsg), "Rate Exceeded") {
		t.Errorf("the cause is lost: %s", rows["2026/0006.hdf"].ErrMsg)
	}
}

// TestMachinePartialFailure: an object that fails in a batch does not keep the
// others from being copied.
func TestMachinePartialFailure(t *testing.T) {
	interpreter(t)
	c := newCloud(t)
	c.fill(small, small, small)
	c.server.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "2026/0001", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	got := execute(t, c)
	_, rows := c.merged()
	if got.Error != "ObjectsLeft" || rows["2026/0000.hdf"].Status != "copied" || rows["2026/0001.hdf"].Status != "failed" || rows["2026/0002.hdf"].Status != "copied" {
		t.Errorf("%s %s: %+v", got.Status, got.Error, rows)
	}
}

// TestMachineEnds: what else may come of a plan.
func TestMachineEnds(t *testing.T) {
	interpreter(t)
	for name, test := range map[string]struct {
		prepare func(*cloud)
		error   string
		tasks   int
	}{
		"nothing to copy": {func(*cloud) {}, "", 1},
		"an object differs": {func(c *cloud) {
			c.fill(small)
			restored(c.server, "2026/other.hdf", small)
			c.server.Put("my-protected", "2026/other.hdf", s3sim.Object{Size: 11})
		}, "ObjectsDiffer", 2},
		"the plan fails": {func(c *cloud) {
			c.server.Inject(s3sim.Fault{Op: "ListObjectsV2", Bucket: "my-glacier", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
		}, "States.TaskFailed", 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			test.prepare(c)
			got := execute(t, c)
			if got.Error != test.error {
				t.Errorf("%s %q: %s", got.Status, got.Error, got.Cause)
			}
			tasks := 0
			for _, call := range got.Calls {
				if call.Resource == ecsResource {
					tasks++
				}
			}
			if tasks != test.tasks {
				t.Errorf("%d tasks", tasks)
			}
		})
	}
}

// TestMachineFits: the batches are those of the plan's classes, and the example
// of the documentation has the same fields.
func TestMachineFits(t *testing.T) {
	m := loadModule(t)
	m.plan(everything())
	definition := text(t, m.one(t, "aws_sfn_state_machine.backfill").values["definition"])
	if left := regexp.MustCompile(`\$\{[^}]*\}`).FindString(definition); left != "" {
		t.Errorf("%s is left in the definition", left)
	}
	var all struct {
		States struct {
			Copy struct {
				Branches []struct {
					States map[string]struct {
						Type                       string
						Label                      string
						ItemBatcher                struct{ MaxItemsPerBatch, MaxInputBytesPerBatch int }
						ToleratedFailurePercentage int
						MaxConcurrency             int
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(definition), &all); err != nil {
		t.Fatal(err)
	}
	maps := map[string]int{}
	for _, b := range all.States.Copy.Branches {
		for _, s := range b.States {
			if s.Type == "Map" {
				maps[s.Label] = s.ItemBatcher.MaxItemsPerBatch
				if s.ItemBatcher.MaxInputBytesPerBatch > 256<<10 || s.ToleratedFailurePercentage != 100 || s.MaxConcurrency < 1 {
					t.Errorf("%+v", s)
				}
			}
		}
	}
	for _, class := range manifest.Classes {
		if class.Batch && maps[class.Name] != class.BatchItems {
			t.Errorf("a batch of %s has %d objects, the plan says %d", class.Name, maps[class.Name], class.BatchItems)
		}
		if !class.Batch && maps[class.Name] != 0 {
			t.Errorf("%s is not for functions", class.Name)
		}
	}
}

// TestMachineRole: the role of the state machine may do what the machine does.
func TestMachineRole(t *testing.T) {
	m := loadModule(t)
	m.plan(everything())
	role := []policy{m.policies(t)["aws_iam_role_policy.backfill[0] policy"]}
	function := m.values["aws_lambda_function.this"].GetAttr("arn").AsString()
	execution := "arn:aws:states:us-west-2:111122223333:execution:reconcile-backfill"
	for _, w := range []wish{
		{"lambda:InvokeFunction", function, nil},
		{"ecs:RunTask", "arn:aws:ecs:us-west-2:111122223333:task-definition/reconcile:1", nil},
		{"ecs:StopTask", "arn:aws:ecs:us-west-2:111122223333:task/reconcile/1", map[string]string{"ecs:cluster": "arn:aws:ecs:us-west-2:111122223333:cluster/reconcile"}},
		{"ecs:DescribeTasks", "arn:aws:ecs:us-west-2:111122223333:task/reconcile/1", map[string]string{"ecs:cluster": "arn:aws:ecs:us-west-2:111122223333:cluster/reconcile"}},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/reconcile-task", map[string]string{"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
		{"states:StartExecution", "arn:aws:states:us-west-2:111122223333:stateMachine:reconcile-backfill", nil},
		{"states:DescribeExecution", execution + "/small:1", nil},
		{"states:StopExecution", execution + ":one", nil},
		{"events:PutRule", "arn:aws:events:us-west-2:111122223333:rule/StepFunctionsGetEventsForECSTaskRule", nil},
		{"s3:GetObject", "arn:aws:s3:::my-reports/backfill/one/plan.json", nil},
		{"s3:PutObject", "arn:aws:s3:::my-reports/backfill/one/results/small/manifest.json", nil},
	} {
		if _, ok := grants(role, w); !ok {
			t.Errorf("the role lacks %s", w)
		}
	}
}

// TestMachineTemplate: the file has the placeholders that the module fills in.
func TestMachineTemplate(t *testing.T) {
	e, diags := hclsyntax.ParseTemplate([]byte(read(t, machineFile)), machineFile, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	names := map[string]bool{}
	for _, tr := range e.Variables() {
		names[tr.RootName()] = true
	}
	page := read(t, "stepfunctions/README.md")
	for name := range names {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("stepfunctions/README.md does not speak of %s", name)
		}
	}
}
