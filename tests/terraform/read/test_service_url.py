"""The URL of a service with a certificate, and the DNS record that it needs."""

from __future__ import annotations

import pytest

from gpuecs_tui.terraform.read.service_url import ServiceUrl, service_url

BALANCER = "internal-Chat-9.eu-west-1.elb.amazonaws.com"


def outputs(url: str) -> dict[str, dict[str, str]]:
    """Outputs of an applied stack."""
    return {"url": {"value": url}, "load_balancer_dns_name": {"value": BALANCER}}


@pytest.mark.parametrize("port", ["", ":8443"])
def test_a_certificate_s_domain_is_the_name(port: str) -> None:
    found = service_url(outputs(f"https://{BALANCER}{port}"), "chat.example.org")
    assert found.url == f"https://chat.example.org{port}"
    assert f"chat.example.org CNAME {BALANCER}" in found.record


@pytest.mark.parametrize(
    ("domain", "covered"),
    [
        ("*.example.org", "the certificate covers (*.example.org): NAME"),
        ("", "the certificate covers: NAME"),
    ],
)
def test_a_pattern_or_an_unknown_domain_is_not_taken_for_a_name(domain: str, covered: str) -> None:
    found = service_url(outputs(f"https://{BALANCER}"), domain)
    assert found.url == f"https://{BALANCER}"
    assert f"NAME CNAME {BALANCER}" in found.record and covered in found.record


@pytest.mark.parametrize(
    "url", [f"http://{BALANCER}:80", "https://own.example.org", "https://[", ""]
)
def test_other_urls_stay_as_they_are(url: str) -> None:
    assert service_url(outputs(url), "chat.example.org") == ServiceUrl(url)


def test_without_outputs_there_is_none() -> None:
    assert service_url(None, "a.org") == service_url({"url": {"sensitive": True}}) == ServiceUrl()
