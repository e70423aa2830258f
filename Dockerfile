# Compiles everything once and lays out one root per image: docker build -t cumulo-build .
# The images proper take theirs from it: docker build -t user-service ./user-service (make images does all, in order).
ARG DEBIAN=docker.io/library/debian:trixie-slim
FROM ${DEBIAN} AS build
WORKDIR /src
COPY tools/setup.sh tools/setup.sh
RUN tools/setup.sh image
COPY . .
ARG COMMIT=unknown
ARG JOBS=
# The compiler's cache outlives the build, so that a changed file costs what it costs.
RUN --mount=type=cache,target=/root/.cache/ccache \
    cmake --preset release -DCUMULO_TESTS=OFF -DCUMULO_BENCHMARKS=OFF -DCUMULO_COMMIT=${COMMIT} \
 && ninja -C build/release ${JOBS:+-j ${JOBS}} cumulo user-service task-service notification-service
RUN tools/image_root.py /image build/release/bin

FROM scratch
COPY --from=build /image /image
