#!/bin/sh
# Builds the example's image on the golden base, into the OCI layout folder "app": with buildah where it is installed, else
# with the command line's demonstration builder, which needs nothing but Java.
#   GOLDEN            the golden base image, with its digest
#   BUILDAH_OPTIONS   how buildah reaches the registry
#   COUNTERSIGN       the command line: java -jar countersign.jar
set -eu
cat > Dockerfile <<EOF
FROM $GOLDEN
COPY hello /app/hello
ENTRYPOINT ["/app/hello"]
EOF
printf '#!/bin/sh\necho hello, this is build %s\n' "$BUILD_NUMBER" > hello
rm -rf app
if command -v buildah >/dev/null; then
  export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
  name="countersign-example-$BUILD_NUMBER-$$"
  # shellcheck disable=SC2086 # the options are several words
  buildah build ${BUILDAH_OPTIONS:-} --quiet --tag "$name" .
  buildah push --quiet "$name" oci:app:latest
  buildah rmi "$name" >/dev/null
else
  # shellcheck disable=SC2086 # the command is several words
  $COUNTERSIGN demo image --insecure-plain-http "${GOLDEN%%/*}" --base "$GOLDEN" --file hello oci:app:latest
fi
