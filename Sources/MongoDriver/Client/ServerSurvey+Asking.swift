import CMongoShim
import Glibc
import MongoBSON

/// Why no server of this URI can be written to, in a sentence without its stop; nil when that cannot be told.
///
/// For the time after a failure: asks each of them alone. Blocks, for seconds where one does not answer.
package func serverProblem(uri: String) -> String? {
    tlsProblem(uri: uri) ?? ServerSurvey(asking: uri)?.problem
}

extension ServerSurvey {
    private static let milliseconds = 1500

    /// Nil where DNS alone knows the servers.
    init?(asking uri: String) {
        guard uriProblems(uri).isEmpty, let parts = URIParts(uri), !parts.isSRV else { return nil }
        wanted = parts.value("replicaSet")
        answers = parts.hosts.compactMap { host in
            let shown = percentDecoded(host) ?? String(host)
            return Self.hello(parts.direct(host, milliseconds: Self.milliseconds)).map {
                Answer(host: shown, hello: $0)
            }
        }
        reach = [:]
        for name in Set(answers.flatMap(\.members)) { reach[name] = Self.reach(name) }
    }

    private static func hello(_ uri: String) -> BSONDocument? {
        guard let pool = try? ClientPool(uri: uri, application: "lockstep", maximum: 1) else { return nil }
        // The first one may tell that the API must be declared.
        for _ in 0..<2 {
            let before = pool.generation
            let lent = pool.borrow()
            var command = BSONBuilder()
            command.append(1, forKey: "hello")
            if let reply = try? lent.client.run(command, on: "admin", operation: "hello") {
                return reply.document
            }
            guard pool.generation != before else { return nil }
        }
        return nil
    }

    private static func reach(_ name: String) -> Reach {
        guard let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")),
            let port = UInt16(name[name.index(after: colon)...])
        else { return .hasUnknownName }
        let host = name[..<colon].trimming(["[", "]"])
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, nil, &found) == 0 else { return .hasUnknownName }
        freeaddrinfo(found)
        let answer = Int(shim_probe_plain(host, port, Int32(milliseconds)))
        return answer == shim_probe_unreachable ? .isSilent : .answers
    }
}

extension Substring {
    fileprivate func trimming(_ characters: Set<Character>) -> String {
        String(drop(while: characters.contains).reversed().drop(while: characters.contains).reversed())
    }
}
