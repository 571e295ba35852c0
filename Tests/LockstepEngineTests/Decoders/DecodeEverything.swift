@testable import Lockstep
@testable import LockstepCore
@testable import LockstepState
@testable import MongoBSON
@testable import MongoDriver

/// Shows bytes to everything that reads BSON from outside. Each must come back or refuse; none may trap.
func decodeEverything(_ bytes: [UInt8]) {
    // As the driver hands out what came over the wire: not validated.
    bytes.withUnsafeBytes { raw in
        let view = BSONView(raw)
        walk(view, depth: 0)
        let event = StreamEvent(view)
        event.forEachTouchedPath { path, _ in _ = path.count }
        for route in routes {
            _ = route.interest(inUpdate: event)
            _ = route.ownProvenance(in: event)
            _ = route.interest(inDocument: event.fullDocument ?? view, carries: true)
        }
        _ = ParkedFailure(view)
        for path in ["a", "a.b", "", "a..b", "_id.listener"] { _ = PlainValue(at: FieldPath(path), in: view) }
    }
    guard let document = BSONDocument(validating: bytes) else { return }
    _ = Checkpoint(document).map { ($0.document, $0.isComplete) }
    _ = Position(token: document)
    _ = FilterPaths(document)
    let value = BSONValue(document)
    _ = DocumentKey(value)
    read(value, depth: 0)
    _ = Fingerprint(of: [value])
    // What is written as JSON is read again.
    let json = document.json
    if json != "{}" { _ = try? BSONDocument(json: json) }
}

/// Shows a text to the reader of Extended JSON; what it gives must be well formed.
func parseEverything(_ text: [UInt8]) -> Bool {
    guard let document = try? BSONDocument(json: text) else { return true }
    decodeEverything(document.bytes)
    return BSONDocument(validating: document.bytes) != nil
}

private func walk(_ view: BSONView, depth: Int) {
    // Over the wire the server's own limit holds.
    guard depth < 250 else { return }
    for element in view {
        _ = (element.name, element.text?.count, element.string, element.int64, element.bool)
        _ = (element.milliseconds, element.timestamp, Provenance(element), view[element.name]?.type)
        read(BSONValue(copying: element), depth: depth)
        if let nested = element.nested { walk(nested, depth: depth + 1) }
    }
}

private func read(_ value: BSONValue, depth: Int) {
    _ = (value.string, value.int, value.double, value.bool, value.millisecondsSince1970, value.timestamp)
    _ = (value.binary?.data.count, value.floats?.count)
    _ = (value.type.name, value == value, value.hashValue)
    _ = try? String(input: value)
    _ = try? [[Double]](input: value)
    _ = try? [Float?](input: value)
    if depth < 3 {
        _ = DocumentKey(value)
        _ = (value.json, value.document?.map(\.key), value.array?.count)
    }
}

private let routes: [ListenerRoute] = ["text", "a", "meta.title", "a.b"].map { key in
    let model = ClosureModel("m") { (inputs: [BSONValue]) in inputs }
    return ListenerRoute(Listener(model: model, on: Collection("docs"), key: key))
}
