import Foundation
import LockstepCore
import MongoBSON
import Synchronization

/// The length of a text; remembers its inputs.
package final class TextLength: Model {
    package let name: String
    package let version: String
    package let limits: BatchLimits
    private let seen = Mutex<[String]>([])

    package init(_ name: String = "length", version: String = "1", count: Int = 100) {
        self.name = name
        self.version = version
        limits = BatchLimits(count: count)
    }

    package func predict(_ texts: [String]) async throws -> [Int] {
        seen.withLock { $0 += texts }
        return texts.map(\.count)
    }

    /// Every input so far, in the order of the calls.
    package var inputs: [String] {
        seen.withLock { $0 }
    }
}

/// Gives back what it is given, of any type; remembers its inputs.
package final class Echo: Model {
    package let name = "echo"
    private let seen = Mutex<[BSONValue]>([])

    package init() {}

    package func predict(_ inputs: [BSONValue]) async throws -> [BSONValue] {
        seen.withLock { $0 += inputs }
        return inputs.map { ["of": $0] }
    }

    package var inputs: [BSONValue] {
        seen.withLock { $0 }
    }
}

/// A model that waits until it is let go: for what happens meanwhile.
package final class Gated: Model {
    package let name = "gated"
    package let limits = BatchLimits(count: 100, concurrency: 1)
    private let state = Mutex<(isOpen: Bool, entered: [String])>((false, []))

    package init() {}

    package func predict(_ texts: [String]) async throws -> [Int] {
        state.withLock { $0.entered += texts }
        while !state.withLock({ $0.isOpen }) { try await Task.sleep(for: .milliseconds(2)) }
        return texts.map(\.count)
    }

    package func open() {
        state.withLock { $0.isOpen = true }
    }

    /// Forgets what it was asked so far, and holds what comes.
    package func close() {
        state.withLock { $0 = (false, []) }
    }

    package var entered: [String] {
        state.withLock { $0.entered }
    }
}

/// A model that fails as it is told.
package final class Fragile: Model {
    package enum Behaviour {
        case works, refuses(String), breaks(on: String), unavailable, wrongCount
    }

    package let name = "fragile"
    package let limits = BatchLimits(count: 100)
    private let state = Mutex<(behaviour: Behaviour, calls: Int)>((.works, 0))

    package init() {}

    package struct Broken: Error, CustomStringConvertible {
        package let description = "the model broke"

        package init() {}
    }

    package struct Died: Error, CustomStringConvertible {
        package let description = "it died"

        package init() {}
    }

    package func become(_ behaviour: Behaviour) {
        state.withLock { $0.behaviour = behaviour }
    }

    package var calls: Int {
        state.withLock { $0.calls }
    }

    package func predict(_ texts: [String]) async throws -> [Result<Int, InputError>] {
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
package final class Dying: Model {
    package let name = "dying"
    package let limits = BatchLimits(count: 100, concurrency: 1)
    private let state = Mutex<(works: Bool, failures: Int)>((false, 0))

    package init() {}

    package func predict(_ texts: [String]) async throws -> [Int] {
        if state.withLock(\.works) { return texts.map(\.count) }
        // Slow on purpose: a process that dies at its work.
        try await Task.sleep(for: .milliseconds(600))
        if state.withLock(\.works) { return texts.map(\.count) }
        state.withLock { $0.failures += 1 }
        throw Fragile.Died()
    }

    package func recover() {
        state.withLock { $0.works = true }
    }

    package var failures: Int {
        state.withLock(\.failures)
    }
}

package final class Counter: Sendable {
    private let state = Mutex(0)

    package init() {}

    package func add(_ number: Int) {
        state.withLock { $0 += number }
    }

    package var value: Int {
        state.withLock { $0 }
    }
}

package final class TextLengthOfNumber: Model {
    package let name = "digits"
    private let count = Counter()

    package init() {}

    package func predict(_ numbers: [Int]) async throws -> [Int] {
        count.add(numbers.count)
        return numbers.map { String($0).count }
    }

    package var calls: Int { count.value }
}

package let docs = Collection("docs")
