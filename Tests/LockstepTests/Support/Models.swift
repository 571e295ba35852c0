import Foundation
import Lockstep
import Synchronization

/// The length of a text; remembers its inputs.
final class TextLength: Model {
    let name: String
    let version: String
    let limits: BatchLimits
    private let seen = Mutex<[String]>([])

    init(_ name: String = "length", version: String = "1", count: Int = 100) {
        self.name = name
        self.version = version
        limits = BatchLimits(count: count)
    }

    func predict(_ texts: [String]) async throws -> [Int] {
        seen.withLock { $0 += texts }
        return texts.map(\.count)
    }

    /// Every input so far, in the order of the calls.
    var inputs: [String] {
        seen.withLock { $0 }
    }
}

/// Gives back what it is given, of any type; remembers its inputs.
final class Echo: Model {
    let name = "echo"
    private let seen = Mutex<[BSONValue]>([])

    func predict(_ inputs: [BSONValue]) async throws -> [BSONValue] {
        seen.withLock { $0 += inputs }
        return inputs.map { ["of": $0] }
    }

    var inputs: [BSONValue] {
        seen.withLock { $0 }
    }
}

/// A model that waits until it is let go: for what happens meanwhile.
final class Gated: Model {
    let name = "gated"
    let limits = BatchLimits(count: 100, concurrency: 1)
    private let state = Mutex<(isOpen: Bool, entered: [String])>((false, []))

    func predict(_ texts: [String]) async throws -> [Int] {
        state.withLock { $0.entered += texts }
        while !state.withLock({ $0.isOpen }) { try await Task.sleep(for: .milliseconds(2)) }
        return texts.map(\.count)
    }

    func open() {
        state.withLock { $0.isOpen = true }
    }

    /// Forgets what it was asked so far, and holds what comes.
    func close() {
        state.withLock { $0 = (false, []) }
    }

    var entered: [String] {
        state.withLock { $0.entered }
    }
}

/// A model that fails as it is told.
final class Fragile: Model {
    enum Behaviour {
        case works, refuses(String), breaks(on: String), unavailable, wrongCount
    }

    let name = "fragile"
    let limits = BatchLimits(count: 100)
    private let state = Mutex<(behaviour: Behaviour, calls: Int)>((.works, 0))

    struct Broken: Error, CustomStringConvertible {
        let description = "the model broke"
    }

    struct Died: Error, CustomStringConvertible {
        let description = "it died"
    }

    func become(_ behaviour: Behaviour) {
        state.withLock { $0.behaviour = behaviour }
    }

    var calls: Int {
        state.withLock { $0.calls }
    }

    func predict(_ texts: [String]) async throws -> [Result<Int, InputError>] {
        let behaviour = state.withLock { state in
            state.calls += 1
            return state.behaviour
        }
        switch behaviour {
        case .works: return texts.map { .success($0.count) }
        case .refuses(let bad):
            return texts.map { $0 == bad ? .failure(InputError("not this")) : .success($0.count) }
        case .breaks(let bad):
            if texts.contains(bad) { throw Broken() }
            return texts.map { .success($0.count) }
        case .unavailable: throw ModelError.unavailable("connection refused")
        case .wrongCount: return [.success(1)] + texts.map { .success($0.count) }
        }
    }
}

/// A model each of whose calls fails after some time, until it recovers.
final class Dying: Model {
    let name = "dying"
    let limits = BatchLimits(count: 100, concurrency: 1)
    private let state = Mutex<(works: Bool, failures: Int)>((false, 0))

    func predict(_ texts: [String]) async throws -> [Int] {
        if state.withLock(\.works) { return texts.map(\.count) }
        try await Task.sleep(for: .milliseconds(600))
        if state.withLock(\.works) { return texts.map(\.count) }
        state.withLock { $0.failures += 1 }
        throw Fragile.Died()
    }

    func recover() {
        state.withLock { $0.works = true }
    }

    var failures: Int {
        state.withLock(\.failures)
    }
}

final class Counter: Sendable {
    private let state = Mutex(0)

    func add(_ number: Int) {
        state.withLock { $0 += number }
    }

    var value: Int {
        state.withLock { $0 }
    }
}
