"""The signature of a request, held against the examples that AWS has printed."""

from datetime import UTC, datetime

from iap_api.files.s3_signature import Signer, written, written_query

# "Examples: Signature calculations in AWS Signature Version 4", Amazon S3 API reference; the keys are AWS's examples
SIGNER = Signer(
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", "examplebucket.s3.amazonaws.com"
)
AT = datetime(2013, 5, 24, tzinfo=UTC)


def test_the_printed_listing_of_a_bucket_is_signed_as_printed() -> None:
    signed = SIGNER.headers("GET", "/", {"max-keys": "2", "prefix": "J"}, b"", AT)
    assert signed["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )


def test_the_printed_question_for_a_buckets_rules_is_signed_as_printed() -> None:
    signed = SIGNER.headers("GET", "/", {"lifecycle": ""}, b"", AT)
    assert signed["Authorization"].endswith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    assert signed["x-amz-date"] == "20130524T000000Z"


def test_a_path_and_a_query_are_written_as_s3_reads_them() -> None:
    assert written("/bucket/a school/ü~1") == "/bucket/a%20school/%C3%BC~1"
    assert written_query({"prefix": "a/b c", "continuation-token": "1+2/3="}) == (
        "continuation-token=1%2B2%2F3%3D&prefix=a%2Fb%20c"
    )
