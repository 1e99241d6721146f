package s3store

import (
	"strings"
	"testing"
)

// TestAnnotated: whether an object has annotations is asked on Amazon alone, in
// one request, whose right a refusal names.
func TestAnnotated(t *testing.T) {
	for body, want := range map[string]bool{
		"<ListObjectAnnotationsOutput><Annotations></Annotations></ListObjectAnnotationsOutput>":                                                                      false,
		"<ListObjectAnnotationsOutput><Annotations><AnnotationEntry><AnnotationName>n</AnnotationName></AnnotationEntry></Annotations></ListObjectAnnotationsOutput>": true,
	} {
		s := serve(t, answerWith(200, body))
		if has, err := s.annotated(t.Context(), theTarget); err != nil || has != want {
			t.Errorf("%v, %v of %s", has, err, body)
		}
		if q := s.last.Load().URL.Query(); !q.Has("annotation") || q.Get("max-annotation-results") != "1" {
			t.Errorf("sent %v", q)
		}
		if has, err := s.Annotated(t.Context(), theTarget); has || err != nil || s.Requests()["ListObjectAnnotations"] != 1 {
			t.Errorf("a server of others: %v, %v, %v", has, err, s.Requests())
		}
	}
	refused := serve(t, answerWith(403, "<Error><Code>AccessDenied</Code></Error>"))
	_, err := refused.annotated(t.Context(), theTarget)
	if e := asOurs(t, err); !strings.Contains(e.Error(), "s3:ListObjectAnnotations on ") {
		t.Errorf("%v", e)
	}
}
