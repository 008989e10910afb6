FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Development tools have a package per platform, which not every registry holds; the image needs none of them.
RUN npm pkg delete devDependencies optionalDependencies \
 && npm ci --omit=dev --omit=optional --ignore-scripts \
 && rm -rf node_modules/@types node_modules/undici-types node_modules/.bin \
 && find node_modules -type f \
    \( -name '*.md' -o -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.yml' \) -delete
COPY src src

FROM node:26-slim
COPY --from=build /app /app
ENV NODE_ENV=production SLUICE_DATA=/data
VOLUME /data
EXPOSE 80 443
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["node", "/app/src/main.ts", "healthcheck"]
ENTRYPOINT ["node", "/app/src/main.ts"]
