import Testing

@testable import LockstepConfiguration

/// `server`: what is read, and the exact words about what is wrong.
@Suite struct ServerTests {
    private static let rest = """
        mongodb: {uri: mongodb://127.0.0.1, database: shop}
        models: {length: {exec: [length]}}
        listeners: [{model: length, on: docs, key: text}]

        """

    @Test func withoutTheKeyItListensOnLoopback() throws {
        let server = try #require(try parse(Self.rest).server)
        #expect(server == .init())
        #expect(server.host == "127.0.0.1" && server.port == 7077 && server.token == nil)
        #expect(server.maxLag == .seconds(60) && server.hosts.isEmpty && server.isLoopback)
    }

    @Test(arguments: ["off", "false", "no", "Off"])
    func itCanBeTurnedOff(word: String) throws {
        #expect(try parse(Self.rest + "server: \(word)").server == nil)
    }

    @Test func everyKeyIsRead() throws {
        let text =
            Self.rest + """
                server:
                  host: 0.0.0.0
                  port: 0
                  token: ${TOKEN}
                  maxLag: 5m
                  hosts: [lockstep.example.com]
                """
        let server = try #require(
            try parse(text, environment: ["TOKEN": "0123456789abcdef"]).server)
        #expect(server.host == "0.0.0.0" && server.port == 0 && server.token == "0123456789abcdef")
        #expect(server.maxLag == .seconds(300) && server.hosts == ["lockstep.example.com"])
        #expect(!server.isLoopback)
    }

    @Test(arguments: [
        ("{prot: 7077}", "unknown key `prot` of `server`: did you mean `port`?"),
        ("{port: 70770}", "`port` must be a whole number from 0 to 65535: found `70770`"),
        ("{port: http}", "`port` must be a whole number from 0 to 65535: found `http`"),
        (
            "{host: 0.0.0.0}",
            "the server on `0.0.0.0` is open to other machines and needs a `token`, as `token: ${LOCKSTEP_TOKEN}`: or take `host` out"
        ),
        ("{host: 'a b'}", "`host` must be an address or a name, as `127.0.0.1`: found `a b`"),
        (
            "{token: s3cret}",
            "`token` must be a secret of 16 characters at least, without spaces: make one with `openssl rand -hex 16`"
        ),
        (
            "{token: 's3cret with spaces in it'}",
            "`token` must be a secret of 16 characters at least, without spaces: make one with `openssl rand -hex 16`"
        ),
        (
            "{maxLag: 60}",
            "`maxLag` must be a length of time above zero with its unit, as `60s` or `5m`: found `60`"
        ),
        ("{hosts: a.example}", "`hosts` must be a list, as `[lockstep.example.com]`: found `a.example`"),
        ("7077", "`server` must be `off` or a mapping, as `{port: 7077}`: found `7077`"),
    ])
    func whatIsWrongSaysWhatToWrite(server: String, message: String) {
        let found = problems(Self.rest + "server: \(server)")
        #expect(found.contains("lockstep.yaml:4: \(message)"), "\(found)")
        #expect(!found.joined().contains("s3cret"))
    }
}
