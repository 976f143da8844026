"""Upwork's records in the shape in which the schema serves them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.platforms.upwork.contracts import Contract, ContractFeedback, DayWorked
from connectors.sandbox.platforms.upwork.freelancers import Freelancer
from connectors.sandbox.world import World

__all__ = [
    "aggregates",
    "contract_details",
    "instant",
    "money",
    "profile_contract",
    "skills_of",
    "talent_aggregates",
    "time_report",
    "transactions",
    "work_history",
]

Json = dict[str, Any]

_RECENT = timedelta(days=180)
_FEE = 0.1


def instant(moment: datetime) -> str:
    """Return a moment as Upwork writes it, UTC with milliseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def money(amount: float) -> Json:
    """Return an amount in US dollars."""
    return {"rawValue": f"{amount:.2f}", "currency": "USD", "displayValue": f"${amount:,.2f}"}


def work_history(contract: Contract) -> Json:
    """Return a `TalentWorkHistory`."""
    amount = f"{contract.rate:.2f}"
    return {
        "contract": {
            "id": contract.id,
            "title": None if contract.private else contract.title,
            "status": "ACTIVE" if contract.ended is None else "CLOSED",
            "startDate": instant(contract.started),
            "endDate": contract.ended and instant(contract.ended),
            "createDate": instant(contract.started - timedelta(hours=20)),
            "clientTeamId": contract.client_team,
            "clientOrgId": contract.client_org,
            "terms": {
                "hourlyRate": amount if contract.kind == "HOURLY" else None,
                "fixedAmount": amount if contract.kind == "FIXED" else None,
                "stipendAmount": amount if contract.kind == "STIPEND" else None,
                "jobType": contract.kind,
            },
        },
        "contractAggregate": {
            "totalCharge": f"{contract.charge:.2f}",
            "hours": f"{contract.hours:.2f}" if contract.kind == "HOURLY" else None,
        },
        "feedback": {
            "feedbackToFreelancer": _feedback(contract.to_freelancer),
            "feedbackToClient": _feedback(contract.to_client),
        },
        "opening": None
        if contract.private
        else {
            "id": contract.opening,
            "title": contract.title,
            "visibility": "PUBLIC",
            "vegaJobDetails": {"opening": {"jobDescription": contract.brief.description}},
        },
    }


def _feedback(feedback: ContractFeedback | None) -> Json | None:
    if feedback is None:
        return None
    if feedback.suppressed:
        return {
            "score": None,
            "comment": None,
            "response": None,
            "scores": [],
            "feedbackSuppressed": True,
            "isPublic": False,
            "commentPublic": False,
            "point": None,
        }
    return {
        "score": feedback.score,
        "comment": feedback.comment,
        "response": feedback.response,
        "scores": [{"label": label, "score": score, "weight": weight} for label, score, weight in feedback.categories],
        "feedbackSuppressed": False,
        "isPublic": feedback.public,
        "commentPublic": feedback.public and feedback.comment is not None,
        "point": None,
    }


def profile_contract(contract: Contract) -> Json:
    """Return a `FreelancerProfileContract`."""
    hourly = contract.kind == "HOURLY"
    return {
        "id": contract.id,
        "title": contract.title,
        "description": contract.brief.description,
        "type": contract.kind,
        "accessType": "PRIVATE" if contract.private else "PUBLIC",
        "private": contract.private,
        "startDateTime": instant(contract.started),
        "endDateTime": contract.ended and instant(contract.ended),
        "totalCharges": money(contract.charge),
        "totalHours": contract.hours if hourly else None,
        "hourlyRate": money(contract.rate) if hourly else None,
        "initialAmount": None if hourly else money(contract.rate),
        "feedbackToTheFreelancer": _profile_feedback(contract.to_freelancer),
        "feedbackToTheClient": _profile_feedback(contract.to_client),
    }


def _profile_feedback(feedback: ContractFeedback | None) -> Json | None:
    if feedback is None or feedback.suppressed:
        return None
    return {
        "score": feedback.score,
        "comment": feedback.comment,
        "publicComment": feedback.public,
        "response": feedback.response,
        "scoreDetails": [
            {"score": score, "label": label, "description": None} for label, score, _ in feedback.categories
        ],
    }


def _scores(contracts: Sequence[Contract]) -> list[float]:
    return [item.to_freelancer.score for item in contracts if item.to_freelancer and not item.to_freelancer.suppressed]


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None


def _job_success(contracts: Sequence[Contract]) -> float | None:
    """Return the share of closed contracts with a good outcome, in percent; None below eleven of them."""
    closed = [item for item in contracts if item.ended is not None and item.to_freelancer is not None]
    if len(closed) < 11:
        return None
    good = sum(1 for item in closed if item.to_freelancer is not None and item.to_freelancer.score >= 4)
    return float(round(100 * good / len(closed)))


def aggregates(world: World, contracts: Sequence[Contract]) -> Json:
    """Return `FreelancerProfileAggregates`; "recent" is the last 180 days."""
    since = world.started - _RECENT
    recent = [item for item in contracts if item.ended is None or item.ended >= since]
    billed = [item for item in contracts if item.charge > 0]
    hours = round(sum(item.hours for item in contracts), 2)
    recent_hours = sum(day.hours for item in contracts for day in item.days if day.day >= since.date())
    revenue = sum(item.charge for item in contracts)
    recent_earnings = sum(item.charge for item in recent) * (1 - _FEE)
    success = _job_success(contracts)
    worked = _last_worked(contracts)
    return {
        "jobSuccessScore": success,
        "topRatedStatus": "top_rated" if success is not None and success >= 90 else None,
        "topRatedPlusStatus": None,
        "vetted": False,
        "totalHourlyJobs": sum(1 for item in contracts if item.kind == "HOURLY"),
        "totalFixedJobs": sum(1 for item in contracts if item.kind == "FIXED"),
        "totalHours": hours,
        "totalHoursActual": hours,
        "totalHoursRecent": round(recent_hours, 2),
        "totalFeedback": len(_scores(contracts)),
        "totalFeedbackRecent": len(_scores(recent)),
        "adjustedFeedbackScore": _mean(_scores(contracts)),
        "adjustedFeedbackScoreRecent": _mean(_scores(recent)),
        "billedContracts": len(billed),
        "currentContracts": sum(1 for item in contracts if item.ended is None),
        "totalRevenue": money(revenue) if contracts else None,
        "totalEarnings": money(revenue * (1 - _FEE)) if contracts else None,
        "recentEarnings": money(recent_earnings) if contracts else None,
        "averageRecentEarnings": money(recent_earnings / len(recent)) if recent else None,
        "lastWorkedDateTime": worked and instant(worked),
        "lastActivityDateTime": instant(world.started - timedelta(hours=7)),
        "responsiveness": 0.97 if contracts else None,
        "qualityScore": None,
    }


def _last_worked(contracts: Sequence[Contract]) -> datetime | None:
    days = [day.day for item in contracts for day in item.days]
    ends = [item.ended for item in contracts if item.ended is not None]
    moments = [datetime.combine(max(days), datetime.min.time())] if days else []
    moments += [end.replace(tzinfo=None) for end in ends]
    return max(moments) if moments else None


def talent_aggregates(world: World, contracts: Sequence[Contract]) -> Json:
    """Return `TalentProfileAggregates`."""
    own = aggregates(world, contracts)
    labels: dict[str, list[float]] = {}
    weights: dict[str, float] = {}
    for item in contracts:
        if item.to_freelancer and not item.to_freelancer.suppressed:
            for label, score, weight in item.to_freelancer.categories:
                labels.setdefault(label, []).append(score)
                weights[label] = weight
    worked = _last_worked(contracts)
    return {
        "totalEarnings": round(sum(item.charge for item in contracts) * (1 - _FEE), 2),
        "totalJobs": len(contracts),
        "totalHourlyJobs": own["totalHourlyJobs"],
        "totalFixedJobs": own["totalFixedJobs"],
        "topRatedStatus": own["topRatedStatus"],
        "totalFeedback": own["totalFeedback"],
        "lastWorkedOn": worked and worked.strftime("%Y-%m-%d"),
        "adjustedCategoryScores": [
            {"label": label, "score": _mean(values), "weight": weights[label]} for label, values in labels.items()
        ],
    }


def time_report(contract: Contract, worked: DayWorked) -> Json:
    """Return a `TimeReport`: one contract, one day."""
    online = round(worked.hours - worked.manual, 2)
    week = worked.day - timedelta(days=worked.day.weekday())
    return {
        "dateWorkedOn": worked.day.strftime("%Y%m%d"),
        "weekWorkedOn": week.strftime("%Y%m%d"),
        "monthWorkedOn": worked.day.strftime("%Y%m"),
        "yearWorkedOn": worked.day.strftime("%Y"),
        "contract": {"id": contract.id, "title": contract.title},
        "task": None,
        "memo": worked.memo,
        "totalHoursWorked": worked.hours,
        "totalCharges": round(worked.hours * contract.rate, 2),
        "totalOnlineHoursWorked": online,
        "totalOnlineCharge": round(online * contract.rate, 2),
        "totalOfflineHoursWorked": worked.manual,
        "totalOfflineCharge": round(worked.manual * contract.rate, 2),
        "billRate": {"id": contract.id, "value": f"{contract.rate:.2f}", "code": "USD"},
    }


def contract_details(contract: Contract) -> Json:
    """Return `ContractDetails`."""
    amount = money(contract.rate)
    return {
        "id": contract.id,
        "title": contract.title,
        "status": "ACTIVE" if contract.ended is None else "CLOSED",
        "closingReason": None
        if contract.ended is None
        else {"id": "1", "apiRef": "job_completed", "reason": "Job completed"},
        "deliveryModel": "TALENT_MARKETPLACE",
        "kind": contract.kind,
        "createDate": instant(contract.started - timedelta(hours=20)),
        "modifyDate": instant(contract.ended or contract.started),
        "startDate": instant(contract.started),
        "endDate": contract.ended and instant(contract.ended),
        "offerId": contract.opening,
        "terms": {
            "hourlyTerms": [{"hourlyRate": amount}] if contract.kind == "HOURLY" else [],
            "fixedPriceTerms": [{"fixedAmount": amount, "fpCharge": amount, "milestones": []}]
            if contract.kind == "FIXED"
            else [],
            "stipendTerms": [{"stipendAmount": amount}] if contract.kind == "STIPEND" else [],
        },
    }


def skills_of(freelancer: Freelancer) -> Json:
    """Return the profile's skills as a connection, without repetition."""
    names = dict.fromkeys(name for brief in freelancer.briefs for name in brief.skills)
    return {"edges": [{"node": {"prettyName": name}} for name in names]}


def transactions(contracts: Sequence[Contract], worker: str) -> list[Json]:
    """Return `TransactionHistoryRow`s: one payment and one service fee for each finished contract."""
    rows: list[Json] = []
    balance = 0.0
    for contract in reversed(contracts):
        if contract.ended is None:
            continue
        for subtype, amount in (("Payment", contract.charge), ("Service Fee", -contract.charge * _FEE)):
            balance += amount
            rows.append(
                {
                    "recordId": f"{contract.id}{len(rows)}",
                    "rowNumber": len(rows) + 1,
                    "type": "APInvoice" if amount > 0 else "APAdjustment",
                    "accountingSubtype": subtype,
                    "description": contract.title,
                    "descriptionUI": contract.title,
                    "transactionAmount": money(amount),
                    "amountCreditedToUser": money(amount),
                    "runningChargeableBalance": money(balance),
                    "payment": money(amount),
                    "paymentStatus": "PAID",
                    "paymentGuaranteed": contract.kind == "HOURLY",
                    "transactionCreationDate": instant(contract.ended),
                    "transactionReviewDueDate": None,
                    "fullyPaidDate": instant(contract.ended + timedelta(days=5)),
                    "relatedAssignment": contract.id,
                    "relatedInvoiceId": None,
                    "assignmentCompanyName": None,
                    "assignmentDeveloperName": worker,
                }
            )
    return rows
