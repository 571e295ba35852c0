"""Gemini's batches of embeddings, with the requests inline or in a file, and its files."""
import itertools
import json
import random
import re
import time

from .http import Answer
from .jobs import Jobs
from .service import Api, Refused, Route


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + "Z"


class GeminiBatches(Api):
    def __init__(self, gemini):
        self.gemini = gemini
        self.reset()

    def reset(self):
        self.files, self.jobs, self.uploads, self.numbers = {}, Jobs(), {}, itertools.count(1)

    def key(self, request):
        return self.gemini.key(request)

    def refusal(self, kind, **details):
        return self.gemini.refusal(kind, **details)

    def routes(self):
        return [Route(method, path, answer, costs=False, open=answer == self.upload) for method, path, answer in (
            ("POST", r"/upload/v1beta/files", self.begin_upload), ("POST", r"/upload/v1beta/files/([^/]+)", self.upload),
            ("GET", r"/v1beta/files", self.list_files), ("GET", r"/v1beta/files/([^/:]+)", self.file),
            ("DELETE", r"/v1beta/files/([^/]+)", self.delete_file),
            ("GET", r"(?:/download)?/v1beta/files/([^/]+):download", self.download),
            ("POST", r"/v1beta/models/([^:]+):asyncBatchEmbedContent", self.create),
            ("GET", r"/v1beta/batches", self.list), ("GET", r"/v1beta/batches/([^/:]+)", self.get),
            ("POST", r"/v1beta/batches/([^/]+):cancel", self.cancel), ("DELETE", r"/v1beta/batches/([^/]+)", self.delete),
        )]

    def missing(self, what):
        return Refused(404, {"error": {"code": 404, "message": f"{what} is not found.", "status": "NOT_FOUND"}})

    # Files

    def store(self, content, name):
        id = f"imitated{next(self.numbers):06}"
        self.files[id] = (content, {
            "name": f"files/{id}", "displayName": name, "mimeType": "application/jsonl", "sizeBytes": str(len(content)),
            "createTime": stamp(time.time()), "updateTime": stamp(time.time()), "expirationTime": stamp(time.time() + 172_800),
            "state": "ACTIVE", "source": "UPLOADED", "uri": f"https://generativelanguage.googleapis.com/v1beta/files/{id}"})
        return id

    def begin_upload(self, service, request, found):
        if request.headers.get("x-goog-upload-protocol") == "multipart":
            boundary = re.search(r'boundary="?([^";]+)"?', request.headers["content-type"])[1].encode()
            about, content = (part.removesuffix(b"\r\n").lstrip(b"\r\n").partition(b"\r\n\r\n")[2] for part in request.body.split(b"--" + boundary)[1:3])
            name = json.loads(about).get("file", {}).get("displayName", "")
            return Answer(body={"file": self.files[self.store(content, name)][1]})
        about = request.json() if request.body else {}
        upload = f"upload{next(self.numbers)}"
        self.uploads[upload] = [(about.get("file") or {}).get("displayName", ""), b""]
        return Answer(body={}, headers={
            "x-goog-upload-status": "active",
            "x-goog-upload-url": f"http://{request.headers['host']}/upload/v1beta/files/{upload}"})

    def upload(self, service, request, found):
        if found[1] not in self.uploads:
            raise self.missing(found[1])
        self.uploads[found[1]][1] += request.body
        if "finalize" not in request.headers.get("x-goog-upload-command", ""):
            return Answer(body={}, headers={"x-goog-upload-status": "active"})
        name, content = self.uploads.pop(found[1])
        return Answer(body={"file": self.files[self.store(content, name)][1]}, headers={"x-goog-upload-status": "final"})

    def list_files(self, service, request, found):
        return Answer(body={"files": [about for _, about in self.files.values()]})

    def file(self, service, request, found):
        if found[1] not in self.files:
            raise self.missing(f"files/{found[1]}")
        return Answer(body=self.files[found[1]][1])

    def delete_file(self, service, request, found):
        self.file(service, request, found)
        del self.files[found[1]]
        return Answer(body={})

    def download(self, service, request, found):
        if found[1] not in self.files:
            raise self.missing(f"files/{found[1]}")
        return Answer(body=self.files[found[1]][0], headers={"content-type": "application/jsonl"})

    # Batches

    def create(self, service, request, found):
        batch = request.json()["batch"]
        source = batch.get("inputConfig") or batch.get("input_config") or {}
        name = source.get("fileName") or source.get("file_name")
        if name:
            id = name.removeprefix("files/")
            if id not in self.files:
                raise self.missing(name)
            lines = [json.loads(line) for line in self.files[id][0].splitlines() if line.strip()]
            requests = [(line.get("key"), line["request"]) for line in lines]
        else:
            requests = [((each.get("metadata") or {}).get("key"), each["request"])
                        for each in (source.get("requests") or {}).get("requests", [])]
        model = found[1]
        service.know(self.gemini, model)
        if not requests:
            raise self.refusal("badRequest", words="* batch.input_config: no requests\n")
        failed = service.behaviour.batch.get("outcome") == "failed"

        def work():
            results = []
            refuse = service.behaviour.batch.get("refuse")
            for key, each in [] if failed else requests:
                try:
                    if refuse and refuse in json.dumps(each, ensure_ascii=False):
                        raise self.refusal("badRequest", words="Request contains an invalid argument.")
                    [vector] = self.gemini.embedded(service, model, [each], charged=False)
                    results.append((key, {"embedding": {"values": json.loads(vector)}}, None))
                except Refused as refused:
                    results.append((key, None, {"code": 3, "message": refused.body["error"]["message"]}))
            return results

        job = self.jobs.make("batches/", service, work, {
            "model": model, "display": batch.get("displayName") or batch.get("display_name"), "file": bool(name)})
        return Answer(body=self.shown(job))

    def shown(self, job):
        phase = job.phase
        state = "BATCH_STATE_" + {"new": "PENDING", "running": "RUNNING", "ending": "RUNNING", "cancelling": "RUNNING",
                                  "completed": "SUCCEEDED"}.get(phase, phase.upper())
        good = sum(1 for _, answer, _ in job.results if answer)
        about = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.EmbedContentBatch",
            "model": f"models/{job.details['model']}", "displayName": job.details["display"], "name": job.name, "state": state,
            "createTime": stamp(job.created), "updateTime": stamp(time.time()),
            "batchStats": {"requestCount": str(job.total), "pendingRequestCount": str(0 if job.ended else job.total),
                           "successfulRequestCount": str(good if job.ended else 0),
                           "failedRequestCount": str(len(job.results) - good if job.ended else 0)}}
        shown = {"name": job.name, "metadata": about}
        if not job.ended:
            return shown
        shown["done"] = True
        about["endTime"] = stamp(job.created + job.seconds)
        if phase == "failed":
            shown["error"] = {"code": 13, "message": job.settings.get("words", "The batch failed.")}
            return shown
        # What was done before it expired or was cancelled is there.
        if job.details["file"]:
            if not job.files:
                lines = [json.dumps({"key": key, **({"response": answer} if answer else {"error": error})}).encode()
                         for key, answer, error in job.results]
                random.Random(len(lines)).shuffle(lines)
                job.files["output"] = self.store(b"".join(line + b"\n" for line in lines), "output.jsonl")
            output = {"responsesFile": f"files/{job.files['output']}"}
        else:
            output = {"inlinedResponses": {"inlinedResponses": [
                {**({"metadata": {"key": key}} if key is not None else {}), **({"response": answer} if answer else {"error": error})}
                for key, answer, error in job.results]}}
        about["output"] = output
        shown["response"] = {"@type": "type.googleapis.com/google.ai.generativelanguage.v1main.EmbedContentBatchOutput", **output}
        return shown

    def job(self, name):
        if f"batches/{name}" not in self.jobs.jobs:
            raise self.missing(f"batches/{name}")
        return self.jobs.jobs[f"batches/{name}"]

    def list(self, service, request, found):
        size = int(request.query.get("pageSize", 50))
        begin = int(request.query.get("pageToken", 0) or 0)
        jobs = self.jobs.newest_first()
        more = {"nextPageToken": str(begin + size)} if len(jobs) > begin + size else {}
        return Answer(body={"operations": [self.shown(job) for job in jobs[begin:begin + size]], **more})

    def get(self, service, request, found):
        return Answer(body=self.shown(self.job(found[1])))

    def cancel(self, service, request, found):
        self.job(found[1]).cancel()
        return Answer(body={})

    def delete(self, service, request, found):
        job = self.job(found[1])
        del self.jobs.jobs[job.name]
        return Answer(body={})
