"""The stores that the tests run on: a folder, and a real S3 server that checks every signature."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
# moto brings its own versions of what the API needs, so it has a venv to itself (Makefile)
PYTHON = Path(os.environ.get("IAP_TEST_S3_PYTHON", ROOT / ".venv-s3" / "bin" / "python"))
BUCKET = "iap-files"
_USER = """
import boto3, sys
at = dict(endpoint_url=sys.argv[1], region_name="eu-west-2", aws_access_key_id="x", aws_secret_access_key="x")
iam, s3 = boto3.client("iam", **at), boto3.client("s3", **at)
iam.create_user(UserName="iap")
policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
iam.put_user_policy(UserName="iap", PolicyName="files", PolicyDocument=policy)
key = iam.create_access_key(UserName="iap")["AccessKey"]
s3.create_bucket(Bucket=sys.argv[2], CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
print(key["AccessKeyId"], key["SecretAccessKey"])
"""
# creating the user, its policy, its key and the bucket; from then on everybody has to sign
_BEFORE_ANYBODY_SIGNS = "4"


@contextmanager
def s3_server() -> Iterator[dict[str, Any]]:
    """Run the server and yield the settings for a bucket of it."""
    if not PYTHON.exists():
        raise FileNotFoundError("The S3 server of the tests is not installed: make test installs it into .venv-s3.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {"PATH": os.environ["PATH"], "INITIAL_NO_AUTH_ACTION_COUNT": _BEFORE_ANYBODY_SIGNS}
    server = subprocess.Popen(
        [PYTHON, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(url)
        made = subprocess.run(
            [PYTHON, "-c", _USER, url, BUCKET], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        key_id, secret = made.stdout.split()
        yield {"url": url, "key_id": key_id, "secret": secret, "region": "eu-west-2"}
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(url: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            httpx.get(f"{url}/moto-api/", timeout=1)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the S3 server did not start")
