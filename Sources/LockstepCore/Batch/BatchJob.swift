/// A job at a provider's batch API, as it is stored before each step is taken: a process that is killed leaves one job.
package struct BatchJob: Hashable, Sendable {
    package enum Phase: String, Hashable, Sendable {
        /// Its inputs are reserved; nothing was sent, or a file that nobody bills.
        case prepared
        /// The file is sent. The job is about to be started, or was.
        case starting
        case running
        /// Its answers are kept; what is at the provider is to be removed.
        case answered
        case done
    }

    /// Identifies it here and at the provider.
    package let token: String
    /// The listener's id.
    package let listener: String
    package let model: String
    package let version: String
    /// What its answers go by in the memo, with the version; that of a model outlives its name.
    package let memoName: String
    package var phase = Phase.prepared
    /// The provider's names.
    package var file: String?
    package var job: String?
    package var inputs: Int
    package var answers = 0
    package var refusals = 0
    /// Billed, by the provider's count where it says.
    package var tokens: Int?
    /// In the currency of the model's price.
    package var price: Double?
    /// What the price was thought to be before it was started.
    package var estimate: Double?
    /// Why it ended early, or is not started.
    package var reason: String?
    /// When it was begun, in milliseconds since 1970.
    package var at: Int64
    package var endedAt: Int64?

    package init(
        token: String, listener: String, model: String, version: String, memoName: String? = nil, inputs: Int,
        at: Int64
    ) {
        self.token = token
        self.listener = listener
        self.model = model
        self.version = version
        self.memoName = memoName ?? model
        self.inputs = inputs
        self.at = at
    }

    package var isOver: Bool {
        phase == .done
    }
}

// MARK: What it costs

extension BatchJob {
    /// What a budget counts of it: one that was never started costs nothing.
    package var cost: Double {
        price ?? (isOver && job == nil ? 0 : estimate ?? 0)
    }

    /// Its price, once it has ended.
    ///
    /// - Parameters:
    ///   - tokens: billed, as far as the provider says.
    ///   - perToken: the model's price in a job.
    package func price(tokens: Int?, perToken: Double) -> Double? {
        if let tokens { return perToken * Double(tokens) }
        // What is not answered is not billed.
        guard answers > 0, inputs > 0 else { return 0 }
        return estimate.map { $0 * min(1, Double(answers) / Double(inputs)) }
    }
}

/// What is to be done next with a job.
package enum BatchStep: Hashable, Sendable {
    /// The file is lost with the process that wrote it, and no job was started: the inputs are free again.
    case giveUp
    case start(file: String)
    case ask(job: String)
    case discard
}

extension BatchJob {
    /// What a process that finds the job in the database does: it has not seen what another one did since the last save.
    ///
    /// - Parameter found: the provider's job of this token, asked for where the phase is `starting`.
    package func resumed(found: String?) -> BatchStep? {
        switch phase {
        case .prepared: .giveUp
        case .starting: found.map { .ask(job: $0) } ?? file.map { .start(file: $0) } ?? .giveUp
        case .running: job.map { .ask(job: $0) } ?? .giveUp
        case .answered: .discard
        case .done: nil
        }
    }
}
