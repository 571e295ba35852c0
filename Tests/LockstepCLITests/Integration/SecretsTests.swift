import Foundation
import Lockstep
import Testing
import TestSupport

/// A password is nowhere to be seen, whatever is asked.
@Suite struct SecretsTests {
    /// Marked at both ends and in the middle, so that a part of it is found too.
    private static let password = #"hunt3r2:@/?#%&=+ "hunt3r2"é hunt3r2"#

    @Test func noSecretLeavesTheProcess() async throws {
        let project = try Project(try GuardedServer.uri("root"))
        let name = project.database
        try GuardedServer.createUser(
            name, password: Self.password, roles: [["role": "readWrite", "db": BSONValue(name)]],
            at: GuardedServer.uri("root"))
        let uri = try GuardedServer.uri(name, password: GuardedServer.percentEncoded(Self.password))
        try project.write("tell.py", Self.telling)
        try project.configure(
            uri: "${MONGODB_URI}",
            model: "{exec: [python3, tell.py], version: \"1\", environment: {GIVEN: \"${API_KEY}\"}}")
        let environment = ["MONGODB_URI": uri, "API_KEY": "k3y", "OTHER_SECRET": "hunt3r2"]
        func lockstep(_ arguments: String...) async throws -> Ending {
            try await Running(
                arguments + ["--log-level", "trace"], in: project.folder, environment: environment
            ).ending()
        }
        try project.insert([(1, "abc"), (2, "bad")])
        let daemon = try Running(
            ["run", "--log-level", "trace"], in: project.folder, environment: environment)
        try await daemon.says("lockstep: watching")
        var seen: [String] = []
        for command in [
            ["wait"], ["status"], ["status", "--json"], ["check"], ["check", "--json"], ["failures"],
            ["failures", "list", "--json"], ["verify", "--json"],
        ] {
            let ending = try await Running(
                command + ["--log-level", "trace"], in: project.folder, environment: environment
            ).ending()
            #expect(ending.status == (command[0] == "verify" ? 1 : 0), "\(ending)")
            seen.append(ending.description)
        }
        for file in ["cmdline", "comm", "status"] {
            seen.append(try String(contentsOfFile: "/proc/\(daemon.processID)/\(file)", encoding: .utf8))
        }
        #expect(seen.contains { $0.contains("\(name):***@") })
        let ending = try await daemon.stop()
        #expect(ending.status == 0)
        seen.append(ending.description)

        // What stands in the database: the documents and all that Lockstep keeps beside them.
        let list = try project.command(["listCollections": 1])
        let collections =
            list[path: "cursor.firstBatch"]?.array?.compactMap { $0.document?["name"]?.string } ?? []
        #expect(Set(collections).isSuperset(of: ["docs", "lockstep.checkpoints", "lockstep.failures"]))
        for collection in collections {
            let all = try project.command(["find": BSONValue(collection), "batchSize": 1000])
            seen.append(all.json)
        }

        // The model was given one variable and no other.
        let variables = try BSONDocument(
            json: String(contentsOfFile: project.folder + "/seen", encoding: .utf8))
        #expect(variables["GIVEN"]?.string == "k3y")
        #expect(variables["MONGODB_URI"] == nil && variables["API_KEY"] == nil)
        #expect(variables["PATH"] != nil)
        seen.append(variables.json)
        for text in seen {
            #expect(!text.contains("hunt3r2"), "\(text)")
        }
    }

    private static let telling = """
        import json, os, sys
        with open("seen", "w") as file:
            json.dump(dict(os.environ), file)
        for line in sys.stdin:
            request = json.loads(line)
            errors = {str(i): "not this" for i, text in enumerate(request["inputs"]) if text == "bad"}
            print(json.dumps({"id": request["id"], "predictions": [1] * len(request["inputs"]), "errors": errors}), flush=True)
        """

    /// Options that libmongoc quotes when it does not like them; nobody listens there.
    @Test(arguments: [
        "u:hunt3r2@127.0.0.1:1/?tls=maybe", "u:hunt3r2@127.0.0.1:1/?authMechanismProperties=hunt3r2",
        "127.0.0.1:1/?tlsCertificateKeyFilePassword=a&hunt3r2", "u:%ffhunt3r2@127.0.0.1:1/?a=b",
        "127.0.0.1:1/?tlsCertificateKeyFilePassword=hunt3r2&sslClientCertificateKeyPassword=hunt3r2z",
        "127.0.0.1:1/?tlsCertificateKeyFilePasword=hunt3r2", "127.0.0.1:1/?password=hunt3r2",
        "u:hunt3r2@127.0.0.1:1/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:hunt3r2",
        "127.0.0.1:1/?tlsCertificateKeyFilePassword=a%2hunt3r2", "u:hunt3r2@[::1/?a=b",
        "u:hunt3r2%zz@127.0.0.1:1/?a=b", "u:hunt3r2@host:99999/?a=b",
        "u:hunt3r2@127.0.0.1:1/?tlsCAFile=/nowhere",
    ])
    func whatIsWrongWithAURIIsToldWithoutItsSecrets(rest: String) async throws {
        let project = try Project("mongodb://\(rest)&serverSelectionTimeoutMS=100")
        for command in ["status", "check"] {
            let ending = try await project.lockstep(command, "--log-level", "trace")
            #expect([69, 78].contains(ending.status), "\(ending)")
            #expect(
                (ending.out + ending.err).contains("uri") && !ending.description.contains("hunt3r2"),
                "\(ending)")
        }
    }
}
