# Sourced by run, test and .ci/run: sets MVN to a Maven that the parent POM accepts, and says which situation this is.

MAVEN_WANTED=3.9.11

# The parent POM wants Maven 3.9.6 or newer. An older one fetches a newer one, as an artifact like any other.
find_maven() {
  command -v mvn >/dev/null || { echo "Maven is needed and was not found on the PATH." >&2; exit 1; }
  local have
  have=$(mvn -v | sed -n 's/.*Apache Maven \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  if [ "$(printf '3.9.6\n%s\n' "$have" | sort -V | head -n 1)" = 3.9.6 ]; then
    MVN=mvn
    return
  fi
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/countersign
  MVN=$cache/apache-maven-$MAVEN_WANTED/bin/mvn
  if [ ! -f "$MVN" ]; then
    echo "Maven here is $have, the parent POM needs 3.9.6: fetching $MAVEN_WANTED as an artifact." >&2
    # Not from the project's folder: the old Maven would read the pom it cannot read.
    mkdir -p "$cache"
    (cd "$cache" && mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.10.0:unpack \
      -Dartifact=org.apache.maven:apache-maven:$MAVEN_WANTED:zip:bin -DoutputDirectory="$cache") || exit 1
  fi
  chmod +x "$MVN"
}

# Whether Jenkins' artifacts can be had is decided on the parent POM and on nothing else: any other failure of the
# Jenkins build is a failure and is shown as one.
jenkins_can_be_had() {
  ! "$MVN" -B -N -f pom.xml org.apache.maven.plugins:maven-help-plugin:3.5.1:evaluate -Dexpression=project.artifactId 2>&1 |
    grep -q 'Non-resolvable parent POM'
}

build_cli() {
  "$MVN" -B -q -f cli/pom.xml package -DskipTests
}
