# One image; the API, the worker and the migrations are three commands of it.

FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /opt/iap

COPY requirements.lock requirements-build.lock ./
RUN /opt/iap/bin/python -m pip install --require-hashes -r requirements.lock -r requirements-build.lock

# Installed in place, as `make demo` does, so that migrations/ and openapi/ lie where they lie in a checkout.
COPY pyproject.toml README.md alembic.ini ./
COPY src ./src
COPY migrations ./migrations
COPY openapi ./openapi
RUN /opt/iap/bin/python -m pip install --no-deps --no-build-isolation -e . \
    && /opt/iap/bin/python -m pip uninstall --yes hatchling editables packaging pathspec pluggy tomlkit trove-classifiers pip \
    && /opt/iap/bin/python -m compileall -q --invalidation-mode unchecked-hash src migrations


FROM python:3.11-slim-bookworm

RUN groupadd --gid 10001 iap \
    && useradd --uid 10001 --gid iap --no-create-home --home-dir /data --shell /usr/sbin/nologin iap \
    && install -d -o iap -g iap -m 0700 /data

COPY --from=build /opt/iap /opt/iap
COPY --from=build /app /app

# The file system may be read-only: all that is written goes to /data and /tmp.
ENV PATH=/opt/iap/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    IAP_DATA_DIR=/data
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('IAP_PORT', '8000') + '/livez', timeout=4)"]

ENTRYPOINT ["iap-api"]
CMD ["serve", "--host", "0.0.0.0"]
