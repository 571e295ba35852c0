import CMongoShim
import Glibc
import MongoBSON

/// Why no server of this URI can be written to, in a sentence without its stop; nil when no reason is found.
///
/// Asks each server alone, after a failure. Blocks, for seconds where one does not answer.
package func serverProblem(uri: String) -> String? {
    tlsProblem(uri: uri) ?? ServerSurvey.asking(uri)?.problem
}

extension ServerSurvey {
    private static let milliseconds = 1500

    /// Asks each server of the URI alone; blocks. Nil where only DNS knows the servers.
    static func asking(_ uri: String) -> ServerSurvey? {
        guard uriProblems(uri).isEmpty, let parts = URIParts(uri), !parts.isSRV else { return nil }
        let answers = parts.hosts.compactMap { host -> Answer? in
            let shown = percentDecoded(host) ?? String(host)
            return hello(parts.direct(host, milliseconds: milliseconds)).map {
                Answer(host: shown, hello: $0)
            }
        }
        var found: [String: Reach] = [:]
        for name in Set(answers.flatMap(\.members)) { found[name] = reach(name) }
        return ServerSurvey(wanted: parts.value("replicaSet"), answers: answers, reach: found)
    }

    private static func hello(_ uri: String) -> BSONDocument? {
        guard let pool = try? ClientPool.open(uri: uri, application: "lockstep", maximum: 1) else {
            return nil
        }
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
