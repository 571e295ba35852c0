extension API {
    /// A running lockstep and the databases that it watches: the answer of ``Route/status``.
    ///
    /// JSON has one form so far, for one database: its fields stand beside those of the process.
    package struct DeploymentStatus: Sendable, Equatable {
        package var version: String
        /// Of MongoDB, without its secrets.
        package var uri: String
        package var host: String
        package var pid: Int
        package var at: String
        package var startedAt: String
        package var memoryBytes: Int
        /// A token is set: what changes something can be asked for.
        package var canChange: Bool
        package var databases: [DatabaseStatus]

        package init(
            version: String, uri: String, host: String, pid: Int, at: String, startedAt: String,
            memoryBytes: Int, canChange: Bool, databases: [DatabaseStatus]
        ) {
            self.version = version
            self.uri = uri
            self.host = host
            self.pid = pid
            self.at = at
            self.startedAt = startedAt
            self.memoryBytes = memoryBytes
            self.canChange = canChange
            self.databases = databases
        }
    }
}

extension API.DeploymentStatus: Codable {
    private enum CodingKeys: String, CodingKey {
        case version, uri, host, pid, at, startedAt, memoryBytes, canChange
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            version: try fields.decode(String.self, forKey: .version),
            uri: try fields.decode(String.self, forKey: .uri),
            host: try fields.decode(String.self, forKey: .host),
            pid: try fields.decode(Int.self, forKey: .pid), at: try fields.decode(String.self, forKey: .at),
            startedAt: try fields.decode(String.self, forKey: .startedAt),
            memoryBytes: try fields.decode(Int.self, forKey: .memoryBytes),
            canChange: try fields.decode(Bool.self, forKey: .canChange),
            databases: [try API.DatabaseStatus(from: decoder)])
    }

    package func encode(to encoder: any Encoder) throws {
        guard let database = databases.first, databases.count == 1 else {
            throw EncodingError.invalidValue(
                databases,
                .init(codingPath: encoder.codingPath, debugDescription: "there is a form for one database"))
        }
        try database.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(version, forKey: .version)
        try fields.encode(uri, forKey: .uri)
        try fields.encode(host, forKey: .host)
        try fields.encode(pid, forKey: .pid)
        try fields.encode(at, forKey: .at)
        try fields.encode(startedAt, forKey: .startedAt)
        try fields.encode(memoryBytes, forKey: .memoryBytes)
        try fields.encode(canChange, forKey: .canChange)
    }
}
