import LockstepAPI
import Testing

@testable import LockstepServer

/// The page reads no field that the API does not have.
@Suite struct PageFieldsTests {
    private static var types: [String: any Decodable.Type] {
        [
            "DeploymentStatus": API.DeploymentStatus.self, "Counts": API.Counts.self, "Queue": API.Queue.self,
            "Headroom": API.Headroom.self, "Position": API.Position.self, "Problem": API.Problem.self,
            "ListenerStatus": API.ListenerStatus.self, "ScanProgress": API.ScanProgress.self,
            "Quantiles": API.Quantiles.self, "ModelCosts": API.ModelCosts.self, "Budget": API.Budget.self,
            "History": API.History.self,
            "HistoryPoint": API.HistoryPoint.self,
            "FailurePage": API.FailurePage.self, "Failure": API.Failure.self,
            "FailureReasons": API.FailureReasons.self, "FailureReason": API.FailureReason.self,
            "Retried": API.Retried.self, "Changes": API.Changes.self, "Change": API.Change.self,
            "ErrorAnswer.Content": API.ErrorAnswer.Content.self,
        ]
    }

    /// The names that the program says it has for values of the API, and the fields of their types.
    private static func names() throws -> [(name: String, fields: Set<String>)] {
        try DashboardPage.html.matches(of: /\n\/\/   ([^:\n]+): ([\w.]+(?: \| [\w.]+)*)(?=\n)/).flatMap {
            line in
            var fields: Set<String> = []
            for name in String(line.2).split(separator: " | ") {
                let type = try #require(types[String(name)], "\(name) is a type of the API")
                fields.formUnion(try Shape(of: type).fields.keys)
            }
            let names = line.1.hasPrefix("{") ? [line.1] : line.1.split(separator: ", ")
            return names.map { (String($0), fields) }
        }
    }

    /// The fields that are read of a name; of `{ a, b }` its parts.
    private static func reads(_ name: String) throws -> [String] {
        if name.hasPrefix("{") {
            let places = DashboardPage.html.ranges(of: name).count
            return places > 1 ? name.split { !$0.isLetter }.map(String.init) : []
        }
        let path = name.replacing(".", with: #"\??\."#)
        let pattern = try Regex<(Substring, Substring)>(#"(?:^|[^\w.$'"`-])"# + path + #"\??\.(\w+)"#)
        return DashboardPage.html.matches(of: pattern).map { String($0.output.1) }
    }

    @Test func everyFieldThatThePageReadsIsOfTheAPI() throws {
        let names = try Self.names()
        #expect(names.count > 25)
        for (name, fields) in names {
            let reads = try Self.reads(name)
            #expect(!reads.isEmpty, "\(name) is a name of the program")
            for field in reads { #expect(fields.contains(field), "\(name).\(field)") }
        }
    }

    /// `const kinds = ['fresh', …]` and `const counted = { inserts: …, … }`.
    @Test(arguments: [
        ("kinds", #"const kinds = \[([^\]]*)\]"#, "ListenerStatus"),
        ("counted", #"const counted = \{([^}]*)\}"#, "Counts"),
    ])
    func theFieldsThatThePageNamesInListsAreOfTheAPI(list: String, pattern: String, type: String) throws {
        let literal = try #require(
            DashboardPage.html.firstMatch(of: try Regex<(Substring, Substring)>(pattern))?.output.1)
        let fields = try Shape(of: #require(Self.types[type])).fields
        let named =
            list == "kinds"
            ? literal.matches(of: /'(\w+)'/).map { String($0.1) }
            : literal.matches(of: /(\w+): '/).map { String($0.1) }
        #expect(named.count > 4)
        for name in named { #expect(fields[name] != nil, "\(list): \(name)") }
    }
}
