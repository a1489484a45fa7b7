//go:build tools

// Package tools pins a program that the tests run, with the digests of all that it is built from.
package tools

import _ "github.com/notaryproject/notation/cmd/notation"
