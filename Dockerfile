# The first stage has a compiler, so the native engine is built; the second has none and needs none.
# The steps are run by `.ci/run` in an empty folder (scripts/try-dockerfile.mjs); see docs/operations.md.
FROM node:24-bookworm AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY native native
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/build.mjs scripts/
COPY bin bin
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund && rm -rf native/build/Release/obj.target

FROM node:24-bookworm-slim
WORKDIR /opt/veilgate
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/bin bin
COPY --from=build /src/dist dist
COPY --from=build /src/native native
COPY rules rules
COPY LICENSE ./
COPY packaging/container.yaml /etc/veilgate/veilgate.yaml
# runs with a root file system that cannot be written to; the two folders are tmpfs or volumes
ENV NODE_ENV=production XDG_RUNTIME_DIR=/run/veilgate XDG_CACHE_HOME=/var/cache
USER 65532:65532
EXPOSE 3128
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:9090/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/opt/veilgate/bin/veilgate"]
CMD ["start", "--config", "/etc/veilgate/veilgate.yaml"]
