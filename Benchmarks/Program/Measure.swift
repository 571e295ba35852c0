import Dispatch
import Foundation
import Lockstep
import LockstepCore

/// Seconds and CPU seconds since it was made.
struct Measure {
    private let began = ContinuousClock.now
    private let used = Self.cpu

    var numbers: [String: Double] {
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        return ["seconds": seconds, "cpu": Self.cpu - used, "maxMegabytes": Self.maximumMegabytes]
    }

    func print(_ counts: [String: Int], _ numbers: [String: Double]? = nil) {
        let numbers = numbers ?? self.numbers
        let fields =
            numbers.map { "\"\($0.key)\": \($0.value)" } + counts.map { "\"\($0.key)\": \($0.value)" }
        say("{" + fields.sorted().joined(separator: ", ") + "}")
    }

    private static var usage: rusage {
        var usage = rusage()
        #if canImport(Glibc)
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        #else
        getrusage(RUSAGE_SELF, &usage)
        #endif
        return usage
    }

    private static var cpu: Double {
        let usage = usage
        return [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
        }
    }

    private static var maximumMegabytes: Double {
        Double(usage.ru_maxrss) / 1024
    }
}

extension WatcherInfo {
    var events: Int {
        inserts + updates + replaces + deletes
    }
}

/// Looks every two milliseconds.
func until(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(2)) }
}

/// A line that a pipe's reader gets at once.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

/// Returns on SIGTERM or Ctrl-C.
func terminated() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .main)
        }
        let once = DispatchWorkItem {
            sources.forEach { $0.cancel() }
            continuation.resume()
        }
        for source in sources {
            source.setEventHandler { once.perform() }
            source.resume()
        }
    }
}
