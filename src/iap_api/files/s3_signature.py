"""Signs requests to an S3 store with AWS Signature Version 4, the part of it that a store of files needs.

https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html, with the payload's digest signed too.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Signer:
    """Whose requests, to the S3 of which region."""

    key_id: str
    secret: str
    region: str
    host: str

    def headers(self, method: str, path: str, query: Mapping[str, str], payload: bytes, at: datetime) -> dict[str, str]:
        """Return the headers that sign a request; `path` and `query` are not encoded yet (`written`)."""
        stamp, digest = at.strftime("%Y%m%dT%H%M%SZ"), hashlib.sha256(payload).hexdigest()
        signed = {"host": self.host, "x-amz-content-sha256": digest, "x-amz-date": stamp}
        names = ";".join(sorted(signed))
        plain = [f"{name}:{signed[name]}\n" for name in sorted(signed)]
        canonical = "\n".join((method, written(path), written_query(query), "".join(plain), names, digest))
        within = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        to_sign = "\n".join((_ALGORITHM, stamp, within, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self.secret}".encode()
        for part in within.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        said = f"{_ALGORITHM} Credential={self.key_id}/{within}, SignedHeaders={names}, Signature={signature}"
        return {**signed, "Authorization": said}


def written(path: str) -> str:
    """Return a path as S3 signs it: each part encoded once."""
    return quote(path, safe="/-_.~")


def written_query(query: Mapping[str, str]) -> str:
    """Return a query as S3 signs it: names in order, everything but unreserved characters encoded."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(query[name], safe='-_.~')}" for name in sorted(query))
