import Foundation

/// Finds the `mongod` to run: `$LOCKSTEP_MONGOD`, then the one that `make setup` brought, then `PATH`.
public enum MongodBinary {
    public static func find(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        directory: String = FileManager.default.currentDirectoryPath
    ) throws(EmbeddedMongoError) -> String {
        if let named = environment["LOCKSTEP_MONGOD"], !named.isEmpty {
            guard isProgram(named) else {
                throw .notFound("LOCKSTEP_MONGOD is set to `\(named)`, which is not a program")
            }
            return named
        }
        var tried: [String] = []
        // From the working directory upwards: people start `lockstep` anywhere in their project.
        var folder = URL(fileURLWithPath: directory)
        while true {
            let candidate = folder.appendingPathComponent(".lockstep/mongodb/bin/mongod").path
            if isProgram(candidate) { return candidate }
            tried.append(candidate)
            let parent = folder.deletingLastPathComponent()
            guard parent.path != folder.path else { break }
            folder = parent
        }
        for folder in (environment["PATH"] ?? "").split(separator: ":") {
            let candidate = "\(folder)/mongod"
            if isProgram(candidate) { return candidate }
        }
        throw .notFound(
            "no `mongod` on PATH, and none at \(tried.first ?? ""). Install MongoDB, run `make setup` in Lockstep's checkout, or set LOCKSTEP_MONGOD to the program"
        )
    }

    private static func isProgram(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            && !isDirectory.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }
}

/// Why a local MongoDB could not be run.
public enum EmbeddedMongoError: Error, Sendable, CustomStringConvertible {
    case notFound(String)
    case portInUse(Int)
    case didNotStart(String)

    public var description: String {
        switch self {
        case .notFound(let reason), .didNotStart(let reason): reason
        case .portInUse(let port): "port \(port) is in use: choose another one with --port"
        }
    }
}
