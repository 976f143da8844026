"""The conformance run: does a connector keep its promises against its platform's sandbox account?

sign_in      an account's tokens, by OAuth as a sandbox persona, or given
export       the export of an account, for connectors that read one
faulty_wire  faults made on the way to a platform's own sandbox
checks       one function per promise, each with what it saw
samples      what mappings make of sample answers, without any platform
misfits      where that does not fit the schema's types
report       findings, and the report as text
run          all checks of one connector, in order
"""

from connectors.conformance.report import Finding, Report
from connectors.conformance.run import run_conformance
from connectors.conformance.sign_in import SandboxAccount

__all__ = ["Finding", "Report", "SandboxAccount", "run_conformance"]
