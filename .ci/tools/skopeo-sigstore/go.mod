module countersign/tools/skopeo-sigstore

go 1.23.3

require github.com/containers/skopeo v1.19.0
