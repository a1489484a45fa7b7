// Asks containers/image, the library inside podman, skopeo, Buildah and CRI-O, whether a signature policy lets an image in.
//
//	containers-image-verify policy.json registries.d docker://host/repository@digest
//
// Exit code 0 and "accepted", or 1 and the reason. TLS is not asked for: the registries of the tests are on loopback.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.podman.io/image/v5/docker"
	"go.podman.io/image/v5/image"
	"go.podman.io/image/v5/signature"
	"go.podman.io/image/v5/types"
)

func main() {
	if err := verify(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println("accepted")
}

func verify(policyFile, registriesFolder, name string) error {
	policy, err := signature.NewPolicyFromFile(policyFile)
	if err != nil {
		return err
	}
	judge, err := signature.NewPolicyContext(policy)
	if err != nil {
		return err
	}
	defer judge.Destroy()
	reference, err := docker.ParseReference(strings.TrimPrefix(name, "docker:"))
	if err != nil {
		return err
	}
	system := &types.SystemContext{
		RegistriesDirPath:           registriesFolder,
		SystemRegistriesConfPath:    os.DevNull,
		SystemRegistriesConfDirPath: filepath.Join(registriesFolder, "none"),
		DockerInsecureSkipTLSVerify: types.OptionalBoolTrue,
	}
	ctx := context.Background()
	source, err := reference.NewImageSource(ctx, system)
	if err != nil {
		return err
	}
	defer source.Close()
	// The instance that was named, as it is: containers/image evaluates the policy for the platform's manifest.
	allowed, err := judge.IsRunningImageAllowed(ctx, image.UnparsedInstance(source, nil))
	if !allowed && err == nil {
		return fmt.Errorf("not allowed")
	}
	return err
}
