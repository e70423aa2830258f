#!/bin/bash
# Builds every image, in order: first everything is compiled once (cumulo-build), then each image takes its part. With
# podman or docker, whichever is there, or the one that CONTAINER names. Says how large they are; more than 60 MB is a
# failure. CUMULO_IMAGE_OPTIONS goes to each build (--network host, --isolation chroot …).
set -euo pipefail
cd "$(dirname "$0")/.."

container=${CONTAINER:-$(command -v podman || command -v docker || true)}
if [ -z "$container" ]; then
  echo "images: neither podman nor docker is here" >&2
  exit 1
fi
version=$(sed -n 's/^project(cumulo VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
commit=$(git rev-parse --short=8 HEAD 2>/dev/null || echo unknown)
read -r -a options <<<"${CUMULO_IMAGE_OPTIONS:-}"
# Buildah keeps a HEALTHCHECK in Docker's format only.
case $(basename "$container") in podman | buildah) options+=(--format docker) ;; esac

"$container" build "${options[@]}" --build-arg COMMIT="$commit" -t cumulo-build .
for each in user-service:user-service task-service:task-service notification-service:notification-service \
  api-gateway:api-gateway standalone:cumulo; do
  name=${each#*:}
  "$container" build "${options[@]}" --build-arg VERSION="$version" --build-arg COMMIT="$commit" \
    -t "$name" -t "$name:$version" "./${each%%:*}"
done

too_large=0
for name in user-service task-service notification-service api-gateway cumulo; do
  bytes=$("$container" image inspect --format '{{.Size}}' "$name")
  printf '%-22s %5.1f MB\n' "$name" "$(awk "BEGIN {print $bytes / 1e6}")"
  if [ "$bytes" -gt 60000000 ]; then too_large=1; fi
done
exit $too_large
