import Foundation
import LockstepCore
import MongoBSON
import Synchronization

/// Keeps outputs as lines of JSON in a file of its own: the newest line of a document counts.
final class JSONLinesSink: Sink {
    let guardStrength = GuardStrength.provenance
    let place: OutputPlace? = nil

    private let file: URL
    private let stored: Mutex<[DocumentKey: StoredOutput]>
    private let troubles: JSONLines.Troubles

    /// Takes up what is in the file.
    init(_ file: URL, troubles: JSONLines.Troubles = JSONLines.Troubles()) throws {
        self.file = file
        self.troubles = troubles
        var found: [DocumentKey: StoredOutput] = [:]
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") {
            let document = try BSONDocument(json: String(line))
            guard let id = document["_id"] else { continue }
            let key = DocumentKey(id)
            guard let output = document["output"],
                let provenance = document.withView({ Provenance($0["provenance"]) })
            else {
                found[key] = nil
                continue
            }
            found[key] = StoredOutput(key: key, output: output, provenance: provenance)
        }
        stored = Mutex(found)
    }

    func evidence(of keys: [DocumentKey]) throws -> [DocumentKey: OutputEvidence] {
        try troubles.meet(.evidence)
        return stored.withLock { stored in
            keys.reduce(into: [:]) { found, key in
                guard let entry = stored[key] else { return }
                found[key] = OutputEvidence(
                    hasOutput: true, hasProvenance: true, provenance: entry.provenance, output: entry.output)
            }
        }
    }

    func outputs(of keys: [DocumentKey]) throws -> [DocumentKey: BSONValue] {
        stored.withLock { stored in
            keys.reduce(into: [:]) { found, key in found[key] = stored[key]?.output }
        }
    }

    func examples(of version: String) throws -> [StoredOutput] {
        stored.withLock { Array($0.values.filter { $0.provenance.version == version }.prefix(20)) }
    }

    func deliver(_ changes: [OutputChange]) throws -> Delivery {
        try troubles.meet(.delivery)
        return try stored.withLock { stored in
            var delivery = Delivery()
            var lines: [String] = []
            for (place, change) in changes.enumerated() {
                let present = stored[change.key]?.provenance
                let isRepeated: Bool
                if case .store(_, let provenance, _) = change.action {
                    isRepeated = present == provenance
                } else {
                    isRepeated = present == nil
                }
                guard isRepeated || present == change.known else {
                    delivery.exceptions[place] = .superseded
                    continue
                }
                delivery.delivered += 1
                if isRepeated { continue }
                lines.append(try take(change, &stored))
            }
            try append(lines)
            return delivery
        }
    }

    private func take(
        _ change: OutputChange, _ stored: inout [DocumentKey: StoredOutput]
    ) throws -> String {
        guard case .store(let output, let provenance, _) = change.action else {
            stored[change.key] = nil
            return BSONDocument([("_id", change.key.id)]).json
        }
        stored[change.key] = StoredOutput(key: change.key, output: output, provenance: provenance)
        var builder = BSONBuilder()
        builder.append(change.key.id, forKey: "_id")
        builder.append(output, forKey: "output")
        provenance.append(to: &builder, forKey: "provenance")
        return builder.finish().json
    }

    private func append(_ lines: [String]) throws {
        guard !lines.isEmpty else { return }
        if !FileManager.default.fileExists(atPath: file.path) {
            try Data().write(to: file)
        }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
    }

    func disown(_ keys: [DocumentKey]) throws -> Set<DocumentKey> {
        let known = stored.withLock { stored in
            keys.compactMap { key in stored[key].map { (key, $0.provenance) } }
        }
        _ = try deliver(known.map { OutputChange(key: $0, action: .remove(.noValues), known: $1) })
        return []
    }

    func forEachPage(_ body: ([DocumentKey]) throws -> Void) throws {
        let keys = stored.withLock { Array($0.keys) }
        for start in stride(from: 0, to: keys.count, by: 1000) {
            try body(Array(keys[start..<min(start + 1000, keys.count)]))
        }
    }
}

/// Makes the sinks of listeners, each on a file of a folder.
final class JSONLines: OutputStore {
    private let folder: URL
    private let sinks = Mutex<[String: JSONLinesSink]>([:])
    /// What its sinks throw next.
    let troubles = Troubles()

    enum Question {
        case evidence, delivery
    }

    final class Troubles: Sendable {
        private let state = Mutex<[Question: [any Error]]>([:])

        /// The next questions of this kind fail with these.
        func add(_ errors: [any Error], to question: Question) {
            state.withLock { $0[question, default: []] += errors }
        }

        func meet(_ question: Question) throws {
            let error = state.withLock { state -> (any Error)? in
                guard let first = state[question]?.first else { return nil }
                state[question]?.removeFirst()
                return first
            }
            if let error { throw error }
        }

        var areOver: Bool {
            state.withLock { $0.values.allSatisfy(\.isEmpty) }
        }
    }

    init(_ folder: URL) {
        self.folder = folder
    }

    func file(of listener: String) -> URL {
        folder.appending(path: listener.replacing("/", with: "-") + ".jsonl")
    }

    func sink(of listener: String) -> any Sink {
        sinks.withLock { sinks in
            if let sink = sinks[listener] { return sink }
            guard let sink = try? JSONLinesSink(file(of: listener), troubles: troubles) else {
                fatalError("\(listener): its file holds what is no JSON")
            }
            sinks[listener] = sink
            return sink
        }
    }
}
