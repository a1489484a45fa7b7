#!/usr/bin/env bash
# Floods of deliveries, half of them valid, at a Jenkins that is a process of its own, as are registry and sender; see webhooks.md.
#   bench/webhooks.sh [deliveries] [per second] [floods]      default: 10000 1000 3
cd "$(dirname "$0")/.." || exit 1
. .ci/maven.sh
find_maven
exec "$MVN" -q test -Dtest=WebhookFloodBench -Dspotbugs.skip -Dsurefire.useFile=false \
    -Dcountersign.flood.deliveries="${1:-10000}" -Dcountersign.flood.perSecond="${2:-1000}" -Dcountersign.flood.floods="${3:-3}"
