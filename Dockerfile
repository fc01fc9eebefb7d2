# Payerdesk in one container. `docker build -t payerdesk .`; compose.yaml runs it with Postgres and TLS.
# Every package is a wheel pinned with its hash: nothing is compiled, so there is no compiler to leave behind.

FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /
RUN python -m venv /opt/payerdesk \
    && /opt/payerdesk/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
        --only-binary :all: -r /requirements.txt \
    && /opt/payerdesk/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm
RUN pip uninstall --yes --root-user-action=ignore pip setuptools wheel \
    && useradd --system --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin payerdesk \
    && install -d -o payerdesk -g payerdesk -m 0700 /data /heads
COPY --from=packages /opt/payerdesk /opt/payerdesk
WORKDIR /app
COPY app.py ./
COPY .streamlit/config.toml .streamlit/
COPY lib lib
COPY pages pages
# The program cannot be changed by whoever runs it; without bytecode every start would take three seconds more.
RUN /opt/payerdesk/bin/python -m compileall -q app.py lib pages

# Inside the container it listens on all addresses: what may reach it is the network's business (compose.yaml).
ENV PATH=/opt/payerdesk/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PAYERDESK_DATA=/data \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0
USER payerdesk
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", "from urllib.request import urlopen; answer = urlopen('http://127.0.0.1:8501/healthz', timeout=4); raise SystemExit(answer.read() != b'ok')"]
CMD ["python", "-m", "streamlit", "run", "app.py"]
