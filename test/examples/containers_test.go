package examples

import (
	"encoding/json"
	"testing"
)

type ecsTask struct {
	Containers []struct {
		Name, Image string
		Command     []string
		Environment []struct{ Name, Value string }
	} `json:"containerDefinitions"`
}

func taskDefinition(t *testing.T) (d ecsTask) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, "ecs/task-definition.json")), &d); err != nil || len(d.Containers) != 1 {
		t.Fatal(err, len(d.Containers))
	}
	return d
}
