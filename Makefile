# make lambda: the program as a Lambda function, for both architectures.
# It needs Go and make, nothing else; the same source gives the same files.

OUT     ?= dist
VERSION ?= $(shell git describe --always --dirty 2>/dev/null || echo devel)
ARCHS   := arm64 amd64

.PHONY: lambda $(ARCHS:%=lambda-%)

lambda: $(ARCHS:%=lambda-%)

# lambda.norpc leaves out what only the runtime go1.x needed, which is gone.
$(ARCHS:%=lambda-%): lambda-%:
	mkdir -p $(OUT)/lambda-$*
	CGO_ENABLED=0 GOOS=linux GOARCH=$* go build -trimpath -buildvcs=false -tags lambda.norpc \
		-ldflags "-s -w -X main.version=$(VERSION)" -o $(OUT)/lambda-$*/bootstrap ./cmd/reconcile
	go run ./cmd/lambdazip $(OUT)/reconcile-lambda-$*.zip $(OUT)/lambda-$*/bootstrap
