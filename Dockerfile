FROM node:26-slim AS build
# Lets `docker image prune --filter label=build.sluice` find what a build leaves behind.
LABEL build.sluice=stage
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Development tools have a package per platform, which not every registry holds; the image needs none of them.
RUN npm pkg delete devDependencies optionalDependencies \
 && npm ci --omit=dev --omit=optional --ignore-scripts \
 && rm -rf node_modules/@types node_modules/undici-types node_modules/.bin \
 && find node_modules -type f \
    \( -name '*.md' -o -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.yml' \) -delete
COPY src src
# One start and stop fills the cache that spares every later start the compiling, and proves that the image starts. Node's flags are
# part of what is cached.
ENV NODE_COMPILE_CACHE=/app/.compile-cache
RUN chmod +x src/main.ts \
 && { src/main.ts --http 127.0.0.1:8080 --https 127.0.0.1:8443 --docker tcp://127.0.0.1:9 --acme-ca off \
        --workers 1 --data /tmp/data & } \
 && router=$! && tries=0 \
 && until src/main.ts healthcheck; do tries=$((tries + 1)); [ $tries -lt 30 ] || exit 1; done \
 && kill $router && wait $router

FROM node:26-slim
COPY --from=build /app /app
# Writable for any user, as the router need not run as root.
RUN mkdir -m 1777 /data && ln -s /app/src/main.ts /usr/local/bin/sluice \
 && ln -s /app/src/main.ts /usr/local/bin/traefik
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.compile-cache SLUICE_DATA=/data
VOLUME /data
EXPOSE 80 443
HEALTHCHECK --interval=10s --timeout=5s CMD ["node", "--max-semi-space-size=4", "/app/src/main.ts", "healthcheck"]
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/src/main.ts"]
