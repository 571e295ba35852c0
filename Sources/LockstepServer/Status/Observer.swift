import Foundation
import LockstepAPI

/// Looks at the watched databases each second, and describes the process and them.
struct Observer: Sendable {
    let databases: [WatchedDatabase]
    private let options: ServerOptions
    private let startedAt = Format.now
    private let host = ProcessInfo.processInfo.hostName
    private let pid = Int(ProcessInfo.processInfo.processIdentifier)

    init(_ databases: [WatchedDatabase], options: ServerOptions) {
        self.databases = databases
        self.options = options
    }

    func run() async {
        while !Task.isCancelled {
            for database in databases { database.sample() }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Ready when every database is.
    var readiness: API.Readiness {
        API.Readiness(reasons: databases.flatMap { $0.readiness(maxLag: options.maxLag).reasons })
    }

    /// What is known now; see ``countedStatus``.
    var status: API.DeploymentStatus {
        describe(databases.map { $0.status(maxLag: options.maxLag) })
    }

    /// The same once the documents are counted.
    var countedStatus: API.DeploymentStatus {
        get async {
            var counted: [API.DatabaseStatus] = []
            for database in databases { counted.append(await database.countedStatus(maxLag: options.maxLag)) }
            return describe(counted)
        }
    }

    private func describe(_ databases: [API.DatabaseStatus]) -> API.DeploymentStatus {
        API.DeploymentStatus(
            version: options.version, uri: options.uri, host: host, pid: pid, at: Format.now,
            startedAt: startedAt, memoryBytes: ProcessMemory.residentBytes, canChange: options.token != nil,
            databases: databases)
    }
}
