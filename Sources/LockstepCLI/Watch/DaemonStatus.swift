import Foundation

/// What a running daemon says of itself: the answer of `GET /v1/status`, as far as it is shown.
struct DaemonStatus: Decodable, Sendable, Equatable {
    struct Problem: Decodable, Sendable, Equatable {
        var severity: String
        var message: String
        var hint: String?
    }

    struct Headroom: Decodable, Sendable, Equatable {
        var seconds: Double
        var windowSeconds: Double
    }

    struct Queue: Decodable, Sendable, Equatable {
        var documents: Int
        var bytes: Int
        var limitBytes: Int
    }

    struct Progress: Decodable, Sendable, Equatable {
        var documents: Int
        var total: Int
        var perSecond: Double
        var secondsLeft: Double?
    }

    struct Latency: Decodable, Sendable, Equatable {
        var p50: Double
        var p99: Double
    }

    struct Listener: Decodable, Sendable, Equatable {
        var id: String
        var state: String
        var reason: String?
        var documents: Int
        var withoutInput: Int?
        var fresh: Int
        var stale: Int
        var missing: Int
        var failed: Int
        var unchecked: Int
        var waiting: Int
        var reconcile: Progress?
        var modelSeconds: Latency?
        var predictionsPerSecond: Double?
    }

    var database: String
    var uri: String
    var host: String
    var pid: Int
    var startedAt: String?
    var state: String
    var ready: Bool
    var problems: [Problem]
    var lagSeconds: Double?
    var headroom: Headroom?
    var queue: Queue
    /// What was seen and done since the start, by name.
    var counts: [String: Int]
    var memoryBytes: Int?
    var listeners: [Listener]
}

/// What passes in a second, from two answers of one daemon.
struct DaemonRates: Equatable {
    var changes: Double
    var outputs: Double
    var modelInputs: Double

    /// Nil when there is nothing to compare: another process answers, or no time has passed.
    init?(from old: DaemonStatus, to new: DaemonStatus, seconds: Double) {
        guard old.pid == new.pid, old.host == new.host, old.startedAt == new.startedAt, seconds > 0 else {
            return nil
        }
        func rate(_ names: String...) -> Double {
            let passed = names.reduce(0) { $0 + (new.counts[$1] ?? 0) - (old.counts[$1] ?? 0) }
            return Double(max(0, passed)) / seconds
        }
        changes = rate("inserts", "updates", "replaces", "deletes")
        outputs = rate("outputs")
        modelInputs = rate("modelInputs")
    }
}
