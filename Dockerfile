# Three images from one file:
#   docker build --target base  -t spinula .         pages, analysis worker, beat
#   docker build --target gpu   -t spinula-gpu .     the analysis worker on an NVIDIA card
#   docker build --target train -t spinula-train .   the same and the training frameworks
ARG PYTHON=3.11
ARG NODE=24

FROM node:${NODE}-bookworm-slim AS viewer
WORKDIR /srv/spinula
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:${PYTHON}-slim-bookworm AS build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /srv/spinula
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir uv
COPY requirements/base.txt requirements/
RUN .venv/bin/uv pip sync --no-cache --require-hashes --python .venv/bin/python requirements/base.txt
COPY --from=viewer /srv/spinula/node_modules node_modules
COPY manage.py pyproject.toml ./
COPY spines spines
COPY webapp webapp
COPY worker worker
COPY templates templates
COPY static static
ENV SPINULA_STATIC_ROOT=/srv/spinula/collected
RUN .venv/bin/python manage.py collectstatic --no-input --verbosity 0

FROM build AS build-train
COPY requirements/train.txt requirements/
RUN .venv/bin/uv pip sync --no-cache --require-hashes --python .venv/bin/python requirements/train.txt

FROM build AS build-gpu
COPY requirements/gpu.txt requirements/
RUN .venv/bin/uv pip sync --no-cache --require-hashes --python .venv/bin/python requirements/gpu.txt

FROM python:${PYTHON}-slim-bookworm AS runtime
# The commit or tag that results state: docker build --build-arg RELEASE=$(git rev-parse --short=12 HEAD)
ARG RELEASE=
RUN useradd --system --uid 10001 --home-dir /srv/spinula --no-create-home spinula \
    && install -d -o spinula -g spinula /srv/spinula /var/lib/spinula /backup
WORKDIR /srv/spinula
ENV PATH=/srv/spinula/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=webapp.settings \
    SPINULA_RELEASE=$RELEASE \
    SPINULA_STATE=/var/lib/spinula \
    SPINULA_STATIC_ROOT=/srv/spinula/collected
VOLUME /var/lib/spinula
EXPOSE 8000

FROM runtime AS train
COPY --from=build-train /srv/spinula /srv/spinula
USER spinula
CMD ["celery", "--skip-checks", "-A", "worker", "worker", "--queues", "training", "--concurrency", "1"]

FROM runtime AS gpu
COPY --from=build-gpu /srv/spinula /srv/spinula
ENV SPINULA_INFERENCE_BACKEND=onnxruntime
USER spinula
CMD ["celery", "--skip-checks", "-A", "worker", "worker", "--queues", "analysis,default", "--concurrency", "1"]

FROM runtime AS base
COPY --from=build /srv/spinula /srv/spinula
USER spinula
CMD ["python", "-m", "webapp.front", "0.0.0.0", "8000"]
