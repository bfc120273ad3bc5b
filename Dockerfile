# One image for the three kinds of process; docker-compose.yml says which runs:
#   node dist/api/main.js, node dist/worker/main.js (CARILLON_LANES=scheduler or heavy), node dist/embedded/migrate-main.js

# glibc: the Temporal SDK's native part has no build for musl.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN node scripts/build.mjs && npm prune --omit=dev

FROM node:20-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY bin ./bin
COPY schema ./schema
RUN mkdir -p /var/lib/carillon/objects && chown node:node /var/lib/carillon/objects
USER node
EXPOSE 7070
CMD ["node", "dist/api/main.js"]
