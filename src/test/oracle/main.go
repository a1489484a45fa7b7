// The oracle: what BuildKit itself makes of a Dockerfile. Reads one JSON case per line, writes one JSON answer per line.
// The expected values of the corpus (see DockerfileCorpusTest) come from here; no network, no builder is needed.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type testCase struct {
	Name      string              `json:"name"`
	File      []byte              `json:"file"`
	Target    string              `json:"target,omitempty"`
	Args      map[string]string   `json:"args,omitempty"`
	Platform  string              `json:"platform,omitempty"`
	Contexts  map[string]string   `json:"contexts,omitempty"`
	AllStages bool                `json:"allStages,omitempty"`
	OnBuild   map[string][]string `json:"onbuild,omitempty"`
}

type answer struct {
	Name     string   `json:"name"`
	Images   []string `json:"images"`
	Frontend string   `json:"frontend,omitempty"`
	Error    string   `json:"error,omitempty"`
}

type resolver struct {
	mu      sync.Mutex
	asked   map[string]struct{}
	onbuild map[string][]string
}

func (r *resolver) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if opt.OCILayoutOpt == nil {
		r.asked[ref] = struct{}{}
	}
	config := map[string]any{
		"os": "linux", "architecture": "amd64",
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + strings.Repeat("1", 64)}},
		"config": map[string]any{"OnBuild": r.onbuild[ref]},
	}
	if opt.ImageOpt != nil && opt.ImageOpt.Platform != nil {
		config["os"] = opt.ImageOpt.Platform.OS
		config["architecture"] = opt.ImageOpt.Platform.Architecture
	}
	dt, err := json.Marshal(config)
	return ref, "", dt, err
}

// gateway stands in for the builder: it has no files, and knows every image.
type gateway struct {
	client.Client
	*resolver
	opts map[string]string
}

func (g *gateway) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return g.resolver.ResolveImageConfig(ctx, ref, opt)
}

func (g *gateway) BuildOpts() client.BuildOpts {
	set := pb.Caps.CapSet(pb.Caps.All())
	return client.BuildOpts{Opts: g.opts, SessionID: "oracle", LLBCaps: set, Caps: gwpb.Caps.CapSet(gwpb.Caps.All())}
}

func (g *gateway) Inputs(context.Context) (map[string]llbState, error) { return nil, nil }

func (g *gateway) Solve(context.Context, client.SolveRequest) (*client.Result, error) {
	res := client.NewResult()
	res.SetRef(nothing{})
	return res, nil
}

type nothing struct{ client.Reference }

func (nothing) ReadFile(context.Context, client.ReadRequest) ([]byte, error) {
	return nil, errors.New("no such file")
}

func ask(c testCase) (a answer) {
	a = answer{Name: c.Name, Images: []string{}}
	defer func() {
		if p := recover(); p != nil {
			a.Error = fmt.Sprintf("panic: %v", p)
		}
	}()
	if cmdline, ok := c.Args["BUILDKIT_SYNTAX"]; ok {
		a.Frontend = frontend(strings.SplitN(strings.TrimSpace(cmdline), " ", 2)[0], &a)
	} else if ref, _, _, ok := parser.DetectSyntax(c.File); ok {
		a.Frontend = frontend(ref, &a)
	}
	r := &resolver{asked: map[string]struct{}{}, onbuild: c.OnBuild}
	platform := c.Platform
	if platform == "" {
		platform = "linux/amd64"
	}
	target := platforms.Normalize(platforms.MustParse(platform))
	amd64 := ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	args := map[string]string{}
	for k, v := range c.Args {
		args[k] = v
	}
	opt := dockerfile2llb.ConvertOpt{
		MetaResolver:   r,
		TargetPlatform: &target,
		AllStages:      c.AllStages,
		Config:         dockerui.Config{Target: c.Target, BuildArgs: args, BuildPlatforms: []ocispecs.Platform{amd64}},
	}
	caps := pb.Caps.CapSet(pb.Caps.All())
	opt.LLBCaps = &caps
	if len(c.Contexts) > 0 {
		opts := map[string]string{"contextkey": "context"}
		for k, v := range c.Contexts {
			named, err := reference.ParseNormalizedNamed(k)
			if err != nil {
				a.Error = err.Error()
				return a
			}
			opts["context:"+strings.TrimSuffix(reference.FamiliarString(named), ":latest")] = v
		}
		bc, err := dockerui.NewClient(&gateway{resolver: r, opts: opts})
		if err != nil {
			a.Error = err.Error()
			return a
		}
		opt.Client = bc
	}
	res, err := dockerfile2llb.Dockerfile2LLB(context.Background(), c.File, opt)
	if err != nil {
		if a.Error == "" {
			a.Error = err.Error()
		}
	} else if err := sources(res, r); err != nil && a.Error == "" {
		a.Error = err.Error()
	}
	for ref := range r.asked {
		a.Images = append(a.Images, ref)
	}
	sort.Strings(a.Images)
	return a
}

// sources adds the images in the finished build graph: there are ways into it on which no metadata was asked for.
func sources(res *dockerfile2llb.Result, r *resolver) error {
	def, err := res.State.Marshal(context.Background())
	if err != nil {
		return err
	}
	for _, dt := range def.ToPB().Def {
		var op pb.Op
		if err := op.Unmarshal(dt); err != nil {
			return err
		}
		if source := op.GetSource(); source != nil {
			if image, ok := strings.CutPrefix(source.Identifier, "docker-image://"); ok {
				r.asked[image] = struct{}{}
			}
		}
	}
	return nil
}

func frontend(ref string, a *answer) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		a.Error = "frontend: " + err.Error()
		return ""
	}
	return reference.TagNameOnly(named).String()
}

func main() {
	// BuildKit's lexer tells broken UTF-8 to standard error, which is no answer
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			var c testCase
			if err := json.Unmarshal(line, &c); err != nil {
				fmt.Fprintln(os.Stdout, err)
				os.Exit(1)
			}
			watchdog := time.AfterFunc(20*time.Second, func() { os.Exit(2) })
			answer := ask(c)
			watchdog.Stop()
			if err := encoder.Encode(answer); err != nil {
				os.Exit(1)
			}
			out.Flush()
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			os.Exit(1)
		}
	}
}
