"""Jobs that take a while: what is in them is computed and billed once, when they are made."""
import itertools
import time


class Job:
    def __init__(self, name, service, results, details):
        """`results`: a list of (custom id, answer or None, error or None), in the order of the input."""
        self.name, self.details, self.service = name, details, service
        self.created = time.time()
        self.settings = dict(service.behaviour.batch)
        self.outcome = self.settings.get("outcome", "completed")
        self.total = len(results)
        if self.outcome in ("expired", "cancelled"):
            results = results[:int(len(results) * self.settings.get("part", 0.5))]
        self.results = results
        self.cancelled = None
        self.files = {}
        self.number = details.get("number", 0)

    @property
    def seconds(self):
        return self.settings.get("seconds", 0.3)

    @property
    def phase(self):
        """new, running, ending, or how it ended."""
        if self.cancelled is not None:
            return "cancelled" if time.time() - self.cancelled > self.seconds / 4 else "cancelling"
        done = (time.time() - self.created) / self.seconds if self.seconds else 1.0
        if done >= 1:
            return self.outcome
        return "new" if done < 0.2 else "running" if done < 0.9 else "ending"

    @property
    def ended(self):
        return self.phase in ("completed", "failed", "expired", "cancelled")

    def cancel(self):
        if not self.ended:
            self.cancelled = time.time()
            self.results = self.results[:len(self.results) // 2]


class Jobs:
    def __init__(self):
        self.jobs, self.numbers = {}, itertools.count(1)

    def make(self, prefix, service, work, details):
        """`work` gives the results; what it asks of the model is billed to this job."""
        before = service.tally.inputs
        results = work()
        service.tally.batches += 1
        service.tally.batchInputs += service.tally.inputs - before
        number = next(self.numbers)
        job = Job(f"{prefix}{number:06}", service, results, {**details, "number": number})
        self.jobs[job.name] = job
        return job

    def newest_first(self):
        return list(self.jobs.values())[::-1]
