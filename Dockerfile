# Two stages: what is needed to build stays in the first one.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package needs an install script, so none is run.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json esbuild.config.js ./
COPY bundle ./bundle
COPY src ./src
COPY supervisor ./supervisor
COPY child ./child
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
# Locks and keys, on the volume of the runs: the root is read-only, and a random user has no home.
ENV XDG_STATE_HOME=/srv/load/runs/.state
COPY --from=build /app/package.json /app/
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
RUN ln -s /app/dist/supervisor/main.js /usr/local/bin/skyflow-supervise \
  && install -d -m 0770 -o node -g root /srv/load /srv/load/runs
# Any uid will do that is in group 0, as OpenShift gives one, or may write the volume of the runs (fsGroup).
USER 1000:0
WORKDIR /srv/load
# Mount a volume there: journals must outlive the container.
VOLUME /srv/load/runs
# The supervisor drains: give it 45 s before it is killed (stop_grace_period, terminationGracePeriodSeconds).
STOPSIGNAL SIGTERM
# Exec form, so that the signal reaches the program and no shell. It reaps its children itself: no init is needed.
ENTRYPOINT ["node", "--disable-sigusr1", "/app/dist/supervisor/main.js"]
CMD ["load", "--start-or-resume"]
