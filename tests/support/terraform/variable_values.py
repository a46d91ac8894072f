"""Variables, and Terraform's results for expressions and values of them."""

from __future__ import annotations

from gpuecs_tui.terraform.hcl.values import HclValue

VARIABLES = """
variable "numbers" {
  type    = set(number)
  default = [10, 9, "2", 2]
}
variable "mixed" {
  type    = set(any)
  default = [3, "a", 1]
}
variable "inside" {
  type    = object({ names = set(string) })
  default = { names = ["b", "é", "Z", "b", null] }
}
variable "listed" {
  type    = list(any)
  default = [1, "a", true]
}
variable "mapped" {
  type    = map(any)
  default = { a = 1, b = "x" }
}
variable "objects" {
  type    = set(object({ x = string }))
  default = [{ x = "b" }, { x = "a" }]
}
"""
VALUES: dict[str, HclValue] = {
    'join(",", toset(["b", "a", "b"]))': "a,b",
    "toset([10, 9, 1.5])": [1.5, 9, 10],
    'toset([10, 9, "1"])': ["1", "10", "9"],
    "toset([true, false, true])": [False, True],
    'toset([1, true, "a"])': ["1", "a", "true"],
    'toset(["b", null, "a"])': ["a", "b", None],
    'toset(["z", "\\U0001F600", "\\uFF21"])': ["z", "\uff21", "\U0001f600"],
    "toset([])": [],
    'tolist([1, "a", null])': ["1", "a", None],
    "tolist(var.numbers)": [2, 9, 10],
    "var.numbers": [2, 9, 10],
    "var.mixed": ["1", "3", "a"],
    "var.inside.names": ["Z", "b", "é", None],
    "var.listed": ["1", "a", "true"],
    "var.mapped": {"a": "1", "b": "x"},
    '"e\\u0301 \\u212b"': "é Å",
    '"e${"\\u0301"}"': "é",
    'join("", ["e", "\\u0301"])': "é",
    "merge(null, { a = 1 })": {"a": 1},
    '"${1e16}:${1e-7}:${2.50}:${1e20}"': "10000000000000000:0.0000001:2.5:100000000000000000000",
    'tonumber("+1e3")': 1000,
    'substr("abc", 1, 10)': "bc",
}
"""Expression → value. The end-to-end tests compare this with Terraform."""
REFUSED = (
    "toset([1, true])",
    'concat(toset(["b", "a"]), ["c"])',
    'tonumber("1_000")',
    'tonumber(" 1 ")',
    "local.set.0",
    "tolist([1, true])",
    'tolist(["a", ["b"]])',
    "concat()",
    'join(",")',
)
"""Values that Terraform rejects; they have no result here."""
