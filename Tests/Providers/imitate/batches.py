"""Files and batches as OpenAI has them (Voyage too), and Mistral's jobs over the same files."""
import itertools
import json
import random
import re
import time

from .http import Answer
from .jobs import Jobs
from .service import Api, Refused, Route

#: Of one batch.
REQUESTS, BYTES, INPUTS = 50_000, 200 * 2**20, 50_000


def parts_of(request):
    """The fields of a form: name, file name or None, content."""
    boundary = re.search(r'boundary="?([^";]+)"?', request.headers["content-type"])[1].encode()
    for part in request.body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        lines = head.decode()
        name = re.search(r'name="([^"]*)"', lines)[1]
        file = re.search(r'filename="([^"]*)"', lines)
        yield name, file and file[1], content


class Batches(Api):
    def __init__(self, openai):
        self.openai = openai
        self.reset()

    def reset(self):
        self.files, self.jobs, self.numbers = {}, Jobs(), itertools.count(1)

    def key(self, request):
        return self.openai.key(request)

    def refusal(self, kind, **details):
        return self.openai.refusal(kind, **details)

    def routes(self):
        base = "(?:/openai)?/v1"
        return [Route(method, base + path, answer, costs=False) for method, path, answer in (
            ("POST", "/files", self.upload), ("GET", "/files", self.list_files), ("GET", "/files/([^/]+)", self.file),
            ("GET", "/files/([^/]+)/content", self.content), ("DELETE", "/files/([^/]+)", self.delete),
            ("POST", "/batches", self.create), ("GET", "/batches", self.list), ("GET", "/batches/([^/]+)", self.get),
            ("POST", "/batches/([^/]+)/cancel", self.cancel),
            ("POST", "/batch/jobs", self.create_job), ("GET", "/batch/jobs", self.list_jobs),
            ("GET", "/batch/jobs/([^/]+)", self.get_job), ("POST", "/batch/jobs/([^/]+)/cancel", self.cancel_job),
        )]

    # Files

    def store(self, content, name, purpose):
        id = f"file-{next(self.numbers):06}"
        self.files[id] = {"content": content, "shown": {
            "id": id, "object": "file", "bytes": len(content), "created_at": int(time.time()), "filename": name,
            "purpose": purpose, "status": "processed", "sample_type": "batch_request", "source": "upload"}}
        return id

    def found(self, id):
        if id not in self.files:
            raise Refused(404, {"error": {"message": f"No such File object: {id}", "type": "invalid_request_error", "param": "id",
                                          "code": None}})
        return self.files[id]

    def upload(self, service, request, found):
        fields = {name: (file, content) for name, file, content in parts_of(request)}
        name, content = fields["file"]
        if len(content) > BYTES:
            raise Refused(413, {"error": {"message": "File is too large", "type": "invalid_request_error", "code": None}})
        purpose = fields["purpose"][1].decode() if "purpose" in fields else "batch"
        return Answer(body=self.files[self.store(content, name, purpose)]["shown"])

    def list_files(self, service, request, found):
        shown = [file["shown"] for file in self.files.values()][::-1]
        if purpose := request.query.get("purpose"):
            shown = [file for file in shown if file["purpose"] == purpose]
        return Answer(body=self.page(request, shown, "total"))

    def file(self, service, request, found):
        return Answer(body=self.found(found[1])["shown"])

    def content(self, service, request, found):
        return Answer(body=self.found(found[1])["content"], headers={"content-type": "application/octet-stream"})

    def delete(self, service, request, found):
        self.found(found[1])
        del self.files[found[1]]
        return Answer(body={"id": found[1], "object": "file", "deleted": True})

    def page(self, request, shown, total=None):
        """Newest first, as `limit` and `after` say."""
        after, limit = request.query.get("after"), int(request.query.get("limit", 20))
        if after:
            places = [place for place, entry in enumerate(shown) if entry["id"] == after]
            shown = shown[places[0] + 1:] if places else []
        page = shown[:limit]
        return {"object": "list", "data": page, "has_more": len(shown) > limit, **({total: len(shown)} if total else {}),
                "first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}

    # What is in them

    def lines(self, content):
        """The requests of a file, and what is wrong with it."""
        requests, problems, seen = [], [], set()
        for number, line in enumerate(content.decode().splitlines(), 1):
            try:
                request = json.loads(line)
                id, body = request["custom_id"], request["body"]
            except (ValueError, KeyError, TypeError):
                problems.append(("invalid_json_line", "This line is not parseable as valid JSON.", number))
                continue
            if id in seen:
                problems.append(("duplicate_custom_id", f"The custom_id '{id}' for this request is a duplicate of another "
                                 "request. The custom_id parameter must be unique for each request in a batch.", number))
            seen.add(id)
            requests.append((id, body))
        inputs = sum(len(body["input"]) if isinstance(body.get("input"), list) else 1 for _, body in requests)
        if len(requests) > REQUESTS or inputs > INPUTS:
            problems.append(("too_many_inputs", f"The batch has {len(requests)} requests with {inputs} embedding inputs; the most "
                             f"is {REQUESTS} and {INPUTS}.", None))
        if not requests:
            problems.append(("empty_file", "The input file is empty. Please ensure that the batch contains at least one request.",
                             None))
        return requests, problems

    def work(self, service, requests, defaults):
        """The results of all requests, as if each were asked for alone."""
        results = []
        refuse = service.behaviour.batch.get("refuse")
        for id, body in requests:
            body = {**defaults, **body}
            try:
                if refuse and refuse in json.dumps(body, ensure_ascii=False):
                    raise self.refusal("badInput", place=None, words="is not acceptable")
                answer = self.openai.answer(service, body, charged=False)
                results.append((id, json.loads(b"".join(answer.body)), None))
            except Refused as refused:
                results.append((id, None, (refused.status, refused.body)))
        return results

    def outputs(self, job):
        """The files of results and of errors, made when the job has ended; in no order."""
        if job.ended and not job.files and job.outcome != "failed":
            good, bad = [], []
            for id, answer, error in job.results:
                response = {"status_code": 200, "request_id": f"req-{id}", "body": answer} if answer else {
                    "status_code": error[0], "request_id": f"req-{id}", "body": error[1]}
                line = json.dumps({"id": f"batch_req_{id}", "custom_id": id, "response": response, "error": None}).encode()
                (good if answer else bad).append(line)
            if job.phase == "expired":
                done = {id for id, _, _ in job.results}
                bad += [json.dumps({"id": f"batch_req_{id}", "custom_id": id, "response": None, "error": {
                    "code": "batch_expired", "message": "This request could not be executed before the completion window "
                    "expired."}}).encode() for id in job.details["ids"] if id not in done]
            for name, lines in (("output", good), ("error", bad)):
                random.Random(len(lines)).shuffle(lines)
                job.files[name] = self.store(b"".join(line + b"\n" for line in lines), f"{name}.jsonl", "batch_output") \
                    if lines else None
        return job.files

    # OpenAI's and Voyage's batches

    def create(self, service, request, found):
        body = request.json()
        file = self.found(body["input_file_id"])
        if body.get("endpoint") not in ("/v1/embeddings", "/v1/chat/completions"):
            raise self.refusal("badRequest", words=f"Invalid value: '{body.get('endpoint')}'.")
        if body.get("completion_window") not in ("24h", "12h"):
            raise self.refusal("badRequest", words=f"Invalid value: '{body.get('completion_window')}'.")
        if len(body.get("metadata") or {}) > 16:
            raise self.refusal("badRequest", words="Invalid 'metadata': too many properties.")
        requests, problems = self.lines(file["content"])
        failed = problems or service.behaviour.batch.get("outcome") == "failed"
        job = self.jobs.make(
            "batch_", service, lambda: [] if failed else self.work(service, requests, body.get("request_params") or {}),
            {"asked": body, "ids": [id for id, _ in requests], "problems": problems})
        if problems:
            job.outcome = "failed"
        return Answer(body=self.shown(job))

    def shown(self, job):
        phase = job.phase
        status = {"new": "validating", "running": "in_progress", "ending": "finalizing"}.get(phase, phase)
        files = self.outputs(job)
        good = sum(1 for _, answer, _ in job.results if answer)
        problems = job.details["problems"] or [("job_failed", job.settings.get("words", "Enqueued token limit reached for this "
                                                "model. Please try again once some in_progress batches have been completed."), None)]
        asked = job.details["asked"]
        at = int(job.created)
        return {
            "id": job.name, "object": "batch", "endpoint": asked["endpoint"], "input_file_id": asked["input_file_id"],
            "completion_window": asked["completion_window"], "status": status, "created_at": at, "expires_at": at + 86_400,
            "output_file_id": files.get("output"), "error_file_id": files.get("error"),
            "errors": {"object": "list", "data": [{"code": code, "message": message, "line": line, "param": None}
                                                  for code, message, line in problems]} if phase == "failed" else None,
            "in_progress_at": at if phase != "new" else None, "completed_at": at if phase == "completed" else None,
            "failed_at": at if phase == "failed" else None, "expired_at": at if phase == "expired" else None,
            "finalizing_at": None, "cancelling_at": None, "cancelled_at": at if phase == "cancelled" else None,
            "request_counts": {"total": job.total, "completed": good if job.ended else 0,
                               "failed": len(job.results) - good if job.ended else 0},
            "metadata": asked.get("metadata")}

    def job(self, name):
        if name not in self.jobs.jobs:
            raise Refused(404, {"error": {"message": f"No batch found with id '{name}'.", "type": "invalid_request_error",
                                          "param": None, "code": None}})
        return self.jobs.jobs[name]

    def list(self, service, request, found):
        return Answer(body=self.page(request, [self.shown(job) for job in self.jobs.newest_first() if "asked" in job.details]))

    def get(self, service, request, found):
        return Answer(body=self.shown(self.job(found[1])))

    def cancel(self, service, request, found):
        job = self.job(found[1])
        job.cancel()
        return Answer(body=self.shown(job))

    # Mistral's jobs

    def create_job(self, service, request, found):
        body = request.json()
        content = b"\n".join(self.found(id)["content"] for id in body.get("input_files") or [])
        requests, problems = self.lines(content) if content else ([(each["custom_id"], each["body"])
                                                                   for each in body.get("requests") or []], [])
        failed = problems or service.behaviour.batch.get("outcome") == "failed"
        defaults = {"model": body["model"]} if body.get("model") else {}
        job = self.jobs.make("job-", service, lambda: [] if failed else self.work(service, requests, defaults),
                             {"job": body, "ids": [id for id, _ in requests], "problems": problems})
        if problems:
            job.outcome = "failed"
        return Answer(body=self.shown_job(job))

    def shown_job(self, job):
        phase, files, asked = job.phase, self.outputs(job), job.details["job"]
        status = {"new": "QUEUED", "running": "RUNNING", "ending": "RUNNING", "completed": "SUCCESS", "failed": "FAILED",
                  "expired": "TIMEOUT_EXCEEDED", "cancelling": "CANCELLATION_REQUESTED", "cancelled": "CANCELLED"}[phase]
        good = sum(1 for _, answer, _ in job.results if answer)
        return {
            "id": job.name, "object": "batch", "input_files": asked.get("input_files") or [], "metadata": asked.get("metadata"),
            "endpoint": asked["endpoint"], "model": asked.get("model"), "agent_id": None,
            "output_file": files.get("output"), "error_file": files.get("error"),
            "errors": [{"message": job.settings.get("words", "the job failed"), "count": 1}] if phase == "failed" else [],
            "outputs": None, "status": status, "created_at": int(job.created), "total_requests": job.total,
            "completed_requests": len(job.results) if job.ended else 0, "succeeded_requests": good if job.ended else 0,
            "failed_requests": len(job.results) - good if job.ended else 0, "started_at": int(job.created),
            "completed_at": int(job.created) if job.ended else None}

    def list_jobs(self, service, request, found):
        shown = [self.shown_job(job) for job in self.jobs.newest_first() if "job" in job.details]
        size, page = int(request.query.get("page_size", 100)), int(request.query.get("page", 0))
        return Answer(body={"object": "list", "data": shown[page * size:(page + 1) * size], "total": len(shown)})

    def get_job(self, service, request, found):
        return Answer(body=self.shown_job(self.job(found[1])))

    def cancel_job(self, service, request, found):
        job = self.job(found[1])
        job.cancel()
        return Answer(body=self.shown_job(job))
