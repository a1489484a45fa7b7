package main

import "github.com/moby/buildkit/client/llb"

type llbState = llb.State
