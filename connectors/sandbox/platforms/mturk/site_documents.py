"""What the worker site tells a worker, as JSON documents."""

from datetime import date
from typing import Any

from connectors.sandbox.platforms.mturk.workers import Assignment, Tasks

__all__ = ["PAGE", "dashboard", "days", "status_details"]

Json = dict[str, Any]

PAGE = 20
"""Rows on a page of a day's assignments."""


def days(tasks: Tasks, login: str) -> list[date]:
    """Return the days that the site has something for, newest first."""
    return sorted({item.day for item in tasks.on_site(login)}, reverse=True)


def dashboard(tasks: Tasks, login: str) -> Json:
    """Return earnings, approval counters and the last days' statistics."""
    recent = tasks.on_site(login)
    shown = {item.id for item in recent}
    older = [item for item in tasks.for_own_requester(login) if item.id not in shown]
    every = older + recent
    approved = [item for item in every if item.state == "Approved"]
    rejected = sum(item.state == "Rejected" for item in every)
    decided = len(approved) + rejected
    earned = _earned(every)
    bonuses = round(sum(item.bonus for item in approved), 2)
    return {
        "available_earnings": _dollars(_earned(recent)),
        "hits_overview": {
            "approved": len(approved),
            "approval_rate": round(100 * len(approved) / decided, 1) if decided else 0,
            "pending": len(every) - decided,
            "rejected": rejected,
            "rejection_rate": round(100 * rejected / decided, 1) if decided else 0,
        },
        "earnings_to_date": {
            "approved": earned,
            "bonuses": bonuses,
            "total_earnings": round(earned + bonuses, 2),
        },
        "earnings_by_period": {},
        "current_balance": 0,
        "balance_by_end_of_last_year": 0,
        "balance_by_end_of_year_before_last": 0,
        "reward_payment_balances": {"current_reward_payment_balance": _dollars(0)},
        "daily_hit_statistics_overview": [
            _daily(day, items) for day, items in sorted(_by_day(recent).items(), reverse=True)
        ],
    }


def status_details(tasks: Tasks, login: str, day: date, page: int) -> Json:
    """Return one day's assignments, twenty a page; an empty page ends them."""
    items = [item for item in tasks.on_site(login) if item.day == day]
    shown = items[(page - 1) * PAGE : page * PAGE]
    return {
        "num_results": len(shown),
        "total_num_results": len(items),
        "results": [_detail(item) for item in shown],
    }


def _dollars(amount: float) -> Json:
    return {"amount_in_dollars": amount, "currency_code": "USD"}


def _earned(items: list[Assignment]) -> float:
    return round(sum(item.reward for item in items if item.state == "Approved"), 2)


def _by_day(items: list[Assignment]) -> dict[date, list[Assignment]]:
    days: dict[date, list[Assignment]] = {}
    for item in items:
        days.setdefault(item.day, []).append(item)
    return days


def _daily(day: date, items: list[Assignment]) -> Json:
    approved = [item for item in items if item.state == "Approved"]
    rewards = _earned(items)
    bonuses = round(sum(item.bonus for item in approved), 2)
    return {
        "date": f"{day}T00:00:00.000Z",
        "submitted": len(items),
        "approved": len(approved),
        "rejected": sum(item.state == "Rejected" for item in items),
        "pending": sum(item.state == "Submitted" for item in items),
        "hits_rewards": rewards,
        "bonus_rewards": bonuses,
        "earnings": round(rewards + bonuses, 2),
    }


def _detail(item: Assignment) -> Json:
    return {
        "hit_id": item.hit_id,
        "assignment_id": item.id,
        "title": item.title,
        "requester_id": f"A{item.requester}SANDBOXREQUESTER",
        "requester_name": item.requester_name,
        "reward": _dollars(item.reward),
        "state": "Pending" if item.state == "Submitted" else item.state,
        "requester_feedback": item.feedback,
    }
