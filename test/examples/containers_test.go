package examples

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// decoded decodes a file that the AWS CLI takes into the SDK's type, which has
// the fields there are: another one is an error.
func decoded[T any](t *testing.T, name string) (v T) {
	t.Helper()
	if err := strictJSON(read(t, name), &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func get[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func taskDefinition(t *testing.T) ecs.RegisterTaskDefinitionInput {
	t.Helper()
	d := decoded[ecs.RegisterTaskDefinitionInput](t, "ecs/task-definition.json")
	if len(d.ContainerDefinitions) != 1 {
		t.Fatalf("%d containers", len(d.ContainerDefinitions))
	}
	return d
}

// TestECS: the task definition and the schedule have the fields of their APIs,
// the schedule starts that task, and the program takes both commands.
func TestECS(t *testing.T) {
	d := taskDefinition(t)
	c := d.ContainerDefinitions[0]
	env := []string{}
	for _, v := range c.Environment {
		env = append(env, get(v.Name)+"="+get(v.Value))
	}
	accepts(t, "ecs/task-definition.json", env, c.Command...)
	if !get(c.ReadonlyRootFilesystem) || get(c.User) != imageUser(t) {
		t.Errorf("user %s, read-only %v", get(c.User), get(c.ReadonlyRootFilesystem))
	}
	if len(c.MountPoints) != 1 || get(c.MountPoints[0].ContainerPath) != "/tmp" || get(c.MountPoints[0].SourceVolume) != get(d.Volumes[0].Name) ||
		!slices.Contains(env, "TMPDIR=/tmp") {
		t.Error("TMPDIR is no volume")
	}

	s := decoded[scheduler.CreateScheduleInput](t, "ecs/schedule.json")
	var input struct {
		ContainerOverrides []struct {
			Name    string
			Command []string
		}
	}
	if err := strictJSON(get(s.Target.Input), &input); err != nil || len(input.ContainerOverrides) != 1 {
		t.Fatalf("the schedule's input: %v", err)
	}
	o := input.ContainerOverrides[0]
	if o.Name != get(c.Name) {
		t.Errorf("no container %s", o.Name)
	}
	accepts(t, "ecs/schedule.json", env, o.Command...)
	if arn := get(s.Target.EcsParameters.TaskDefinitionArn); !strings.HasSuffix(arn, "/"+get(d.Family)) {
		t.Errorf("the schedule starts %s", arn)
	}

	role := []policy{mustPolicy(t, "ecs/scheduler-role.json", read(t, "ecs/scheduler-role.json"))}
	for _, w := range []wish{
		{"ecs:RunTask", get(s.Target.EcsParameters.TaskDefinitionArn) + ":1", map[string]string{"ecs:cluster": get(s.Target.Arn)}},
		{"iam:PassRole", get(d.TaskRoleArn), map[string]string{"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
		{"iam:PassRole", get(d.ExecutionRoleArn), map[string]string{"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
		{"sqs:SendMessage", get(s.Target.DeadLetterConfig.Arn), nil},
	} {
		if _, ok := grants(role, w); !ok {
			t.Errorf("the scheduler's role lacks %s", w)
		}
	}
}

// imageUser is the user of the image.
func imageUser(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^USER (.*)$`).FindStringSubmatch(read(t, "../Dockerfile"))
	if m == nil {
		t.Fatal("the image's user is root")
	}
	return m[1]
}

// TestDockerfile: it builds what there is with the Go that go.mod wants, puts it
// where the examples expect it, and takes certificates along.
func TestDockerfile(t *testing.T) {
	text := read(t, "../Dockerfile")
	mod, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	for _, want := range []string{
		"FROM golang:" + string(version[1]) + " AS build", "CGO_ENABLED=0 go build", "-o /out/reconcile ./cmd/reconcile",
		"COPY --from=build /out/reconcile /reconcile", `ENTRYPOINT ["/reconcile"]`, "/etc/ssl/certs/ca-certificates.crt", "VOLUME /tmp",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^COPY ([a-z][a-z. ]*) \S+$`).FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Fields(m[1]) {
			if _, err := os.Stat(root + "/" + name); err != nil {
				t.Error(err)
			}
		}
	}
}

// shared runs a job's processes next to one another on a source of 3,000
// objects, under the policies of the examples, and merges their reports: all is
// copied once, and nothing is missing.
func shared(t *testing.T, count int, folder string, process func(i int) (env, args []string)) {
	t.Helper()
	server := exampleServer(t)
	for i := range 3000 {
		restored(server, fmt.Sprintf("2026/%d/%04d.hdf", i%7, i), 10)
	}
	var policies []policy
	for _, name := range []string{"iam/source.json", "iam/archives.json", "iam/reports.json", "batch/shard-map.json"} {
		policies = append(policies, mustPolicy(t, name, read(t, name)))
	}
	g := newGate(t, server, policies...)
	results := make(chan done, count)
	for i := range count {
		env, args := process(i)
		c := command(t, t.TempDir(), append(reaching(server, g.URL), env...), args...)
		go func() { results <- finish(t, c) }()
	}
	for range count {
		if got := <-results; got.code != exitOK {
			t.Errorf("exit code %d\n%s", got.code, got.stderr)
		}
	}
	g.clean(t)
	if n := server.Len("my-protected"); n != 3000 {
		t.Errorf("%d of 3000 objects were copied", n)
	}
	got := finish(t, command(t, t.TempDir(), reaching(server, server.URL()), "merge", "--results", folder, "--report", "-"))
	var merged struct {
		Run     struct{ Complete bool }
		Summary struct{ Scanned, Copied int }
	}
	if err := json.Unmarshal([]byte(got.stdout), &merged); err != nil || got.code != exitOK || !merged.Run.Complete || merged.Summary.Copied != 3000 {
		t.Errorf("merge of %s: exit code %d, %+v, %v\n%s", folder, got.code, merged, err, got.stderr)
	}
}

// TestBatch: job definition and submission have the fields of their APIs, and an
// array job does the work.
func TestBatch(t *testing.T) {
	d := decoded[batch.RegisterJobDefinitionInput](t, "batch/job-definition.json")
	s := decoded[batch.SubmitJobInput](t, "batch/submit-job.json")
	if get(s.JobDefinition) != get(d.JobDefinitionName) {
		t.Errorf("%s is submitted, and %s defined", get(s.JobDefinition), get(d.JobDefinitionName))
	}
	c := d.ContainerProperties
	if !get(c.ReadonlyRootFilesystem) || get(c.User) != imageUser(t) || get(c.MountPoints[0].ContainerPath) != "/tmp" {
		t.Error("the container is not that of the image")
	}
	count := int(get(s.ArrayProperties.Size))
	parameters := maps.Clone(d.Parameters)
	for k, v := range s.Parameters {
		if _, ok := parameters[k]; !ok {
			t.Errorf("no parameter %s", k)
		}
		parameters[k] = v
	}
	command := func(parameters map[string]string) (args []string) {
		for _, a := range c.Command {
			if name, ok := strings.CutPrefix(a, "Ref::"); ok {
				if a = parameters[name]; a == "" {
					t.Errorf("no parameter %s", name)
				}
			}
			args = append(args, a)
		}
		return args
	}
	env := func(i int) (env []string) {
		for _, v := range c.Environment {
			if get(v.Name) != "TMPDIR" {
				env = append(env, get(v.Name)+"="+get(v.Value))
			}
		}
		return append(env, fmt.Sprint("AWS_BATCH_JOB_ARRAY_INDEX=", i), fmt.Sprint("AWS_BATCH_JOB_ARRAY_SIZE=", count))
	}
	accepts(t, "batch/job-definition.json", env(1), command(d.Parameters)...)
	shared(t, count, parent(parameters["report"]), func(i int) ([]string, []string) { return env(i), command(parameters) })
	for _, e := range d.RetryStrategy.EvaluateOnExit {
		if code := get(e.OnExitCode); code != "" {
			n, _ := strconv.Atoi(code)
			wantCode(t, "batch/job-definition.json", int32(n))
		}
	}
	if !strings.Contains(read(t, "batch/README.md"), "--results "+parent(parameters["report"])+" ") {
		t.Errorf("the README merges other reports than those in %s", parent(parameters["report"]))
	}
}

// parent is the folder of a file's address.
func parent(address string) string { return address[:strings.LastIndex(address, "/")] }

// exitCodes are those of docs/reference/exit-codes.md, which are the program's.
func exitCodes(t *testing.T) (codes []int32) {
	t.Helper()
	for _, m := range regexp.MustCompile("(?m)^\\| `([0-9]+)` \\|").FindAllStringSubmatch(read(t, "../docs/reference/exit-codes.md"), -1) {
		n, _ := strconv.Atoi(m[1])
		codes = append(codes, int32(n))
	}
	if len(codes) < 6 {
		t.Fatalf("exit codes %v", codes)
	}
	return codes
}

func wantCode(t *testing.T, where string, code int32) {
	t.Helper()
	if !slices.Contains(exitCodes(t), code) {
		t.Errorf("%s: the program has no exit code %d", where, code)
	}
}

// documents decodes a file of Kubernetes strictly: an unknown field, or one that
// is there twice, is an error.
func documents(t *testing.T, name string) (all []any) {
	t.Helper()
	for _, text := range strings.Split(read(t, "kubernetes/"+name), "\n---\n") {
		var kind struct{ APIVersion, Kind string }
		if err := yaml.Unmarshal([]byte(text), &kind); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var into any
		switch kind.APIVersion + " " + kind.Kind {
		case "batch/v1 CronJob":
			into = &batchv1.CronJob{}
		case "batch/v1 Job":
			into = &batchv1.Job{}
		case "v1 ServiceAccount":
			into = &corev1.ServiceAccount{}
		case "v1 ConfigMap":
			into = &corev1.ConfigMap{}
		default:
			t.Fatalf("%s: %+v", name, kind)
		}
		if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, into)
	}
	return all
}

// configMap and serviceAccount are those of base.yaml.
func base(t *testing.T) (settings []string, account, config string) {
	t.Helper()
	for _, d := range documents(t, "base.yaml") {
		switch d := d.(type) {
		case *corev1.ConfigMap:
			config = d.Name
			for k, v := range d.Data {
				settings = append(settings, k+"="+v)
			}
		case *corev1.ServiceAccount:
			account = d.Name
		}
	}
	if len(settings) == 0 || account == "" {
		t.Fatal("base.yaml is not whole")
	}
	return settings, account, config
}

// checkPod checks what both jobs have in common, and returns the environment and
// the arguments of the program.
func checkPod(t *testing.T, where string, pod corev1.PodSpec, rules *batchv1.PodFailurePolicy) (env, args []string) {
	t.Helper()
	settings, account, config := base(t)
	c := pod.Containers[0]
	s, p := c.SecurityContext, pod.SecurityContext
	user := fmt.Sprintf("%d:%d", get(p.RunAsUser), get(p.RunAsGroup))
	switch {
	case len(pod.Containers) != 1 || len(c.Command) != 0:
		t.Errorf("%s: the image's program alone is wanted", where)
	case pod.RestartPolicy != corev1.RestartPolicyNever:
		t.Errorf("%s: rules by exit code want restartPolicy Never", where)
	case pod.ServiceAccountName != account || len(c.EnvFrom) != 1 || c.EnvFrom[0].ConfigMapRef.Name != config:
		t.Errorf("%s: base.yaml is not used", where)
	case pod.EnableServiceLinks == nil || *pod.EnableServiceLinks:
		t.Errorf("%s: a service's variables may begin with RECONCILE_", where)
	case !get(p.RunAsNonRoot) || user != imageUser(t) || !get(s.ReadOnlyRootFilesystem) || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation:
		t.Errorf("%s: the security context is too wide: user %s", where, user)
	case !slices.Contains(s.Capabilities.Drop, "ALL"):
		t.Errorf("%s: capabilities", where)
	case c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero():
		t.Errorf("%s: resources", where)
	case len(pod.Volumes) != 1 || pod.Volumes[0].EmptyDir == nil || c.VolumeMounts[0].Name != pod.Volumes[0].Name ||
		!slices.Contains(c.Env, corev1.EnvVar{Name: "TMPDIR", Value: c.VolumeMounts[0].MountPath}):
		t.Errorf("%s: TMPDIR is no emptyDir", where)
	}
	for _, r := range rules.Rules {
		if r.OnExitCodes == nil {
			continue
		}
		if get(r.OnExitCodes.ContainerName) != c.Name {
			t.Errorf("%s: no container %s", where, get(r.OnExitCodes.ContainerName))
		}
		for _, code := range r.OnExitCodes.Values {
			wantCode(t, where, code)
		}
	}
	return settings, c.Args
}

// actionOn is what a policy does about an exit code.
func actionOn(rules *batchv1.PodFailurePolicy, code int32) batchv1.PodFailurePolicyAction {
	for _, r := range rules.Rules {
		if r.OnExitCodes != nil && r.OnExitCodes.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn && slices.Contains(r.OnExitCodes.Values, code) {
			return r.Action
		}
	}
	return batchv1.PodFailurePolicyActionCount
}

// TestCronJob: two runs do not overlap, the program ends before it is ended, and
// what trying again does not mend is not tried again.
func TestCronJob(t *testing.T) {
	cron := documents(t, "cronjob.yaml")[0].(*batchv1.CronJob)
	job := cron.Spec.JobTemplate.Spec
	env, args := checkPod(t, "cronjob.yaml", job.Template.Spec, job.PodFailurePolicy)
	accepts(t, "cronjob.yaml", env, args...)
	if cron.Spec.ConcurrencyPolicy != batchv1.ForbidConcurrent || !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--lock=s3://") }) {
		t.Error("runs may overlap")
	}
	minutes := regexp.MustCompile(`--deadline=(\d+)m\b`).FindStringSubmatch(strings.Join(args, " "))
	if minutes == nil {
		t.Fatal("no deadline")
	}
	if n, _ := strconv.Atoi(minutes[1]); int64(n*60) >= get(job.ActiveDeadlineSeconds) {
		t.Errorf("the job is ended after %d s, and the program ends after %d min", get(job.ActiveDeadlineSeconds), n)
	}
	if get(job.Template.Spec.TerminationGracePeriodSeconds) <= 10 {
		t.Error("the program needs 10 seconds to end")
	}
	for code, want := range map[int32]batchv1.PodFailurePolicyAction{
		1: batchv1.PodFailurePolicyActionCount, 2: batchv1.PodFailurePolicyActionFailJob,
		3: batchv1.PodFailurePolicyActionFailJob, 4: batchv1.PodFailurePolicyActionIgnore,
	} {
		if got := actionOn(job.PodFailurePolicy, code); got != want {
			t.Errorf("exit code %d: %s, want %s", code, got, want)
		}
	}
}

// TestIndexedJob: as many completions as shards, and they do the work.
func TestIndexedJob(t *testing.T) {
	job := documents(t, "indexed-job.yaml")[0].(*batchv1.Job)
	env, args := checkPod(t, "indexed-job.yaml", job.Spec.Template.Spec, job.Spec.PodFailurePolicy)
	count := int(get(job.Spec.Completions))
	if get(job.Spec.CompletionMode) != batchv1.IndexedCompletion || !slices.Contains(args, fmt.Sprint("--shard=auto/", count)) || job.Spec.BackoffLimitPerIndex == nil {
		t.Errorf("%d completions for %v", count, args)
	}
	for code, want := range map[int32]batchv1.PodFailurePolicyAction{
		1: batchv1.PodFailurePolicyActionCount, 2: batchv1.PodFailurePolicyActionFailJob, 3: batchv1.PodFailurePolicyActionFailIndex,
	} {
		if got := actionOn(job.Spec.PodFailurePolicy, code); got != want {
			t.Errorf("exit code %d: %s, want %s", code, got, want)
		}
	}
	var folder string
	for _, a := range args {
		if path, ok := strings.CutPrefix(a, "--report="); ok {
			folder = parent(path)
			if !strings.Contains(path, "{shard}") {
				t.Errorf("every shard writes %s", path)
			}
		}
	}
	if !strings.Contains(read(t, "kubernetes/README.md"), "--results "+folder+" ") {
		t.Errorf("the README merges other reports than those in %s", folder)
	}
	shared(t, count, folder, func(i int) ([]string, []string) {
		return append(slices.Clone(env), fmt.Sprint("JOB_COMPLETION_INDEX=", i)), args
	})
}
