"""The requester's API: JSON 1.1 operations that attest assignments, bonuses and qualifications of workers."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import orjson
from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.authorization import CLIENT_ID, client_secret
from connectors.sandbox.inbox import Message
from connectors.sandbox.journal import CallNotes
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.platforms.mturk.signature import SignedRequest, check_signature
from connectors.sandbox.platforms.mturk.workers import (
    QUALIFICATION_TYPE,
    WORKERS,
    Assignment,
    Tasks,
    Worker,
    worker_id,
)
from connectors.sandbox.quota import QuotaReading
from connectors.sandbox.world import World

__all__ = ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "MTurkEnvelope", "RequesterApi"]

Json = dict[str, Any]

ACCESS_KEY_ID = CLIENT_ID
SECRET_ACCESS_KEY = client_secret("mturk_requester")

_PREFIX = "MTurkRequesterServiceV20170117."
_MOST_RESULTS = 100


class MTurkEnvelope:
    """AWS JSON 1.1 errors: `__type` and `Message`."""

    def throttled(self, reading: QuotaReading) -> Response:
        """400, as AWS throttles JSON 1.1 services."""
        return _error(400, "ThrottlingException", "Rate exceeded")

    def broken(self) -> Response:
        """500."""
        return _error(500, "ServiceFault", "We encountered an internal error. Please try again.", "AWS.ServiceFault")

    def unknown_path(self) -> Response:
        """404."""
        return _error(404, "UnknownOperationException", "")

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """Nothing is told."""
        return {}


class _RequestError(Exception):
    """A `RequestError` with its TurkErrorCode."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = f"AWS.MechanicalTurk.{code}"


class RequesterApi:
    """Serves one requester."""

    def __init__(self, world: World, tasks: Tasks) -> None:
        self._world = world
        self._tasks = tasks
        self._by_id = {worker_id(world, worker): worker for worker in WORKERS.values()}
        self._operations: Mapping[str, Callable[[Json], Json]] = {
            "GetAccountBalance": lambda body: {"AvailableBalance": "10000.00", "OnHoldBalance": "0.00"},
            "GetAssignment": self._get_assignment,
            "GetHIT": self._get_hit,
            "GetQualificationScore": self._get_score,
            "GetQualificationType": self._get_qualification_type,
            "ListAssignmentsForHIT": self._list_assignments,
            "ListBonusPayments": self._list_bonuses,
            "ListHITs": self._list_hits,
            "ListQualificationTypes": self._list_types,
            "ListWorkersWithQualificationType": self._list_qualified,
            "NotifyWorkers": self._notify,
        }

    async def serve(self, request: Request) -> Response:
        """Serve `POST /`: check the signature, then run the operation of `X-Amz-Target`."""
        body = await request.body()
        signed = SignedRequest(
            method=request.method,
            path=request.scope["path"],
            query=request.url.query,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )
        fault = check_signature(signed, {ACCESS_KEY_ID: SECRET_ACCESS_KEY}, self._world.clock())
        if fault is not None:
            return _error(400 if fault.startswith(("M", "In")) else 403, fault, "The request cannot be authenticated.")
        target = request.headers.get("x-amz-target", "")
        name = target.removeprefix(_PREFIX)
        notes: CallNotes = request.scope["sandbox.notes"]
        notes.operation = name
        operation = self._operations.get(name) if target.startswith(_PREFIX) else None
        if operation is None:
            return _error(400, "UnknownOperationException", "")
        try:
            document = orjson.loads(body or b"{}")
            if not isinstance(document, dict):
                raise TypeError
            return _answer(operation(document))
        except (orjson.JSONDecodeError, TypeError):
            return _error(400, "SerializationException", "")
        except _RequestError as problem:
            return _error(400, "RequestError", str(problem), problem.code)

    def _get_assignment(self, body: Json) -> Json:
        wanted = _text(body, "AssignmentId")
        for item in self._tasks.of_all_workers():
            if item.id == wanted:
                return {"Assignment": _assignment(item), "HIT": self._hit(item.hit_id)}
        raise _RequestError("AssignmentDoesNotExist", f"Assignment {wanted} does not exist.")

    def _get_hit(self, body: Json) -> Json:
        return {"HIT": self._hit(_text(body, "HITId"))}

    def _list_assignments(self, body: Json) -> Json:
        wanted = _text(body, "HITId")
        statuses = body.get("AssignmentStatuses") or ["Submitted", "Approved", "Rejected"]
        items = self._tasks.of_hit(wanted)
        if not items:
            raise _RequestError("HITDoesNotExist", f"HIT {wanted} does not exist.")
        return _page(body, "Assignments", [_assignment(item) for item in items if item.state in statuses])

    def _list_hits(self, body: Json) -> Json:
        found = dict.fromkeys(item.hit_id for item in reversed(self._tasks.of_all_workers()))
        return _page(body, "HITs", list(found), self._hit)

    def _list_bonuses(self, body: Json) -> Json:
        hit, assignment = body.get("HITId"), body.get("AssignmentId")
        if (hit is None) == (assignment is None):
            raise _RequestError("InvalidParameterValue", "Give either a HITId or an AssignmentId.")
        if hit is not None and not self._tasks.of_hit(_text(body, "HITId")):
            raise _RequestError("HITDoesNotExist", f"HIT {hit} does not exist.")
        return _page(
            body,
            "BonusPayments",
            [
                {
                    "WorkerId": item.worker_id,
                    "BonusAmount": f"{item.bonus:.2f}",
                    "AssignmentId": item.id,
                    "Reason": "Careful work",
                    "GrantTime": float(item.bonus_at),
                }
                for item in self._tasks.of_all_workers()
                if item.bonus_at is not None and (item.hit_id == hit or item.id == assignment)
            ],
        )

    def _get_score(self, body: Json) -> Json:
        self._own_type(body)
        wanted = _text(body, "WorkerId")
        worker = self._by_id.get(wanted)
        if worker is None or worker.score is None:
            raise _RequestError("QualificationDoesNotExist", f"{wanted} has no such qualification.")
        return {"Qualification": self._qualification(worker)}

    def _list_qualified(self, body: Json) -> Json:
        self._own_type(body)
        status = body.get("Status", "Granted")
        chosen = [
            worker
            for worker in WORKERS.values()
            if worker.score is not None and worker.revoked == (status == "Revoked")
        ]
        return _page(body, "Qualifications", [self._qualification(worker) for worker in chosen])

    def _get_qualification_type(self, body: Json) -> Json:
        self._own_type(body)
        return {"QualificationType": self._type()}

    def _list_types(self, body: Json) -> Json:
        if not isinstance(body.get("MustBeRequestable"), bool):
            raise _RequestError("ParameterValidationError", "MustBeRequestable is needed.")
        return _page(body, "QualificationTypes", [self._type()])

    def _type(self) -> Json:
        return {
            "QualificationTypeId": QUALIFICATION_TYPE,
            "CreationTime": self._world.days_ago(1000).timestamp(),
            "Name": "Image labelling, tested",
            "Description": "Passed a test of forty images.",
            "Keywords": "image, labelling, bounding box",
            "QualificationTypeStatus": "Active",
            "RetryDelayInSeconds": 604_800,
            "IsRequestable": True,
            "AutoGranted": False,
        }

    def _notify(self, body: Json) -> Json:
        """Send a message to workers who have worked for the requester; the others are named in the answer."""
        subject, text, ids = _text(body, "Subject"), _text(body, "MessageText"), body.get("WorkerIds")
        if not isinstance(ids, list) or not 1 <= len(ids) <= _MOST_RESULTS or len(subject) > 200 or len(text) > 4096:
            raise _RequestError("ParameterValidationError", "Give 1 to 100 WorkerIds, a Subject and a MessageText.")
        failures = []
        for each in ids:
            worker = self._by_id.get(each) if isinstance(each, str) else None
            if worker is None or not self._tasks.for_own_requester(worker.persona.login):
                failures.append(
                    {
                        "NotifyWorkersFailureCode": "HardFailure",
                        "NotifyWorkersFailureMessage": "The worker has not worked for this requester.",
                        "WorkerId": each,
                    }
                )
                continue
            self._world.inbox.put(
                Message(to=worker.persona.login, via="Amazon Mechanical Turk", subject=subject, text=text)
            )
        return {"NotifyWorkersFailureStatuses": failures}

    def _own_type(self, body: Json) -> None:
        wanted = _text(body, "QualificationTypeId")
        if wanted != QUALIFICATION_TYPE:
            raise _RequestError("QualificationTypeDoesNotExist", f"{wanted} does not exist.")

    def _qualification(self, worker: Worker) -> Json:
        return {
            "QualificationTypeId": QUALIFICATION_TYPE,
            "WorkerId": worker_id(self._world, worker),
            "GrantTime": self._world.days_ago(worker.first_day - 1).timestamp(),
            "IntegerValue": worker.score,
            "Status": "Revoked" if worker.revoked else "Granted",
        }

    def _hit(self, hit_id: str) -> Json:
        items = self._tasks.of_hit(hit_id)
        if not items:
            raise _RequestError("HITDoesNotExist", f"HIT {hit_id} does not exist.")
        pending = sum(item.state == "Submitted" for item in items)
        first = items[0]
        return {
            "HITId": hit_id,
            "HITTypeId": f"3TYPE{hit_id[5:]}",
            "HITGroupId": f"3GROUP{hit_id[6:]}",
            "CreationTime": float(first.accepted) - 3_600,
            "Title": first.title,
            "Description": f"{first.title}, with instructions",
            "Keywords": "image, labelling",
            "HITStatus": "Reviewable" if pending else "Reviewing",
            "MaxAssignments": len(items),
            "Reward": f"{first.reward:.2f}",
            "AutoApprovalDelayInSeconds": 259_200,
            "Expiration": float(items[-1].submitted) + 604_800,
            "AssignmentDurationInSeconds": 3_600,
            "QualificationRequirements": [],
            "HITReviewStatus": "NotReviewed",
            "NumberOfAssignmentsPending": 0,
            "NumberOfAssignmentsAvailable": 0,
            "NumberOfAssignmentsCompleted": len(items) - pending,
        }


def _assignment(item: Assignment) -> Json:
    answer: Json = {
        "AssignmentId": item.id,
        "WorkerId": item.worker_id,
        "HITId": item.hit_id,
        "AssignmentStatus": item.state,
        "AutoApprovalTime": float(item.submitted) + 259_200,
        "AcceptTime": float(item.accepted),
        "SubmitTime": float(item.submitted),
        "Deadline": float(item.accepted) + 3_600,
        "Answer": '<?xml version="1.0" encoding="UTF-8"?><QuestionFormAnswers><Answer>'
        f"<QuestionIdentifier>result</QuestionIdentifier><FreeText>{escape(item.title)}</FreeText>"
        "</Answer></QuestionFormAnswers>",
    }
    if item.decided is not None:
        answer["ApprovalTime" if item.state == "Approved" else "RejectionTime"] = float(item.decided)
    if item.feedback:
        answer["RequesterFeedback"] = item.feedback
    return answer


def _page(body: Json, name: str, rows: Sequence[Any], show: Callable[[Any], Json] | None = None) -> Json:
    most, token = body.get("MaxResults", 10), body.get("NextToken")
    if not isinstance(most, int) or not 1 <= most <= _MOST_RESULTS:
        raise _RequestError("InvalidParameterValue", f"MaxResults must be from 1 to {_MOST_RESULTS}.")
    start = _position(token)
    shown = [row if show is None else show(row) for row in rows[start : start + most]]
    answer: Json = {"NumResults": len(shown), name: shown}
    if start + most < len(rows):
        answer["NextToken"] = base64.b64encode(f"p1:{start + most}".encode()).decode()
    return answer


def _position(token: object) -> int:
    if token is None:
        return 0
    try:
        name, _, position = base64.b64decode(str(token), validate=True).decode().partition(":")
        number = whole_number(position)
        if name == "p1" and number is not None:
            return number
    except ValueError:
        pass
    raise _RequestError("InvalidPaginationToken", "NextToken is not one of ours.")


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise _RequestError("ParameterValidationError", f"{name} is needed.")
    return value


def _answer(body: Json, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status_code=status, media_type="application/x-amz-json-1.1")


def _error(status: int, kind: str, message: str, code: str | None = None) -> Response:
    body: Json = {"__type": kind, "Message": message}
    if code is not None:
        body["TurkErrorCode"] = code
    return _answer(body, status)
