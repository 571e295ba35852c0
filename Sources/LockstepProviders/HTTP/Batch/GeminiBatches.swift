import LockstepCore

/// Gemini's batches of embeddings: a file is sent, `asyncBatchEmbedContent` starts a job on it.
struct GeminiBatches: BatchForm {
    let limits = BatchJobLimits(inputs: 50_000, bytes: 500_000_000)
    let share = 0.5
    let model: String
    /// The body of a request for one text.
    let request: @Sendable (String) -> JSON

    func line(_ text: String, id: String) -> JSON {
        ["key": .string(id), "request": request(text)]
    }

    func upload(token: String) -> BatchUpload {
        let boundary = "lockstep-\(token)"
        let about: JSON = [
            "file": ["displayName": .string("lockstep-\(token)"), "mimeType": "application/jsonl"]
        ]
        return BatchUpload(
            // Beside the API, not under its version.
            path: "/../upload/v1beta/files", query: nil,
            contentType: "multipart/related; boundary=\(boundary)",
            headers: [("x-goog-upload-protocol", "multipart")],
            prefix: "--\(boundary)\r\nContent-Type: application/json; charset=utf-8\r\n\r\n\(about.text)\r\n"
                + "--\(boundary)\r\nContent-Type: application/jsonl\r\n\r\n",
            suffix: "\r\n--\(boundary)--\r\n")
    }

    func file(in answer: JSON) -> String? {
        answer["file"]?["name"]?.string
    }

    func start(file: String, token: String) -> (path: String, body: JSON) {
        (
            "/models/\(model):asyncBatchEmbedContent",
            [
                "batch": [
                    "displayName": .string("lockstep-\(token)"), "inputConfig": ["fileName": .string(file)],
                ]
            ]
        )
    }

    func list(after cursor: String?) -> (path: String, query: String?) {
        ("/batches", "pageSize=100" + (cursor.map { "&pageToken=\($0)" } ?? ""))
    }

    func listing(_ answer: JSON, after cursor: String?) -> BatchListing {
        var jobs: [String: String] = [:]
        for job in answer["operations"]?.elements ?? answer["batches"]?.elements ?? [] {
            let name = (job["metadata"] ?? job)["displayName"]?.string ?? ""
            if name.hasPrefix("lockstep-"), let id = job["name"]?.string {
                jobs[String(name.dropFirst("lockstep-".count))] = id
            }
        }
        return BatchListing(
            jobs: jobs, next: answer["nextPageToken"]?.string.flatMap { $0.isEmpty ? nil : $0 })
    }

    func job(_ id: String) -> String {
        "/\(id)"
    }

    func seen(_ answer: JSON) -> SeenBatch? {
        let about = answer["metadata"] ?? answer
        guard let id = answer["name"]?.string, let state = about["state"]?.string else { return nil }
        let file =
            answer["response"]?["responsesFile"]?.string ?? about["output"]?["responsesFile"]?.string
            ?? about["dest"]?["fileName"]?.string
        let files = [file].compactMap { $0 }
        switch state {
        case "BATCH_STATE_SUCCEEDED", "JOB_STATE_SUCCEEDED":
            return SeenBatch(id: id, state: .ended(nil), files: files)
        case "BATCH_STATE_FAILED", "BATCH_STATE_CANCELLED", "BATCH_STATE_EXPIRED", "JOB_STATE_FAILED",
            "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED":
            let word = state.split(separator: "_").last.map { $0.lowercased() } ?? ""
            let why = "it is \(word)" + SeenBatch.reason(answer["error"])
            return SeenBatch(id: id, state: .ended(why), files: files)
        default:
            let answered = about["batchStats"]?["successfulRequestCount"]?.string.flatMap { Int($0) }
            return SeenBatch(id: id, state: .running(answered: answered))
        }
    }

    func content(of file: String) -> (path: String, query: String?) {
        ("/../download/v1beta/\(file):download", "alt=media")
    }

    func answer(_ line: JSON) -> (id: String, outcome: BatchOutcome)? {
        guard let id = line["key"]?.string ?? line["metadata"]?["key"]?.string else { return nil }
        if let response = line["response"] { return (id, .answered(response)) }
        return (id, .refused(line["error"]?["message"]?.string ?? "the provider refuses it"))
    }

    func whole(_ answer: JSON) -> JSON {
        ["embeddings": [answer["embedding"] ?? answer], "usageMetadata": answer["usageMetadata"] ?? .null]
    }

    func removal(of file: String) -> String {
        "/\(file)"
    }
}
