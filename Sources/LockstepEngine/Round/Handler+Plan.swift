import LockstepCore
import LockstepSinks
import MongoBSON
import MongoDriver

extension Handler {
    package struct Input {
        package let job: Job
        package let values: [BSONValue]
        package let fingerprint: Fingerprint
        /// What is stored for this very input, when it is computed again because somebody touched it.
        package var stored: BSONValue?
        /// The listener's filter can be evaluated on the document.
        package var isJudged = true

        /// What is noted of it when it is parked. Where the filter could not be evaluated the input is not to blame:
        /// any change of the document makes it news.
        package var parkedFingerprint: Fingerprint? {
            isJudged ? fingerprint : nil
        }
    }

    package struct Plan {
        package var inputs: [Input] = []
        package var removals: [(job: Job, unmatched: Bool)] = []
        /// The listener's filter cannot be evaluated on them, and why.
        package var unjudged: [(input: Input, reason: String)] = []
        /// Parked with this very input, and yet something stands where no output belongs.
        package var clears: [Input] = []
        /// Nothing to do: fresh, or parked with this very input.
        package var settled: [Job] = []
        /// Those of them that are fresh.
        package var fresh = 0
        /// The documents do not exist any more.
        package var gone: [Job] = []
        /// An array stands above our fields, through which nothing can be unset.
        package var walled: [DocumentKey] = []
        /// The listener's parked documents among the jobs.
        package var parked: Set<DocumentKey> = []
    }

    package func plan(_ jobs: [Job], _ comparison: ByteComparison) throws -> Plan {
        var plan = Plan()
        var digest = SHA256()
        let jobs = jobs.map { $0.change.carried?.allSatisfy(\.isAsRead) == false ? $0.withoutValues : $0 }
        let unread = jobs.filter { $0.change.carried == nil }.map(\.key)
        let reader = DocumentReader(connection: connection, listener: listener, comparison: comparison)
        let found = unread.isEmpty ? [:] : try reader.read(unread)
        let parked =
            health.hasParked
            ? try failures.parked(listener: listener.id, documents: jobs.map(\.key.id)) : [:]
        plan.parked = Set(parked.keys)
        let oversized = jobs.map(\.key).filter { parked[$0]?.outputBytes != nil }
        let sizes = oversized.isEmpty ? [:] : try reader.sizes(oversized)
        let forced = jobs.filter(\.change.force).map(\.key)
        let outputs = forced.isEmpty ? [:] : try reader.outputs(forced)
        for job in jobs {
            let evidence: Evidence? =
                job.change.carried.map {
                    Evidence(input: $0, hasOutput: false, hasProvenance: false, provenance: nil)
                } ?? found[job.key]
            guard let evidence else {
                plan.gone.append(job)
                continue
            }
            let fingerprint = evidence.input.map { Fingerprint(of: $0, with: &digest) }
            if evidence.isWalled { plan.walled.append(job.key) }
            let verdict = evidence.verdict(fingerprint: fingerprint, version: listener.model.version)
            switch verdict {
            case .extra:
                if let entry = parked[job.key], entry.isStuck, entry.input == nil, !isNews(job) {
                    plan.parked.remove(job.key)
                    plan.settled.append(job)
                } else {
                    plan.removals.append((job, evidence.isUnmatched))
                }
            // mechanism fresh, off: !(job.change.force && fingerprint != nil) becomes fingerprint == nil
            case .fresh where !(job.change.force && fingerprint != nil):
                plan.settled.append(job)
                plan.fresh += 1
            default:
                guard let values = evidence.input, let fingerprint else { continue }
                let input = Input(
                    job: job, values: values, fingerprint: fingerprint,
                    stored: verdict == .fresh ? outputs[job.key] : nil, isJudged: evidence.unjudged == nil)
                if let entry = parked[job.key], !job.change.retry,
                    listener.leaves(entry, with: input.parkedFingerprint),
                    !hasRoom(entry.outputBytes, sizes[job.key])
                {
                    plan.parked.remove(job.key)
                    // mechanism refusal-rest, off: !entry.isStuck || isNews(job) becomes true
                    if !evidence.isBare, !entry.isStuck || isNews(job) {
                        plan.clears.append(input)
                    } else {
                        plan.settled.append(job)
                    }
                } else if let reason = evidence.unjudged {
                    plan.unjudged.append((input, reason))
                } else {
                    plan.inputs.append(input)
                }
            }
        }
        return plan
    }

    /// Somebody changed what stands there, or wants it to be tried again.
    private func isNews(_ job: Job) -> Bool {
        job.change.force || job.change.retry
    }

    /// What could not be stored for its size could be by now; a little is left for the provenance and the names.
    private func hasRoom(_ output: Int?, _ document: Int?) -> Bool {
        guard let output, let document else { return false }
        return document + output + (1 << 10) + 2 * listener.outputPath.text.utf8.count <= 16 << 20
    }
}

extension BSONValue {
    /// True when the server would give it as it stands in the document: it names the elements of an array by their
    /// places, whatever their names are, and the fingerprint is of what it gives.
    package var isAsRead: Bool {
        guard type == .array || type == .document else { return true }
        var place = 0
        return BSONDocument(trusted: bytes).withView { view in
            view.allSatisfy { element in
                defer { place += 1 }
                if type == .array, !element.key.elementsEqual(String(place).utf8) { return false }
                guard element.type == .array || element.type == .document else { return true }
                return BSONValue(copying: element).isAsRead
            }
        }
    }
}
