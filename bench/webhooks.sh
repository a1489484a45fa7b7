#!/bin/sh
# A flood of deliveries, half of them valid, at a real Jenkins with a registry, all in one process; see webhooks.md.
#   bench/webhooks.sh [deliveries] [per second]      default: 10000 1000
cd "$(dirname "$0")/.." || exit 1
exec mvn -q test -Dtest=WebhookFloodTest -Dspotbugs.skip -Dsurefire.useFile=false \
    -Dcountersign.flood.deliveries="${1:-10000}" -Dcountersign.flood.perSecond="${2:-1000}"
