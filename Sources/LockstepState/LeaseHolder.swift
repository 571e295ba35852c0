import Foundation
import MongoBSON

/// The holder of a lease: one watcher of one process.
package struct LeaseHolder: Hashable, Sendable {
    /// This watcher's own.
    package let id: BSONValue
    package let host: String
    package let pid: Int
    /// Where process numbers mean the same: one boot of a machine, and one container on it. Nil where it is not known.
    package let machine: String?
    /// When the process was started, in ticks since the boot: process numbers are reused.
    package let started: Int?

    /// A watcher of this process.
    package static func here() -> LeaseHolder {
        let pid = Int(ProcessInfo.processInfo.processIdentifier)
        return LeaseHolder(
            id: .objectID(), host: ProcessInfo.processInfo.hostName, pid: pid, machine: machine,
            started: startOfProcess(pid))
    }

    /// True when the process is known to have ended: nobody needs to wait for the end of its lease.
    package func isDead(
        seenFrom here: LeaseHolder, startOf: (Int) -> Int? = startOfProcess,
        exists: (Int) -> Bool = processExists
    ) -> Bool {
        guard let machine, machine == here.machine, let started else { return false }
        guard let found = startOf(pid) else { return !exists(pid) }
        return found != started
    }

    private static let machine: String? = {
        guard let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
            let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        else { return nil }
        var digest = SHA256()
        digest.update(BSONValue(boot + namespace).bytes)
        return hex(digest.finish().prefix(8))
    }()
}

/// In ticks since the boot; nil when there is no such process, or no way to know.
package func startOfProcess(_ pid: Int) -> Int? {
    // The name, in parentheses, may hold anything; the 22nd field is the 20th behind it.
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let name = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: name)...].split(separator: " ")
    return fields.count > 19 ? Int(fields[19]) : nil
}

/// Also of another user, whose processes may be hidden under /proc.
package func processExists(_ pid: Int) -> Bool {
    kill(pid_t(truncatingIfNeeded: pid), 0) == 0 || errno != ESRCH
}

extension LeaseHolder {
    package var document: BSONDocument {
        [
            "holder": id, "host": BSONValue(host), "pid": BSONValue(pid),
            "machine": machine.map { BSONValue($0) } ?? .null,
            "started": started.map { BSONValue(int64: Int64($0)) } ?? .null,
        ]
    }

    /// Nil when the document does not say who holds it.
    package init?(_ document: BSONDocument) {
        guard let id = document["holder"], let host = document["host"]?.string,
            let pid = document["pid"]?.int
        else { return nil }
        self.init(
            id: id, host: host, pid: pid, machine: document["machine"]?.string,
            started: document["started"]?.int)
    }
}
