#!/bin/bash
# From a Docker daemon to a registry, beside `docker push` and skopeo, on the loopback.
#
#   bench/docker-daemon.sh [layers] [MiB per layer] [rounds]      default: 10 28 3
#
# Needs, as root: a JDK, Maven, dockerd with overlay2, docker, docker-registry, GNU time; compares with skopeo where it is on the PATH. Every client
# gets an image of its own in each round, half of it noise and half of it letters, pushes it, pushes it again, and pushes it with its
# last layer changed, as the next build would.
set -eu
LAYERS=${1:-10} MIB=${2:-28} ROUNDS=${3:-3}
HERE=$(cd "$(dirname "$0")/.." && pwd)
WORK=$(mktemp -d)
REGISTRY=127.0.0.1:15103
export DOCKER_HOST=unix://$WORK/docker.sock
PIDS=()
trap 'for p in "${PIDS[@]}"; do kill "$p" 2>/dev/null || true; wait "$p" 2>/dev/null || true; done; rm -rf "$WORK"' EXIT

if [ -z "${BENCH_CLASSPATH:-}" ]; then
  mvn -q -f "$HERE/cli/pom.xml" compile dependency:build-classpath -Dmdep.outputFile="$WORK/cp"
  BENCH_CLASSPATH=$HERE/cli/target/classes:$(cat "$WORK/cp")
fi
mkdir "$WORK/classes"
javac -d "$WORK/classes" -cp "$BENCH_CLASSPATH" "$HERE/bench/RegistryBench.java"
[ -f "$HERE/cli/target/countersign.jar" ] || mvn -q -f "$HERE/cli/pom.xml" package -DskipTests
"$HERE/cli/countersign" --version > /dev/null

dockerd --host="$DOCKER_HOST" --data-root="$WORK/data" --exec-root="$WORK/exec" --pidfile="$WORK/pid" \
  --bridge=none --iptables=false --ip6tables=false --storage-driver=overlay2 > "$WORK/dockerd.log" 2>&1 &
PIDS+=($!)
printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "%s"}\n' \
  "$WORK/storage" $REGISTRY > "$WORK/registry.yml"
docker-registry serve "$WORK/registry.yml" > /dev/null 2>&1 &
PIDS+=($!)
until docker version > /dev/null 2>&1; do sleep 0.1; done
coproc RUNNING { java -Xmx64m -XX:+UseSerialGC -cp "$WORK/classes:$BENCH_CLASSPATH" RegistryBench serve 2> /dev/null; }
PIDS+=($RUNNING_PID)

layer() { head -c $((MIB << 19)) /dev/urandom > "$1"; head -c $((MIB * 3 << 17)) /dev/urandom | base64 -w 0 >> "$1"; }
image() { # name: of the layers that are in the folder
  { echo "FROM scratch"; for i in $(seq "$LAYERS"); do echo "COPY $i /$i"; done; } > "$WORK/context/Dockerfile"
  docker build -q -t "$1" "$WORK/context" > /dev/null 2>&1
}
measure() { # row client repository
  local image=$REGISTRY/$2:v1 began ended
  case $2 in docker) docker tag bench "$image" ;; esac
  began=$(date +%s%N)
  case $2 in
    docker) docker push -q "$image" > /dev/null ;;
    skopeo) skopeo copy -q --insecure-policy --src-daemon-host "$DOCKER_HOST" --dest-tls-verify=false docker-daemon:bench:latest "docker://$image" ;;
    countersign) "$HERE/cli/countersign" push --insecure-plain-http $REGISTRY docker-daemon:bench:latest "$image" > /dev/null 2>&1 ;;
    running) echo push docker-daemon:bench:latest "$image" >&"${RUNNING[1]}"; read -r _ <&"${RUNNING[0]}" ;;
  esac
  ended=$(date +%s%N)
  echo "$1;$2;$(((ended - began) / 1000000))" >> "$WORK/results"
}

mkdir "$WORK/context"
for round in $(seq "$ROUNDS"); do
  ORDER=(docker running countersign skopeo); turn=$(((round - 1) % 4))
  for client in "${ORDER[@]:turn}" "${ORDER[@]:0:turn}"; do
    [ $client != skopeo ] || command -v skopeo > /dev/null || continue
    for i in $(seq "$LAYERS"); do layer "$WORK/context/$i"; done
    image bench; sync
    measure "1 push" $client
    measure "2 push again" $client
    layer "$WORK/context/$LAYERS"; image bench; sync
    measure "3 push with another last layer" $client
    docker image prune -af > /dev/null
  done
done

echo "$LAYERS layers of $MIB MiB, $(nproc) cores, $ROUNDS rounds, docker $(docker version --format '{{.Server.Version}}')"
echo
echo "| what | client | best s | median s |"
echo "|---|---|---|---|"
sort -t';' -k1,1 -k2,2 -k3,3n "$WORK/results" | sed 's/running;/countersign, running;/' | awk -F';' '
  function flush() { if (n) { printf "| %s | %s | %.2f | %.2f |\n", substr(row, 3), client, t[1] / 1000, t[int((n + 1) / 2)] / 1000 } n = 0 }
  { if ($1 != row || $2 != client) { flush(); row = $1; client = $2 } n++; t[n] = $3 }
  END { flush() }'
