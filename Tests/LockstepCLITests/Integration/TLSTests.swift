import Foundation
import Lockstep
import Testing
import TestSupport

/// Real handshakes, good and bad.
@Suite(.serialized) struct TLSTests {
    private let certificates: Certificates

    init() throws {
        certificates = try TLSServers.certificates.get()
    }

    /// What stands between the port and the other options.
    private func project(_ port: Int, user: String = "", _ options: String) throws -> Project {
        try Project(
            "mongodb://\(user)127.0.0.1:\(port)/?serverSelectionTimeoutMS=700\(options)", database: "guarded")
    }

    private func trusting(_ more: String = "") -> String {
        "&tls=true&tlsCAFile=\(certificates.authority)\(more)"
    }

    private func guardedPort() throws -> Int {
        try TLSServers.guarded.get().port
    }

    /// The reason that `check` and another command give.
    private func reason(_ project: Project, status: Int32 = 69) async throws -> String {
        let ending = try await project.lockstep("status")
        #expect(ending.status == status, "\(ending)")
        #expect(ending.out.isEmpty, "\(ending)")
        // `check` says the same.
        let check = try await project.lockstep("check")
        #expect(check.status == status && check.out.contains("FAILED"), "\(check)")
        let text = ending.err.replacing("lockstep: ", with: "").trimmingCharacters(
            in: .whitespacesAndNewlines)
        #expect(check.out.contains(text), "\(check)\n\(ending)")
        return text
    }

    /// Runs everything as whoever the project's URI names.
    private func worksWithEverything(_ project: Project) async throws {
        let check = try await project.lockstep("check")
        #expect(check.status == 0, "\(check)")
        try project.command(["delete": "docs", "deletes": [["q": [:], "limit": 0]]])
        try project.insert([(1, "abc"), (2, "bad")])
        try await project.running { _ async throws in
            #expect(try await project.lockstep("wait").status == 0)
            #expect(try await project.lockstep("status").status == 0)
            #expect(try await project.lockstep("failures").out.contains("not this"))
            #expect(try await project.lockstep("failures", "retry").out.contains("1 parked document"))
            #expect(try await project.verify().report["fresh"]?.int == 1)
        }
        #expect(try project.output(1) == 3)
    }

    @Test func aPrivateAuthorityIsTrustedWhenItIsNamed() async throws {
        try await worksWithEverything(
            project(guardedPort(), user: "writer:s3cret@", trusting("&authSource=admin")))
    }

    @Test func aCertificateLogsInWithReadWriteAlone() async throws {
        let file = try TLSServers.clientFile()
        let x509 = "&authMechanism=MONGODB-X509&tlsCertificateKeyFile="
        try await worksWithEverything(project(guardedPort(), trusting(x509 + file)))
        // With a password on its key that must be encoded in the URI.
        let password = "k3y p@ss/:?#&=+%é"
        let encrypted = try certificates.encrypt("client", password: password)
        let option = "&tlsCertificateKeyFilePassword=" + GuardedServer.percentEncoded(password)
        let locked = try project(guardedPort(), trusting(x509 + encrypted + option))
        let check = try await locked.lockstep("check", "--log-level", "trace")
        #expect(check.status == 0, "\(check)")
        for secret in [password, GuardedServer.percentEncoded(password), "k3y"] {
            #expect(!check.out.contains(secret) && !check.err.contains(secret), "\(check)")
        }
    }

    @Test func aCertificateThatIsNobodysIsToldWhichUserToCreate() async throws {
        let file = try TLSServers.clientFile("nobody")
        let nobody = try project(
            guardedPort(), trusting("&authMechanism=MONGODB-X509&tlsCertificateKeyFile=" + file))
        let ending = try await nobody.lockstep("status")
        #expect(ending.status == 69, "\(ending)")
        let create = "db.getSiblingDB(\"$external\").createUser({user: \"CN=nobody,OU=clients,O=lockstep\""
        #expect(ending.err.contains(create), "\(ending)")
    }

    @Test func aServerThatIsNotTrustedNamesTheOptionForIt() async throws {
        let told = try await reason(project(guardedPort(), "&tls=true"))
        #expect(told.contains("not trusted") && told.contains("`tlsCAFile=/path/ca.pem`"), "\(told)")
        let other = try Certificates()
        let wrong = try await reason(project(guardedPort(), "&tls=true&tlsCAFile=\(other.authority)"))
        #expect(wrong.contains("not trusted") && wrong.contains("into `\(other.authority)`"), "\(wrong)")
    }

    @Test func anExpiredServerIsToldWithItsDate() async throws {
        let told = try await reason(project(try TLSServers.expired.get(), trusting()))
        let day = Date(timeIntervalSinceNow: -86400).ISO8601Format().prefix(8)
        #expect(told.contains("shows a certificate that expired on \(day)"), "\(told)")
    }

    @Test func aCertificateForAnotherHostIsToldWithItsNames() async throws {
        let told = try await reason(project(try TLSServers.strict.get().port, trusting()))
        #expect(told.contains("not for `127.0.0.1`, but for DNS:db.example, IP Address:10.0.0.1"), "\(told)")
    }

    @Test func oneSideWithoutTLSIsTold() async throws {
        let none = try await reason(project(guardedPort(), ""))
        #expect(none.contains("takes no connections without TLS. Add `tls=true`"), "\(none)")
        let plain = try await reason(project(try TestServer.standalone.get().port, trusting()))
        #expect(plain.contains("does not speak TLS"), "\(plain)")
    }

    @Test func whatIsWrongWithTheClientsCertificateIsTold() async throws {
        let port = try TLSServers.strict.get().port
        let options = trusting("&tlsAllowInvalidHostnames=true")
        let good = try await project(
            port, options + "&tlsCertificateKeyFile=" + TLSServers.clientFile("good")
        )
        .lockstep("check")
        #expect(good.status == 0, "\(good)")
        let none = try await reason(project(port, options))
        #expect(none.contains("wants a certificate of the client"), "\(none)")
        let blind = try await reason(project(port, "&tls=true&tlsInsecure=true"))
        #expect(blind.contains("wants a certificate of the client"), "\(blind)")
        let expired = try TLSServers.clientFile("late", days: -1)
        let late = try await reason(project(port, options + "&tlsCertificateKeyFile=" + expired))
        #expect(late.contains("refuses the certificate in `\(expired)`, which expired on "), "\(late)")
        let foreign = try Certificates().make("foreign", names: "DNS:client")
        let refused = try await reason(project(port, options + "&tlsCertificateKeyFile=" + foreign))
        #expect(refused.contains("has seen the certificate in `\(foreign)`"), "\(refused)")
    }

    /// No server is asked: nobody listens there.
    @Test func aFileThatIsOfNoUseIsTold() async throws {
        _ = try certificates.make("one", names: "DNS:one")
        _ = try certificates.make("two", names: "DNS:two")
        let (folder, key) = (certificates.folder, "&tlsCertificateKeyFile=")
        let locked = try certificates.encrypt("one", password: "k3ypass")
        let mixed = try certificates.join(["one.crt", "two.key"], as: "mixed")
        let table = [
            (
                "&tlsCAFile=/nowhere.pem",
                "`/nowhere.pem`, which `tlsCAFile` names, cannot be read: No such file"
            ),
            ("&tlsCAFile=\(folder)/one.key", "holds no certificate: it must hold those of the authorities"),
            (
                key + "/nowhere.pem",
                "`/nowhere.pem`, which `tlsCertificateKeyFile` names, cannot be read: No such file"
            ),
            (key + folder, "holds no certificate"),
            (key + "\(folder)/one.crt", "holds a certificate but no private key"),
            (key + "\(folder)/one.key", "holds no certificate: it must hold the client's"),
            (key + mixed, "holds a private key that does not belong to its first certificate"),
            (
                key + locked,
                "holds an encrypted private key: write its password into `tlsCertificateKeyFilePassword`"
            ),
            (
                key + locked + "&tlsCertificateKeyFilePassword=wr0ng",
                "holds a private key that `tlsCertificateKeyFilePassword` does not open"
            ),
        ]
        for (options, words) in table {
            let told = try await reason(project(1, "&tls=true" + options), status: 78)
            #expect(told.contains(words) && !told.contains("wr0ng"), "\(told)")
        }
    }
}
