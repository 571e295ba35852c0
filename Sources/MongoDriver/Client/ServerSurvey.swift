import MongoBSON

/// The answers of a connection string's servers, each asked alone, and what they mean.
struct ServerSurvey {
    /// A server's answer to `hello`.
    struct Answer {
        var host: String
        var set: String?
        /// It was started as a member of a set that nobody has initiated.
        var isUninitiated = false
        var members: [String] = []
        var primary: String?
    }

    /// How a member is reached by the name that the set has for it.
    enum Reach {
        case answers, isSilent, hasUnknownName
    }

    /// `replicaSet` in the connection string.
    var wanted: String?
    var answers: [Answer]
    /// By name, as the set has it.
    var reach: [String: Reach]

    /// Why none of them takes writes, in a sentence without its stop; nil when the answers do not say.
    var problem: String? {
        for answer in answers {
            if let problem = problem(of: answer) { return problem }
        }
        return nil
    }

    private func problem(of answer: Answer) -> String? {
        if answer.isUninitiated {
            return Self.uninitiated(answer.host)
        }
        guard let set = answer.set else {
            return wanted.map {
                "`\(answer.host)` is a standalone server, and `replicaSet=\($0)` in `mongodb.uri` asks for a replica set: start mongod with `--replSet \($0)`, or take the option out"
            }
        }
        if let wanted, wanted != set {
            return
                "the replica set at `\(answer.host)` is called `\(set)`: write `replicaSet=\(set)` into `mongodb.uri`"
        }
        let unknown = answer.members.filter { reach[$0] == .hasUnknownName }
        if !unknown.isEmpty {
            return
                "the replica set `\(set)` names its members \(list(unknown)), which this machine cannot resolve, as where they are names within containers: write `directConnection=true` into `mongodb.uri`, with one host and without `replicaSet`, or make the names known here"
        }
        let silent = answer.members.filter { reach[$0] == .isSilent }
        guard let primary = answer.primary else {
            let who =
                silent.isEmpty ? "" : ": \(list(silent)) \(silent.count == 1 ? "does" : "do") not answer"
            return
                "the replica set `\(set)` has no primary at the moment\(who). It elects one when a majority of its members is there"
        }
        return silent.contains(primary)
            ? "the primary of the replica set `\(set)` is `\(primary)`, which does not answer from here: can this machine reach that address?"
            : nil
    }

    static func uninitiated(_ host: String) -> String {
        "`\(host)` was started with `--replSet`, and its replica set was never initiated: run `rs.initiate()` there once, in mongosh"
    }

    private func list(_ names: [String]) -> String {
        names.map { "`\($0)`" }.joined(separator: ", ")
    }
}

/// The problem of a server that belongs to no set yet; nil where it does.
package func uninitiatedProblem(_ hello: BSONDocument, host: String) -> String? {
    ServerSurvey.Answer(host: host, hello: hello).isUninitiated ? ServerSurvey.uninitiated(host) : nil
}

extension ServerSurvey.Answer {
    init(host: String, hello: BSONDocument) {
        self.host = host
        set = hello["setName"]?.string
        isUninitiated = set == nil && hello["isreplicaset"]?.bool == true
        members = hello["hosts"]?.array?.compactMap(\.string) ?? []
        primary = hello["primary"]?.string
    }
}
