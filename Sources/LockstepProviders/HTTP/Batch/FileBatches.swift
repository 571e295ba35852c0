import LockstepCore

/// The batch APIs of OpenAI, Voyage and Mistral: a file of JSON lines is sent, a job is started on it, and files of answers
/// are read.
struct FileBatches: BatchForm {
    /// What they differ in.
    struct Dialect: Sendable {
        let limits: BatchJobLimits
        let share: Double
        /// Where jobs are.
        let jobs: String
        /// Their list has pages with numbers; otherwise it goes on after a job.
        let numbersPages: Bool
        /// Each line has method and URL.
        let namesURL: Bool
        /// The body of a job, without its file and its token.
        let job: @Sendable (_ model: String) -> [JSON.Member]
        let fileField: @Sendable (_ file: String) -> JSON.Member
        /// States in which it has ended well.
        let succeeded: Set<String>
        let failed: Set<String>
    }

    /// Jobs on one page of their list.
    private static let page = 100

    let dialect: Dialect
    let model: String
    /// The body of a request for one text.
    let request: @Sendable (String) -> JSON

    var limits: BatchJobLimits { dialect.limits }
    var share: Double { dialect.share }

    func line(_ text: String, id: String) -> JSON {
        var members: [JSON.Member] = [.init("custom_id", .string(id))]
        if dialect.namesURL { members += [.init("method", "POST"), .init("url", "/v1/embeddings")] }
        return .object(members + [.init("body", request(text))])
    }

    func upload(token: String) -> BatchUpload {
        let boundary = "lockstep-\(token)"
        func part(_ head: String) -> String {
            "--\(boundary)\r\nContent-Disposition: form-data; name=\(head)\r\n"
        }
        return BatchUpload(
            path: "/files", query: nil, contentType: "multipart/form-data; boundary=\(boundary)", headers: [],
            prefix: part("\"purpose\"") + "\r\nbatch\r\n"
                + part("\"file\"; filename=\"lockstep-\(token).jsonl\"")
                + "Content-Type: application/jsonl\r\n\r\n",
            suffix: "\r\n--\(boundary)--\r\n")
    }

    func file(in answer: JSON) -> String? {
        answer["id"]?.string
    }

    func start(file: String, token: String) -> (path: String, body: JSON) {
        let metadata = JSON.Member("metadata", ["lockstep": .string(token)])
        return (dialect.jobs, .object([dialect.fileField(file)] + dialect.job(model) + [metadata]))
    }

    func list(after cursor: String?) -> (path: String, query: String?) {
        guard dialect.numbersPages else {
            return (dialect.jobs, "limit=\(Self.page)" + (cursor.map { "&after=\($0)" } ?? ""))
        }
        return (dialect.jobs, "page_size=\(Self.page)&page=\(cursor ?? "0")")
    }

    func listing(_ answer: JSON, after cursor: String?) -> BatchListing {
        let all = answer["data"]?.elements ?? []
        var jobs: [String: String] = [:]
        for job in all {
            if let token = job["metadata"]?["lockstep"]?.string, let id = job["id"]?.string {
                jobs[token] = id
            }
        }
        let next: String?
        if dialect.numbersPages {
            // A page that is not full is the last one.
            next = all.count < Self.page ? nil : String((cursor.flatMap { Int($0) } ?? 0) + 1)
        } else {
            next = answer["has_more"] == true ? all.last?["id"]?.string : nil
        }
        return BatchListing(jobs: jobs, next: next)
    }

    func job(_ id: String) -> String {
        "\(dialect.jobs)/\(id)"
    }

    func seen(_ answer: JSON) -> SeenBatch? {
        guard let id = answer["id"]?.string, let status = answer["status"]?.string else { return nil }
        let files = ["output_file_id", "error_file_id", "output_file", "error_file"].compactMap {
            answer[$0]?.string
        }
        if dialect.succeeded.contains(status) { return SeenBatch(id: id, state: .ended(nil), files: files) }
        if dialect.failed.contains(status) {
            let words = answer["errors"]?["data"]?.elements?.first ?? answer["errors"]?.elements?.first
            let why = "it is \(status.lowercased())" + SeenBatch.reason(words)
            return SeenBatch(id: id, state: .ended(why), files: files)
        }
        let answered = answer["request_counts"]?["completed"]?.int ?? answer["completed_requests"]?.int
        return SeenBatch(id: id, state: .running(answered: answered))
    }

    func content(of file: String) -> (path: String, query: String?) {
        ("/files/\(file)/content", nil)
    }

    func answer(_ line: JSON) -> (id: String, outcome: BatchOutcome)? {
        guard let id = line["custom_id"]?.string else { return nil }
        if let body = line["response"]?["body"], line["response"]?["status_code"]?.int ?? 200 < 300 {
            return (id, .answered(body))
        }
        let error = line["error"]
        let code = error?["code"]?.string ?? ""
        if code.hasSuffix("expired") || code.hasSuffix("cancelled") { return (id, .left) }
        let message =
            error?["message"]?.string ?? error?.string
            ?? line["response"]?["body"]?["error"]?["message"]?.string ?? "the provider refuses it"
        return (id, .refused(message))
    }

    func removal(of file: String) -> String {
        "/files/\(file)"
    }
}

extension FileBatches.Dialect {
    /// 50,000 requests, each of one text, and 200 MB.
    static let openai = Self(
        limits: BatchJobLimits(inputs: 50_000, bytes: 200_000_000), share: 0.5, jobs: "/batches",
        numbersPages: false, namesURL: true,
        job: { _ in [.init("endpoint", "/v1/embeddings"), .init("completion_window", "24h")] },
        fileField: { .init("input_file_id", .string($0)) },
        succeeded: ["completed"], failed: ["failed", "expired", "cancelled"])

    static let mistral = Self(
        limits: BatchJobLimits(inputs: 100_000, bytes: 200_000_000), share: 0.5, jobs: "/batch/jobs",
        numbersPages: true, namesURL: false,
        job: {
            [.init("model", .string($0)), .init("endpoint", "/v1/embeddings"), .init("timeout_hours", 24)]
        },
        fileField: { .init("input_files", [.string($0)]) },
        succeeded: ["SUCCESS"], failed: ["FAILED", "TIMEOUT_EXCEEDED", "CANCELLED"])

    /// - Parameter parameters: what all requests of the job share.
    static func voyage(_ parameters: JSON) -> Self {
        Self(
            limits: BatchJobLimits(inputs: 100_000, bytes: 1_000_000_000), share: 0.67, jobs: "/batches",
            numbersPages: false, namesURL: false,
            job: { _ in
                [
                    .init("endpoint", "/v1/embeddings"), .init("completion_window", "12h"),
                    .init("request_params", parameters),
                ]
            },
            fileField: { .init("input_file_id", .string($0)) },
            succeeded: ["completed"], failed: ["failed", "expired", "cancelled"])
    }
}
