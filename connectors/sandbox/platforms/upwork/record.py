"""One freelancer's record as GraphQL's root value: what there is, in pages, and who may see it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from graphql import GraphQLError

from connectors.sandbox.parameters import whole_number
from connectors.sandbox.platforms.upwork import views
from connectors.sandbox.platforms.upwork.contracts import Contract, contracts_of, numeric_id
from connectors.sandbox.platforms.upwork.freelancers import Freelancer
from connectors.sandbox.world import World

__all__ = ["FreelancerRecord", "account_ids", "denied"]

Json = dict[str, Any]

_MOST_PROPOSALS = 40
_MOST_ROWS = 100


class FreelancerRecord:
    """What the tokens of one freelancer with certain scopes may see."""

    def __init__(self, world: World, freelancer: Freelancer, scopes: frozenset[str]) -> None:
        self._world = world
        self._freelancer = freelancer
        self._scopes = scopes
        self._contracts = contracts_of(world, freelancer)
        self._ids = account_ids(world, freelancer)
        self._history = {contract.id: views.work_history(contract) for contract in self._contracts}

    def root(self) -> Mapping[str, Any]:
        """Return GraphQL's root value; fields that take work are functions."""
        return {
            "user": self._user,
            "companySelector": {
                "items": [{"title": self._freelancer.persona.name, "organizationId": self._ids["organization_id"]}]
            },
            "talentWorkHistory": self._work_history,
            "talentProfile": self._talent_profile,
            "vendorProposals": self._proposals,
            "contractList": self._contract_list,
            "vendorContracts": self._vendor_contracts,
            "transactionHistory": self._transactions,
        }

    def _user(self) -> Json:
        persona = self._freelancer.persona
        return {
            "id": self._ids["user_id"],
            "nid": persona.login.partition("@")[0].replace(".", ""),
            "rid": self._ids["rid"],
            "email": persona.login,
            "name": persona.name,
            "photoUrl": None,
            "ciphertext": self._ids["ciphertext"],
            "freelancerProfile": lambda: None if self._freelancer.suspended else self._freelancer_profile,
            "talentProfile": lambda: None if self._freelancer.suspended else self._talent,
            "contractTimeReport": self._time_report,
        }

    @cached_property
    def _freelancer_profile(self) -> Json:
        persona = self._freelancer.persona
        return {
            "id": self._ids["user_id"],
            "fullName": persona.name,
            "firstName": persona.given_name,
            "lastName": persona.family_name,
            "email": persona.login,
            "phoneNumber": None,
            "countryDetails": {"name": "United States", "twoLetterAbbreviation": persona.country},
            "aggregates": views.aggregates(self._world, self._contracts),
            "skills": views.skills_of(self._freelancer),
            "contracts": [views.profile_contract(contract) for contract in self._contracts],
        }

    @cached_property
    def _talent(self) -> Json:
        available = {"capacity": "PART_TIME", "minHours": 10, "maxHours": 30}
        return {
            "profiles": [
                {
                    "profileAggregates": views.talent_aggregates(self._world, self._contracts),
                    "personAvailability": available if self._contracts else None,
                }
            ]
        }

    def _work_history(self, filter: Json) -> Json:
        self._only_own(filter["personId"])
        chosen = [contract for contract in self._contracts if _matches(contract, filter)]
        sort = filter.get("sort")
        if sort is not None and sort["order"].upper() == "ASC":
            chosen.reverse()
        page = filter.get("pagination") or {"offset": 0, "limit": 10}
        return {
            "totalCount": len(chosen),
            "workHistoryList": [self._history[contract.id] for contract in _slice(chosen, page)],
        }

    def _talent_profile(self, personId: str) -> Json:  # noqa: N803
        self._only_own(personId)
        return self._talent

    def _time_report(
        self,
        timeReportDate_bt: Json,  # noqa: N803
        pagination: Json | None = None,
    ) -> Json:
        start, end = _compact(timeReportDate_bt["rangeStart"]), _compact(timeReportDate_bt["rangeEnd"])
        rows = [
            views.time_report(contract, worked)
            for contract in self._contracts
            for worked in contract.days
            if start <= worked.day.strftime("%Y%m%d") <= end
        ]
        rows.sort(key=lambda row: (row["dateWorkedOn"], row["contract"]["id"]))
        return _connection(rows, pagination, most=_MOST_ROWS)

    def _proposals(
        self,
        filter: Json | None = None,
        pagination: Json | None = None,
    ) -> Json:
        rows = [
            {
                "id": numeric_id(self._world, "proposal", contract.id),
                "proposalCoverLetter": f"I would like to help with this: {contract.title}.",
                "status": {"status": "Hired"},
                "terms": {"chargeRate": views.money(contract.rate)},
            }
            for contract in self._contracts
        ]
        wanted = (filter or {}).get("status")
        rows = [row for row in rows if wanted is None or row["status"] == {"status": wanted}]
        return _connection(rows, pagination, most=_MOST_PROPOSALS)

    def _contract_list(self, pagination: Json | None = None) -> Json:
        self._needs("Partner")
        chosen = _slice(self._contracts, pagination or {"offset": 0, "limit": 10})
        return {
            "totalCount": len(self._contracts),
            "contracts": [views.contract_details(contract) for contract in chosen],
        }

    def _vendor_contracts(self, pagination: Json | None = None) -> Json:
        self._needs("Partner")
        rows = [views.contract_details(contract) for contract in self._contracts]
        return _connection(rows, pagination, most=_MOST_ROWS)

    def _transactions(self, transactionHistoryFilter: Json) -> Json:  # noqa: N803
        self._needs("Payments")
        window = transactionHistoryFilter.get("transactionDateTime_bt")
        rows = views.transactions(self._contracts, self._freelancer.persona.name)
        if window is not None:
            start, end = _compact(window["rangeStart"]), _compact(window["rangeEnd"])
            rows = [row for row in rows if start <= _compact(row["transactionCreationDate"]) <= end]
        return {"transactionDetail": {"transactionHistoryRow": rows}}

    def _needs(self, scope: str) -> None:
        if scope not in self._scopes:
            raise denied(f"needs the {scope} scope")

    def _only_own(self, person_id: str) -> None:
        if person_id != self._ids["user_id"]:
            raise denied("not the token's own record")


def account_ids(world: World, freelancer: Freelancer) -> dict[str, str]:
    """Return the identifiers by which Upwork knows a freelancer."""
    login = freelancer.persona.login
    return {
        "user_id": numeric_id(world, login, "user"),
        "rid": numeric_id(world, login, "rid")[:8],
        "ciphertext": f"~01{world.random('upwork', login, 'ciphertext').getrandbits(64):016x}",
        "organization_id": numeric_id(world, login, "organization"),
    }


def denied(reason: str) -> GraphQLError:
    """Return Upwork's refusal of a field."""
    return GraphQLError("Authorization failed", extensions={"classification": "FORBIDDEN", "reason": reason})


def _matches(contract: Contract, wanted: Json) -> bool:
    ids, statuses = wanted.get("contractIds"), wanted.get("status")
    status = "ACTIVE" if contract.ended is None else "CLOSED"
    return (
        (ids is None or contract.id in ids)
        and (statuses is None or status in statuses)
        and not (wanted.get("excludeNoFeedback") and contract.to_freelancer is None)
    )


def _slice(contracts: Sequence[Contract], page: Json) -> Sequence[Contract]:
    offset, limit = page["offset"] or 0, 10 if page["limit"] is None else page["limit"]
    if offset < 0 or not 1 <= limit <= _MOST_ROWS:
        raise GraphQLError(f"offset must not be negative, limit must be from 1 to {_MOST_ROWS}")
    return contracts[offset : offset + limit]


def _connection(rows: Sequence[Json], pagination: Json | None, *, most: int) -> Json:
    page = pagination or {}
    first, after = page.get("first"), page.get("after")
    first = 10 if first is None else first
    if not 1 <= first <= most:
        raise GraphQLError(f"first must be from 1 to {most}")
    start = 0 if after is None else whole_number(after)
    if start is None:
        raise GraphQLError("after is not a cursor of this connection")
    shown = rows[start : start + first]
    edges = [{"cursor": str(start + index + 1), "node": row} for index, row in enumerate(shown)]
    return {
        "totalCount": len(rows),
        "edges": edges,
        "pageInfo": {
            "hasNextPage": start + first < len(rows),
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _compact(day: str) -> str:
    """Return a date as `yyyyMMdd`, from that form or from an ISO string."""
    return day[:10].replace("-", "")
