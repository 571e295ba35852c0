import LockstepCore

/// The batch API of one provider: what to send, and how what comes is read. No connection.
///
/// Paths are appended to the configured `url`.
protocol BatchForm: Sendable {
    var limits: BatchJobLimits { get }
    /// What an input costs, as a share of its price in a call.
    var share: Double { get }

    /// One line of the file: a request for one text.
    func line(_ text: String, id: String) -> JSON
    func upload(token: String) -> BatchUpload
    /// The provider's name for a file that was sent.
    func file(in answer: JSON) -> String?
    func start(file: String, token: String) -> (path: String, body: JSON)
    /// The jobs of the account, a page at a time.
    ///
    /// - Parameter cursor: as ``BatchListing/next`` gave it.
    func list(after cursor: String?) -> (path: String, query: String?)
    /// - Parameter cursor: of the page.
    func listing(_ answer: JSON, after cursor: String?) -> BatchListing
    func job(_ id: String) -> String
    /// A job as the provider shows it.
    func seen(_ answer: JSON) -> SeenBatch?
    func content(of file: String) -> (path: String, query: String?)
    /// The id and the answer in one line of a file of answers. Nil when it is none.
    func answer(_ line: JSON) -> (id: String, outcome: BatchOutcome)?
    func removal(of file: String) -> String
    /// The answer to one text, as a call gives it.
    func whole(_ answer: JSON) -> JSON
}

extension BatchForm {
    func whole(_ answer: JSON) -> JSON { answer }
}

/// How a file is sent: in the form of HTML's forms, or in Google's.
struct BatchUpload {
    let path: String
    let query: String?
    let contentType: String
    let headers: [(name: String, value: String)]
    /// Before and after the file's bytes.
    let prefix: String
    let suffix: String
}

struct BatchListing {
    /// By their tokens, the provider's names.
    let jobs: [String: String]
    /// Nil when this was the last page.
    let next: String?
}

/// A job as the provider shows it.
struct SeenBatch: Equatable {
    let id: String
    let state: BatchJobState
    /// Files of answers, and of errors.
    var files: [String] = []

    /// Why a job failed, by the code alone: a message may quote a text or a key, and what was sent is not known any more.
    static func reason(_ error: JSON?) -> String {
        guard let code = error?["code"]?.string ?? error?["status"]?.string, code.utf8.count <= 64,
            code.utf8.allSatisfy({ $0 == 0x5F || 0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 }
            )
        else { return ": see the job at the provider" }
        return ": \(code)"
    }
}

enum BatchOutcome {
    case answered(JSON)
    case refused(String)
    /// It was not computed: the job expired, or was cancelled.
    case left
}
