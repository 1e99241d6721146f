# The program alone, static, with the certificates that HTTPS needs. Build it
# from the project's root:
#
#     docker build -t registry.example.org/reconcile:1.0.0 .
#
# This file was read, not built.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
ARG VERSION=devel
RUN CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/reconcile ./cmd/reconcile
# What becomes /tmp, for a user that is not root: volumes of ECS take owner and
# mode from the image.
RUN mkdir -m 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/reconcile /reconcile
COPY --from=build --chown=65532:65532 /out/tmp /tmp
VOLUME /tmp
USER 65532:65532
ENTRYPOINT ["/reconcile"]
