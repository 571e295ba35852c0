import CoreMetrics

/// Receives metrics and gives them out when it is asked, as Prometheus does: documents are counted only then.
package protocol PulledMetrics: MetricsFactory {}

/// A metric that Lockstep records in swift-metrics, with the names and units of Prometheus.
public struct Metric: Sendable, Hashable {
    public enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// As `lockstep_events_total`: counters end in `_total`, times are in seconds, sizes in bytes.
    public let name: String
    public let kind: Kind
    /// The dimensions that each value has.
    public let labels: [String]
    /// One sentence.
    public let help: String

    private init(_ name: String, _ kind: Kind, _ labels: [String] = [], _ help: String) {
        self.name = "lockstep_" + name
        self.kind = kind
        self.labels = labels
        self.help = help
    }
}

extension Metric {
    public static let events = Metric(
        "events_total", .counter, ["operation"], "Changes by others, by operation.")
    public static let lag = Metric(
        "lag_seconds", .gauge, "Age of the oldest change that is not reflected in the outputs yet.")
    public static let headroom = Metric(
        "headroom_seconds", .gauge, "Time that the saved position is ahead of the end of the oplog.")
    public static let oplogWindow = Metric(
        "oplog_window_seconds", .gauge, "Time that the oplog reaches back.")
    public static let queueDocuments = Metric(
        "queue_documents", .gauge,
        "Documents that are pending or in progress, counted once for each listener.")
    public static let queueBytes = Metric("queue_bytes", .gauge, "Memory that pending changes take.")
    public static let queueLimit = Metric(
        "queue_limit_bytes", .gauge, "Memory that pending changes may take.")
    public static let modelCalls = Metric("model_calls_total", .counter, ["model"], "Calls of a model.")
    public static let modelInputs = Metric(
        "model_inputs_total", .counter, ["model"], "Inputs in calls of a model.")
    public static let modelFailures = Metric(
        "model_failures_total", .counter, ["model"], "Calls of a model that failed as a whole.")
    public static let modelTokens = Metric(
        "model_tokens_total", .counter, ["model"],
        "Tokens that a model was asked for, by the service's own count or by estimate.")
    public static let modelRefused = Metric(
        "model_requests_refused_total", .counter, ["model"],
        "Requests that the service refused because there were too many.")
    public static let modelPrice = Metric(
        "model_price_total", .counter, ["model"],
        "What a model has cost, by its `price`, in the currency of your bill.")
    public static let modelBudget = Metric(
        "model_budget_spent_ratio", .gauge, ["model"],
        "Share of the present period's budget that is spent.")
    public static let modelBatch = Metric("model_batch_inputs", .histogram, ["model"], "Inputs in one call.")
    public static let modelCall = Metric(
        "model_call_seconds", .histogram, ["model"], "Time that one call of a model takes.")
    public static let outputsWritten = Metric(
        "outputs_written_total", .counter, ["listener"], "Outputs stored or removed.")
    public static let outputsRemoved = Metric(
        "outputs_removed_total", .counter, ["listener"],
        "Outputs removed because their input is gone; part of those written.")
    public static let outputsSuperseded = Metric(
        "outputs_superseded_total", .counter, ["listener"],
        "Outputs not stored because their input had changed meanwhile.")
    public static let outputsSkipped = Metric(
        "outputs_skipped_fresh_total", .counter, ["listener"],
        "Documents that were read and were fresh already.")
    public static let parked = Metric(
        "documents_parked_total", .counter, ["listener"],
        "Documents parked: the model refuses their input, or MongoDB their output.")
    public static let retries = Metric(
        "retries_total", .counter, ["listener"],
        "Documents tried again: after a failed call or write, or on request.")
    public static let changeLatency = Metric(
        "change_latency_seconds", .histogram, ["listener"],
        "Time from reading a change until its output is stored.")
    public static let documents = Metric(
        "listener_documents", .gauge, ["listener", "state"],
        "Documents of a listener by state, as far as the daemon knows without reading them.")
    public static let withoutInput = Metric(
        "listener_documents_without_input", .gauge, ["listener"],
        "Documents that have no input for a listener: its keys are missing or null, or its filter does not match."
    )
    public static let up = Metric(
        "listener_up", .gauge, ["listener"], "0 while the listener's model is unavailable.")
    public static let paused = Metric(
        "listener_paused", .gauge, ["listener"], "1 while the listener is paused.")
    public static let reconciled = Metric(
        "reconcile_documents_total", .counter, ["collection"], "Documents scanned beside the stream.")
    public static let reconcileProgress = Metric(
        "reconcile_progress_ratio", .gauge, ["listener"],
        "Share of the documents scanned; 1 when done.")
    public static let positionsSaved = Metric(
        "positions_saved_total", .counter, "Positions in the change stream that were saved.")

    /// All of them.
    public static let all: [Metric] = [
        events, lag, headroom, oplogWindow, queueDocuments, queueBytes, queueLimit, modelCalls, modelInputs,
        modelFailures, modelTokens, modelRefused, modelPrice, modelBudget, modelBatch, modelCall,
        outputsWritten, outputsRemoved, outputsSuperseded,
        outputsSkipped, parked,
        retries, changeLatency, documents, withoutInput, up, paused, reconciled, reconcileProgress,
        positionsSaved,
    ]
}

extension Metric {
    private init(_ name: String, _ kind: Kind, _ help: String) {
        self.init(name, kind, [], help)
    }

    package func counter(_ factory: any MetricsFactory, _ values: String...) -> Counter {
        Counter(label: name, dimensions: dimensions(values), factory: factory)
    }

    package func floatingPointCounter(
        _ factory: any MetricsFactory, _ values: String...
    ) -> FloatingPointCounter {
        FloatingPointCounter(label: name, dimensions: dimensions(values), factory: factory)
    }

    package func gauge(_ factory: any MetricsFactory, _ values: String...) -> Gauge {
        Gauge(label: name, dimensions: dimensions(values), factory: factory)
    }

    package func recorder(_ factory: any MetricsFactory, _ values: String...) -> Recorder {
        Recorder(label: name, dimensions: dimensions(values), aggregate: true, factory: factory)
    }

    package func timer(_ factory: any MetricsFactory, _ values: String...) -> Timer {
        Timer(label: name, dimensions: dimensions(values), factory: factory)
    }

    private func dimensions(_ values: [String]) -> [(String, String)] {
        Array(zip(labels, values))
    }
}
