"""Takes secrets out of text before anybody can read it."""

import re

REDACTED = "[secret]"

# Login with Amazon's tokens and secrets carry their kind in front; presigned links carry theirs in the query.
_TOKENS = re.compile(r"Atz(?:[a-z]|\.[a-z]+)\|[\w\-+/=|.~]+|amzn1\.oa2-cs\.[\w\-.]+", re.ASCII)
_PARAMETERS = re.compile(
    r"(?P<name>(?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId|access_token|refresh_token"
    r"|client_secret|x-amz-access-token|restrictedDataToken)[\"']?\s*(?:=|:)\s*[\"']?)(?!\[secret\])[^\s&\"',;<>}]+",
    re.IGNORECASE | re.ASCII,
)


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return the text without tokens, link signatures and the given exact secrets.

    :param text: any text, e.g. an error message of Amazon's.
    :param secrets: values to remove wherever they stand; empty ones are ignored.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, REDACTED)
    text = _TOKENS.sub(REDACTED, text)
    return _PARAMETERS.sub(rf"\g<name>{REDACTED}", text)
