import MongoBSON

/// A provider's batch API: a file of many inputs, answered within hours at a lower price.
///
/// Every step is asked for with the job's token, which goes into the file's name and the job's metadata: what a process
/// that was killed had begun is found by it.
package protocol BatchService: Sendable {
    var limits: BatchJobLimits { get }
    /// What an input costs in a job, as a share of its price in a call.
    var share: Double { get }

    /// The line of one input in the file, with its line end; nil for one that is refused.
    ///
    /// - Parameter id: comes back with the answer.
    func line(_ input: BSONValue, id: String) -> [UInt8]?
    /// Sends the file, and gives the provider's name for it.
    ///
    /// - Parameter path: of a file of ``line(_:id:)``s.
    func upload(_ path: String, token: String) async throws -> String
    /// Starts the job, and gives the provider's name for it.
    func start(file: String, token: String) async throws -> String
    /// The job that was started with this token; nil when there is none.
    func find(token: String) async throws -> String?
    func state(of job: String) async throws -> BatchJobState
    /// Lends the answers of a job that has ended, as they arrive.
    ///
    /// - Returns: what is billed for it, as far as the provider says.
    func answers(of job: String, _ body: (BatchAnswer) throws -> Void) async throws -> Usage
    /// Removes the job's files at the provider; what is gone already is no error.
    func discard(file: String?, job: String?) async throws
}

/// How much one job takes.
package struct BatchJobLimits: Hashable, Sendable {
    package let inputs: Int
    /// Of the file.
    package let bytes: Int

    package init(inputs: Int, bytes: Int) {
        self.inputs = inputs
        self.bytes = bytes
    }
}

package enum BatchJobState: Hashable, Sendable {
    /// How many of its inputs are answered, where the provider says.
    case running(answered: Int?)
    /// There is nothing more to come; of one that failed, expired or was cancelled some inputs may be answered. Why it
    /// ended early.
    case ended(String?)
    /// The provider knows no such job: it was removed, or belongs to another account. One that was just begun may only
    /// not be known everywhere.
    case gone
}

/// What a job has said to one input.
package struct BatchAnswer: Sendable {
    package let id: String
    package let answer: Answer
    package let isTruncated: Bool

    package init(id: String, answer: Answer, isTruncated: Bool = false) {
        self.id = id
        self.answer = answer
        self.isTruncated = isTruncated
    }
}
