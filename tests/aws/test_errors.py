from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions as botocore

from gpuecs_tui.aws.error_kinds import DETAIL_MAX
from gpuecs_tui.aws.errors import AwsProblem, problem_of


def answered(code: str, message: str = "It says why.") -> Exception:
    return botocore.ClientError({"Error": {"Code": code, "Message": message}}, "DescribeVpcs")


CASES: list[tuple[Exception, str, str]] = [
    (botocore.NoCredentialsError(), "no_credentials", "aws configure --profile gpu"),
    (botocore.PartialCredentialsError(provider="env", cred_var="x"), "no_credentials", "configure"),
    (botocore.ProfileNotFound(profile="gpu"), "no_credentials", "aws configure --profile gpu"),
    (
        botocore.CredentialRetrievalError(provider="process", error_msg="exit 1"),
        "no_credentials",
        "Fix the credential source",
    ),
    (FileNotFoundError(2, "No such file", "/token"), "no_credentials", "Fix the credential source"),
    (botocore.InvalidConfigError(error_msg="no session"), "no_credentials", "Correct the profile"),
    (
        botocore.MissingDependencyException(msg="needs crt"),
        "no_credentials",
        "aws configure export-credentials --profile gpu",
    ),
    (answered("ExpiredToken"), "expired", "aws sso login --profile gpu"),
    (answered("RequestExpired"), "expired", ""),
    (answered("InvalidClientTokenId"), "no_credentials", "another profile"),
    (answered("AuthFailure"), "no_credentials", "configure"),
    (botocore.SSOTokenLoadError(error_msg="no token"), "sso_login", "aws sso login --profile gpu"),
    (botocore.UnauthorizedSSOTokenError(), "sso_login", "aws sso login --profile gpu"),
    (
        botocore.TokenRetrievalError(provider="sso", error_msg="expired"),
        "sso_login",
        "aws sso login",
    ),
    (botocore.LoginRefreshRequired(), "expired", "aws login --profile gpu"),
    (botocore.RefreshWithMFAUnsupportedError(), "mfa", "six digits"),
    (answered("AccessDenied"), "denied", "ec2:DescribeVpcs"),
    (answered("AccessDeniedException"), "denied", ""),
    (answered("UnauthorizedOperation"), "denied", ""),
    (answered("Throttling"), "throttled", ""),
    (answered("RequestLimitExceeded"), "throttled", ""),
    (answered("TooManyRequestsException"), "throttled", ""),
    (botocore.ReadTimeoutError(endpoint_url="https://x"), "timeout", ""),
    (botocore.ConnectTimeoutError(endpoint_url="https://x"), "timeout", ""),
    (botocore.EndpointConnectionError(endpoint_url="https://x"), "unreachable", "HTTPS_PROXY"),
    (botocore.ProxyConnectionError(proxy_url="http://p"), "unreachable", "HTTPS_PROXY"),
    (
        botocore.SSLError(endpoint_url="https://x", error=ValueError("self-signed")),
        "unreachable",
        "",
    ),
    (botocore.InvalidRegionError(region_name="nowhere!"), "invalid_region", "us-east-1"),
    (botocore.NoRegionError(), "invalid_region", ""),
    (answered("OptInRequired"), "invalid_region", "enable us-east-1"),
    (answered("InvalidVpcID.NotFound"), "not_found", ""),
    (answered("NoSuchEntity"), "not_found", ""),
    (answered("InternalError"), "other", ""),
    (botocore.BotoCoreError(), "other", ""),
]


@pytest.mark.parametrize(
    ("error", "kind", "remedy"), CASES, ids=[f"{type(e).__name__}-{k}" for e, k, _ in CASES]
)
def test_each_error_in_words(error: Exception, kind: str, remedy: str) -> None:
    problem = problem_of(error, call="ec2:DescribeVpcs", profile="gpu", region="us-east-1")
    assert problem.kind == kind
    assert remedy in problem.remedy
    assert problem.sentence.endswith(".")
    assert "Traceback" not in str(problem)
    assert "\n" not in str(problem)


def test_the_text_of_a_refusal_is_kept_on_one_line() -> None:
    problem = problem_of(answered("AccessDenied", "User a\n is  not authorized."), call="iam:X")
    assert problem.sentence == "Not allowed to call iam:X: User a is not authorized."
    assert str(problem.as_unknown()) == "unknown: not allowed to call iam:X"


def test_a_long_text_is_cut() -> None:
    problem = problem_of(answered("Odd", "x" * 5000), call="iam:X")
    assert len(str(problem)) < DETAIL_MAX + 50


def test_our_own_problem_only_gets_its_call() -> None:
    ours = AwsProblem("mfa", "It needs a code.", "Type it.")
    named: Any = problem_of(ours, call="sts:AssumeRole")
    assert (named.kind, named.sentence, named.call) == ("mfa", "It needs a code.", "sts:AssumeRole")
    assert problem_of(named, call="other") is named
