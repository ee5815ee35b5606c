package provision

import (
	"context"
	"crypto/sha256"
	_ "embed" // the scripts below
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/moby/moby/client"

	"github.com/chameleon-go/chameleon/dialect"
)

var (
	//go:embed debian/build-image.sh
	buildScript []byte
	//go:embed debian/docker-entrypoint.sh
	entrypoint []byte
)

// pullTimeout bounds one image's download.
const pullTimeout = 5 * time.Minute

// localImage names the image of a release that is made from Debian's packages.
// The name holds a hash of what makes it, so that a change makes a new one.
func (r release) localImage(engine dialect.Engine) string {
	sum := sha256.Sum256(slices.Concat(buildScript, entrypoint, fmt.Append(nil, r.packages)))
	return fmt.Sprintf("chameleon-test/%s:%s-debian-%s-%s", engine, r.tag, r.suite, hex.EncodeToString(sum[:4]))
}

// image returns an image that the daemon holds: one that is there already,
// else the official one from its registry, else, when build is set, one made
// from Debian's packages.
func (r *Run) image(ctx context.Context, docker *client.Client, engine dialect.Engine) (string, error) {
	release := releaseOf(engine, r.options.Versions)
	local := release.localImage(engine)
	for _, image := range []string{release.official, local} {
		if _, err := docker.ImageInspect(ctx, image); err == nil {
			return image, nil
		}
	}
	pullErr := pull(ctx, docker, release.official)
	if pullErr == nil {
		return release.official, nil
	}
	r.logf("%s: no registry gave %s (%v)", engine, release.official, pullErr)
	if !r.options.Build {
		return "", fmt.Errorf("no image %s (%w) and no image %s: `make test` builds it", release.official, pullErr, local)
	}
	if err := r.build(ctx, release, local); err != nil {
		return "", err
	}
	return local, nil
}

// pull downloads an image.
func pull(ctx context.Context, docker *client.Client, image string) error {
	ctx, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	progress, err := docker.ImagePull(ctx, image, client.ImagePullOptions{})
	if err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	if err := errors.Join(progress.Wait(ctx), progress.Close()); err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	return nil
}

// build makes a release's image from Debian's packages.
func (r *Run) build(ctx context.Context, release release, tag string) error {
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		return fmt.Errorf("build %s: %w", tag, err)
	}
	dir, err := os.MkdirTemp("", "chameleon-image-")
	if err != nil {
		return fmt.Errorf("build %s: %w", tag, err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // two scripts in the temporary folder
	script, start := filepath.Join(dir, "build-image.sh"), filepath.Join(dir, "docker-entrypoint.sh")
	for path, content := range map[string][]byte{script: buildScript, start: entrypoint} {
		if err := os.WriteFile(path, content, 0o755); err != nil {
			return fmt.Errorf("build %s: %w", tag, err)
		}
	}
	r.logf("building %s from Debian's packages (a minute or two, once)", tag)
	cmd := exec.CommandContext(ctx, "bash", append([]string{script, tag, release.suite, start}, release.packages...)...)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", tag, err, tail(output))
	}
	r.logf("built %s", tag)
	return nil
}

// tail is the end of a program's output, for an error message.
func tail(output []byte) []byte {
	const limit = 2000
	return output[max(0, len(output)-limit):]
}

// logTail reads the end of a log.
func logTail(log io.Reader) string {
	content, err := io.ReadAll(log)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	return string(tail(content))
}
