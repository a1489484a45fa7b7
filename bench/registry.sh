#!/bin/bash
# Push and promotion beside other clients, on one machine, against Debian's docker-registry on the loopback.
#
#   bench/registry.sh [layers] [MiB per layer] [rounds]      default: 20 54 5
#
# Needs: a JDK, Maven, docker-registry, curl, GNU time, sha256sum; compares with skopeo, crane and oras where they are on
# the PATH. The clients take turns in every round; each line has the best of the rounds, because what else the machine does
# only ever adds, and their median. Between pushes the registry starts empty. "countersign" is the command line as its launcher starts it, with
# its Java; "countersign, running" is the same engine in a Java that runs already, as a Jenkins agent does.
set -eu
LAYERS=${1:-20} MIB=${2:-54} ROUNDS=${3:-5}
HERE=$(cd "$(dirname "$0")/.." && pwd)
WORK=$(mktemp -d)
A=127.0.0.1:15101 B=127.0.0.1:15102
PIDS=()
trap 'for p in "${PIDS[@]}"; do kill "$p" 2>/dev/null || true; done; rm -rf "$WORK"' EXIT

if [ -z "${BENCH_CLASSPATH:-}" ]; then
  mvn -q -f "$HERE/cli/pom.xml" compile dependency:build-classpath -Dmdep.outputFile="$WORK/cp"
  BENCH_CLASSPATH=$HERE/cli/target/classes:$(cat "$WORK/cp")
fi
mkdir "$WORK/classes"
javac -d "$WORK/classes" -cp "$BENCH_CLASSPATH" "$HERE/bench/RegistryBench.java"
ours() { java -Xmx${HEAP:-64m} -XX:+UseSerialGC -XX:TieredStopAtLevel=4 -cp "$WORK/classes:$BENCH_CLASSPATH" RegistryBench "$@"; }

export COUNTERSIGN_JAVA_OPTIONS=-Xmx64m
cli() { "$HERE/cli/countersign" "$@" --insecure-plain-http $A --insecure-plain-http $B; }
export HERE A B
[ -f "$HERE/cli/target/countersign.jar" ] || mvn -q -f "$HERE/cli/pom.xml" package -DskipTests
cli --version > /dev/null 2>&1 || "$HERE/cli/countersign" --version > /dev/null   # makes the archive of classes

HEAP=512m ours image "$WORK/image" "$LAYERS" $((MIB * 1024 * 1024))
BLOBS=$(find "$WORK/image/blobs/sha256" -size +1M)

start() { # name address
  mkdir -p "$WORK/$1"
  printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "%s"}\n' \
    "$WORK/$1/storage" "$2" > "$WORK/$1.yml"
  docker-registry serve "$WORK/$1.yml" > /dev/null 2>&1 &
  eval "PID_$1=$!"; PIDS+=($!)
  until curl -s -o /dev/null "http://$2/v2/"; do sleep 0.05; done
}
empty() { # name address: a registry without anything
  eval "kill \$PID_$1"; eval "wait \$PID_$1" 2>/dev/null || true
  rm -rf "$WORK/$1"; sync; start "$1" "$2"   # what was written before must not slow down who comes next
}

coproc RUNNING { java -Xmx64m -XX:+UseSerialGC -cp "$WORK/classes:$BENCH_CLASSPATH" RegistryBench serve 2> /dev/null; }
PIDS+=($RUNNING_PID)
running() { # row command from to
  local row=$1 before after answer; shift
  before=$(awk '{print $14+$15}' /proc/$PID_a/stat)
  echo "$@" >&"${RUNNING[1]}"; read -r answer <&"${RUNNING[0]}"
  after=$(awk '{print $14+$15}' /proc/$PID_a/stat)
  [ "$row" = warm-up ] || echo "$row;countersign, running;${answer// /;};$((after - before))" >> "$WORK/results"
}

measure() { # row client command...
  local row=$1 client=$2; shift 2
  local before after
  before=$(cat /proc/$PID_a/stat | awk '{print $14+$15}')
  export -f ours cli; export WORK BENCH_CLASSPATH
  /usr/bin/time -o "$WORK/time" -f "%e %U %S %M" bash -c '"$@"' measured "$@" > "$WORK/out" 2>&1 || {
    echo "$row $client failed:" >&2; tail -3 "$WORK/out" >&2; return; }
  after=$(cat /proc/$PID_a/stat | awk '{print $14+$15}')
  echo "$row;$client;$(tr ' ' ';' < "$WORK/time");$((after - before))" >> "$WORK/results"
}

upload() { # the bare upload: POST and PUT of each file, four at a time, by curl
  echo "$BLOBS" | xargs -P 4 -I{} bash -c '
    location=$(curl -s -D - -o /dev/null -X POST http://'$A'/v2/floor/blobs/uploads/ | tr -d "\r" | sed -n "s/^Location: //ip")
    curl -sf -o /dev/null -T {} -H "Content-Type: application/octet-stream" "$location&digest=sha256:$(basename {})"'
}
sums() { cat $BLOBS | sha256sum > /dev/null; }
export -f upload sums; export BLOBS A

has() { command -v "$1" > /dev/null; }
start a $A; start b $B
for i in 1 2 3; do
  empty a $A; empty b $B
  running warm-up push oci:$WORK/image:v1 $A/warm/app$i:v1
  running warm-up copy $A/warm/app$i:v1 $B/warm/app$i:v1
  for j in 1 2 3 4; do running warm-up copy $A/warm/app$i:v1 $A/warm/copy$i-$j:v1; done
done
for round in $(seq "$ROUNDS"); do
  measure "floor: sha256" sha256sum sums
  empty a $A; measure "floor: bare upload" curl upload
  # whoever comes first in one round comes last in the next
  ORDER=(crane countersign oras running skopeo); turn=$(((round - 1) % 5))
  for client in "${ORDER[@]:turn}" "${ORDER[@]:0:turn}"; do
    [ $client = countersign ] || [ $client = running ] || has $client || continue
    empty a $A; empty b $B
    case $client in
      countersign)
        measure push $client cli push oci:$WORK/image:v1 $A/build/app:v1
        measure "push again" $client cli push oci:$WORK/image:v1 $A/build/app:v1
        measure "promotion in one registry" $client cli push docker://$A/build/app:v1 $A/release/app:v1
        measure "promotion between two" $client cli push docker://$A/build/app:v1 $B/release/app:v1 ;;
      running)
        running push push oci:$WORK/image:v1 $A/build/app:v1
        running "push again" push oci:$WORK/image:v1 $A/build/app:v1
        running "promotion in one registry" copy $A/build/app:v1 $A/release/app:v1
        running "promotion between two" copy $A/build/app:v1 $B/release/app:v1 ;;
      skopeo)
        S="skopeo copy -q --preserve-digests --src-tls-verify=false --dest-tls-verify=false"
        measure push $client $S oci:$WORK/image:v1 docker://$A/build/app:v1
        measure "push again" $client $S oci:$WORK/image:v1 docker://$A/build/app:v1
        measure "promotion in one registry" $client $S docker://$A/build/app:v1 docker://$A/release/app:v1
        measure "promotion between two" $client $S docker://$A/build/app:v1 docker://$B/release/app:v1 ;;
      crane)
        measure push $client crane push --insecure $WORK/image $A/build/app:v1
        measure "push again" $client crane push --insecure $WORK/image $A/build/app:v1
        measure "promotion in one registry" $client crane copy --insecure $A/build/app:v1 $A/release/app:v1
        measure "promotion between two" $client crane copy --insecure $A/build/app:v1 $B/release/app:v1 ;;
      oras)
        measure push $client oras cp --no-tty --from-oci-layout --to-plain-http $WORK/image:v1 $A/build/app:v1
        measure "push again" $client oras cp --no-tty --from-oci-layout --to-plain-http $WORK/image:v1 $A/build/app:v1
        measure "promotion in one registry" $client oras cp --no-tty --from-plain-http --to-plain-http $A/build/app:v1 $A/release/app:v1
        measure "promotion between two" $client oras cp --no-tty --from-plain-http --to-plain-http $A/build/app:v1 $B/release/app:v1 ;;
    esac
  done
done

echo "$LAYERS layers of $MIB MiB, $(nproc) cores, $ROUNDS rounds, load before: $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| what | client | best s | median s | CPU s (client) | CPU s (registry) | peak MiB |"
echo "|---|---|---|---|---|---|---|"
sort -t';' -k1,1 -k2,2 -k3,3n "$WORK/results" | awk -F';' '
  function flush() { if (n) { printf "| %s | %s | %.2f | %.2f | %.2f | %.2f | %d |\n", row, client, t[1], t[int((n + 1) / 2)], u[1], r[1] / 100, k[1] / 1024 } n = 0 }
  { if ($1 != row || $2 != client) { flush(); row = $1; client = $2 } n++; t[n] = $3; u[n] = $4 + $5; k[n] = $6; r[n] = $7 }
  END { flush() }'
