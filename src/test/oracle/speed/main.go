// Speed of BuildKit's own parser over the files of a folder: speed <folder>
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type resolver struct{ config []byte }

func (r resolver) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, "", r.config, nil
}

func main() {
	runtime.GOMAXPROCS(1)
	var files [][]byte
	err := filepath.WalkDir(os.Args[1], func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		dt, err := os.ReadFile(path)
		files = append(files, dt)
		return err
	})
	if err != nil || len(files) == 0 {
		fmt.Println("no files:", err)
		os.Exit(1)
	}
	config, _ := json.Marshal(map[string]any{"os": "linux", "architecture": "amd64", "rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:11"}}})
	caps := pb.Caps.CapSet(pb.Caps.All())
	measure("BuildKit v0.32.2, parser and instructions", files, func(dt []byte) {
		if ast, err := parser.Parse(bytes.NewReader(dt)); err == nil {
			_, _, _ = instructions.Parse(ast.AST, nil)
		}
	})
	measure("BuildKit v0.32.2, whole conversion", files, func(dt []byte) {
		_, _ = dockerfile2llb.Dockerfile2LLB(context.Background(), dt, dockerfile2llb.ConvertOpt{
			MetaResolver: resolver{config}, LLBCaps: &caps,
			TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: "amd64"},
		})
	})
}

func measure(name string, files [][]byte, read func([]byte)) {
	round := func(d time.Duration) float64 {
		start := time.Now()
		count := 0
		for time.Since(start) < d {
			read(files[count%len(files)])
			count++
		}
		return float64(count) / time.Since(start).Seconds()
	}
	round(2 * time.Second)
	total := 0.0
	for range 5 {
		total += round(2 * time.Second)
	}
	fmt.Printf("%s: %.0f files/s\n", name, total/5)
}
