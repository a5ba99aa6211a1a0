# syntax=docker/dockerfile:1

# By digest, whoever builds can say which ones exactly (docs/production.md).
ARG PYTHON_IMAGE=python:3.13-slim-trixie
ARG NODE_IMAGE=node:22-slim

# --- The front-end packages, as package-lock.json has them ---
FROM ${NODE_IMAGE} AS front-end
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

# --- Python packages by hash, and the files to be served ---
FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements/run.txt /src/requirements/run.txt
RUN /opt/venv/bin/pip install --require-hashes -r /src/requirements/run.txt
WORKDIR /src
COPY . .
COPY --from=front-end /src/node_modules node_modules
RUN /opt/venv/bin/python -m tooling.assets \
    && /opt/venv/bin/python -m tooling.words compile \
    && SECRET_KEY=not-used-for-anything-else /opt/venv/bin/python manage.py collectstatic --no-input \
    && /opt/venv/bin/python -m compileall -q . \
    && rm -rf node_modules tooling static/vendor \
    # Made for nobody else's eyes, as all that is written; what is served has to be read.
    && chmod -R a+rX .

# --- What runs: no compiler, no package manager's cache, nobody's shell ---
FROM ${PYTHON_IMAGE}
# For `manage.py back_up` and `restore`: of the database's version in docker-compose.yml, or newer.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 campaigns \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin campaigns \
    && install -d -m 0700 -o campaigns -g campaigns /data /data/tmp
COPY --from=build /opt/venv /opt/venv
COPY --from=build /src /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data
USER 10001:10001
EXPOSE 8000
# Two processes of 16 threads: a waiting one costs nothing, and calls that come together are stored together. A proxy's
# connections are kept for longer than people take to read a page.
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "16", "--keep-alive", "75", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
