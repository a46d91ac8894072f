"""Creates all botocore sessions and clients.

Calls have timeouts and a limited number of attempts, and run in threads. A caller can stop waiting
at any time: ``close`` ends every wait. botocore is imported when the first client is created.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from gpuecs_tui.aws.errors import AwsProblem, problem_of
from gpuecs_tui.aws.pool import DaemonPool
from gpuecs_tui.aws.profiles import default_profile
from gpuecs_tui.aws.reading import Known, Reading
from gpuecs_tui.i18n import _
from gpuecs_tui.user_folders import expand_home

if TYPE_CHECKING:
    from botocore.session import Session

T = TypeVar("T")

CONNECT_SECONDS = 5
"""Connect timeout in seconds. An AWS endpoint accepts within milliseconds; five seconds allow for a
lossy link."""
READ_SECONDS = 20
"""Read timeout in seconds. The slowest list calls of large accounts take a few seconds."""
ATTEMPTS = 3
"""Total attempts with botocore's standard back-off: enough for throttling, short for failures."""
THREADS = 28
"""The number of independent first calls, so that all of them run at the same time."""
SERVICES = (
    "sts",
    "ec2",
    "iam",
    "elbv2",
    "ecs",
    "service-quotas",
    "ecr",
    "logs",
    "acm",
    "autoscaling",
)
"""Services that the discovery calls, in the order in which they are needed."""
GLOBAL_REGION = "us-east-1"
"""The Region in which a session without a Region reads the identity and the list of Regions."""

ROLE_CACHE = "~/.aws/cli/cache"
"""The cache of the AWS CLI: one MFA code is enough for both until the assumed role expires."""

SERVICE_REGIONS = {"pricing": "us-east-1"}
"""Services whose endpoint is in one Region only (docs/aws.md, "Prices")."""

_IAM_PREFIX = {
    "elbv2": "elasticloadbalancing",
    "service-quotas": "servicequotas",
}
"""Services whose actions IAM names differently from the SDK."""

TokenPrompt = Callable[[str], str]
"""Receives a text that names the MFA device; returns the six digits."""


class Closed(Exception):
    """The reader was closed during a call."""


class AccountReader:
    """Calls AWS for one profile and region. Thread-safe; close it when the account changes."""

    def __init__(
        self,
        profile: str,
        region: str,
        token_prompt: TokenPrompt | None = None,
        endpoints: Mapping[str, str] | None = None,
    ) -> None:
        """Make no call; see ``connect``."""
        self.profile = profile
        self.region = region
        self.endpoints = dict(endpoints or {})
        self._token_prompt = token_prompt
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._pool = DaemonPool(THREADS)
        self._closed = threading.Event()

    def again(self, region: str) -> AccountReader:
        """Return another reader, closed separately, in the same session: no second MFA code."""
        other = AccountReader(self.profile, region, self._token_prompt, self.endpoints)
        # Share the lock too, because a botocore session creates one client at a time.
        other._lock, other._session = self._lock, self._session
        return other

    def with_keys(self, access_key: str, secret_key: str, token: str = "") -> AccountReader:
        """Return another reader, closed separately, that uses these keys. Makes no call."""
        from botocore.session import Session

        other = AccountReader("", self.region, endpoints=self.endpoints)
        other._session = Session()
        other._session.register_component("data_loader", _loader())
        other._session.set_credentials(access_key, secret_key, token or None)
        return other

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed.is_set()

    def close(self) -> None:
        """Drop queued calls and ignore the results of running calls."""
        self._closed.set()
        self._pool.close()

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Run ``function`` in one of the reader's threads."""
        return self._pool.submit(function)

    def prepare(self) -> None:
        """Create the clients of all services that the discovery calls: up to a second of CPU time.

        Run it in a thread while something else is waiting. Makes no call. Raises AwsProblem or
        Closed.
        """
        with self._worded("credentials"):
            for service in SERVICES:
                self._client(service)

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Make one call, such as ``call("sts", "GetCallerIdentity")``; raise AwsProblem or Closed.

        Returns botocore's result: plain dictionaries and lists.
        """
        name = action(service, operation)
        with self._worded(name):
            client = self._client(service)
            self._check_open()
            answer = getattr(client, _method(client, operation))(**parameters)
            return dict(answer)

    def endpoint_of(self, service: str) -> str:
        """Return the URL of a service. Makes no call; raises AwsProblem or Closed."""
        with self._worded("credentials"):
            return str(self._client(service).meta.endpoint_url)

    def pages(self, service: str, operation: str, /, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield every page of a list call; raise AwsProblem, or Closed before and between pages."""
        name = action(service, operation)
        with self._worded(name):
            client = self._client(service)
            self._check_open()
            for page in client.get_paginator(_method(client, operation)).paginate(**parameters):
                self._check_open()
                yield page

    def items(self, service: str, operation: str, key: str, /, **parameters: Any) -> list[Any]:
        """Return the lists under ``key`` of all pages as one."""
        pages = self.pages(service, operation, **parameters)
        return [item for page in pages for item in page.get(key, ())]

    def reading(self, source: str, read: Callable[[], T]) -> Reading[T]:
        """Call ``read``; return its result as Known, or its AwsProblem as Unknown."""
        try:
            return Known(read(), source, datetime.now(UTC))
        except AwsProblem as problem:
            return problem.as_unknown()

    def credentials(self) -> tuple[Mapping[str, str], datetime | None]:
        """Return the session's credentials as environment variables, and when they expire (UTC).

        They are for Terraform, which can neither prompt for an MFA code nor use this session. None
        means that no expiry is known. Raises AwsProblem.
        """
        with self._worded("credentials"):
            session = self._opened()
            found = session.get_credentials()
            if found is None:
                raise AwsProblem(
                    "no_credentials",
                    _("No AWS credentials found."),
                    _("Run: aws configure"),
                )
            frozen = found.get_frozen_credentials()
        environ = {
            "AWS_ACCESS_KEY_ID": frozen.access_key or "",
            "AWS_SECRET_ACCESS_KEY": frozen.secret_key or "",
        }
        if frozen.token:
            environ["AWS_SESSION_TOKEN"] = frozen.token
        # botocore has no public attribute for the expiry of refreshable credentials.
        expires = getattr(found, "_expiry_time", None)
        return environ, expires.astimezone(UTC) if isinstance(expires, datetime) else None

    def credential_source(self) -> tuple[str, Mapping[str, str]]:
        """Return botocore's name of the credentials' source (``env``, ``sso``,
        ``assume-role``, …; empty without any) and the profile's settings. Raises AwsProblem.
        """
        with self._worded("credentials"):
            session = self._opened()
            found = session.get_credentials()
            settings = session.get_scoped_config()
        return (found.method or "") if found else "", settings

    def _client(self, service: str) -> Any:
        key = (service, self.region)
        with self._lock:
            if key not in self._clients:
                self._check_open()
                self._clients[key] = self._new_client(service)
            return self._clients[key]

    def _new_client(self, service: str) -> Any:
        try:
            client = self._opened_locked().create_client(
                service,
                region_name=SERVICE_REGIONS.get(service) or self.region or GLOBAL_REGION,
                endpoint_url=self.endpoints.get(service),
                config=_config(path_style="s3" in self.endpoints),
            )
            # Check just before each request is sent, including retries.
            client.meta.events.register("before-send", self._check_open)
            return client
        except ValueError as error:
            if _from_botocore(error):
                raise
            # botocore raises a plain ValueError for an invalid AWS_ENDPOINT_URL.
            raise AwsProblem(
                "unreachable",
                _("The endpoint of {service} is not a valid URL: {detail}.").format(
                    service=service, detail=error
                ),
                _("Check AWS_ENDPOINT_URL."),
            ) from None

    def _opened(self) -> Session:
        with self._lock:
            return self._opened_locked()

    def _opened_locked(self) -> Session:
        if self._session is None:
            from botocore.session import Session
            from botocore.utils import JSONFileCache

            session = Session(profile=self.profile or None)
            session.register_component("data_loader", _loader())
            provider = session.get_component("credential_provider").get_provider("assume-role")
            cache = expand_home(ROLE_CACHE)
            if os.access(cache if cache.exists() else cache.parent.parent, os.W_OK):
                provider.cache = JSONFileCache(str(cache))
            # botocore's own prompt would use the terminal, which Textual draws on.
            provider._prompter = self._prompt
            try:
                session.get_credentials()
            except (KeyError, ValueError) as error:
                if _from_botocore(error):
                    raise
                # botocore does not validate the output of a credential_process.
                raise AwsProblem(
                    "no_credentials",
                    _("The credential_process of the profile did not print valid credentials."),
                    _("Fix the credential_process, or choose another profile."),
                ) from None
            self._session = session
        return self._session

    def _prompt(self, text: str) -> str:
        if self._token_prompt is None:
            raise AwsProblem(
                "mfa",
                _("The profile {profile} requires an MFA code.").format(profile=self.profile),
                _("Enter the six digits that the MFA device shows."),
            )
        return self._token_prompt(text)

    def _check_open(self, **_event: object) -> None:
        if self.closed:
            raise Closed

    def _worded(self, name: str) -> _Worded:
        return _Worded(name, self.profile or default_profile(), self.region)


class _Worded:
    """A context in which exceptions of botocore become AwsProblem."""

    def __init__(self, call: str, profile: str, region: str) -> None:
        self._place = {"call": call, "profile": profile, "region": region}

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, Exception) or isinstance(error, (Closed, GeneratorExit)):
            return
        # An OSError is from a credential source: a token file, a credential_process.
        if isinstance(error, (AwsProblem, OSError)) or _from_botocore(error):
            raise problem_of(error, **self._place) from None


def connect(
    profile: str = "",
    region: str = "",
    token_prompt: TokenPrompt | None = None,
    endpoints: Mapping[str, str] | None = None,
) -> AccountReader:
    """Return a reader for ``profile`` (empty: the default credential chain) in ``region``.

    Makes no call. ``endpoints`` are URLs by service; other services use AWS's endpoints.
    ``token_prompt`` is called from a worker thread when a role requires an MFA code; without it,
    such a profile fails with the kind ``mfa``.
    """
    return AccountReader(profile, region, token_prompt, endpoints)


def action(service: str, operation: str) -> str:
    """Return the name that IAM has for an operation: ``ec2:DescribeVpcs``."""
    return f"{_IAM_PREFIX.get(service, service)}:{operation}"


def _from_botocore(error: Exception) -> bool:
    return any(parent.__module__.startswith("botocore.") for parent in type(error).__mro__)


def _method(client: Any, operation: str) -> str:
    for method, name in client.meta.method_to_api_mapping.items():
        if name == operation:
            return str(method)
    raise LookupError(operation)


@cache
def _loader() -> Any:
    # Shared by all sessions, because parsing the service models takes longer than the calls.
    from botocore.loaders import create_loader

    return create_loader(os.environ.get("AWS_DATA_PATH"))


def _config(*, path_style: bool) -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=THREADS,
        user_agent_extra="gpuecs-tui",
        # A custom endpoint has no host name for each bucket.
        s3={"addressing_style": "path"} if path_style else None,
    )
