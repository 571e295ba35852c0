import Lockstep
import Testing

@testable import LockstepServer

@Suite struct HostCheckTests {
    @Test(arguments: [
        ("127.0.0.1:7077", true), ("localhost:7077", true), ("LOCALHOST", true), ("[::1]:7077", true),
        ("10.1.2.3:7077", true), ("lockstep.example.com", true), ("Lockstep.Example.com:443", true),
        ("evil.example", false), ("127.0.0.1.evil.example", false), ("localhost.evil.example:7077", false),
        ("", false), ("300.1.1.1", false), ("[evil]:1", false), ("127.0.0.1@evil.example", false),
        ("example.com", false),
    ])
    func aNameThatWasMadeToPointHereIsRefused(host: String, isKnown: Bool) {
        var options = ServerOptions(version: "1", uri: "")
        options.hosts = ["lockstep.example.com"]
        #expect(HostCheck(options).isKnown(host) == isKnown)
    }

    @Test(arguments: [
        ("1732330000.5", BSONTimestamp(seconds: 1_732_330_000, increment: 5)),
        (#"{"$timestamp": {"t": 7, "i": 1}}"#, BSONTimestamp(seconds: 7, increment: 1)),
        ("4294967295.4294967295", BSONTimestamp(seconds: .max, increment: .max)),
        ("1732330000", nil), ("1.2.3", nil), ("-1.2", nil), ("4294967296.0", nil), ("", nil), ("{", nil),
        (#"{"t": 7}"#, nil), ("now", nil),
    ])
    func anOperationTimeIsRead(text: String, time: BSONTimestamp?) {
        #expect(OperationTime.parse(text) == time)
    }

    @Test func thePolicyOfThePageNamesWhatIsInIt() {
        let policy = SecurityHeaders.policy(of: "<style>a</style><script>b</script>")
        // As `printf b | openssl dgst -sha256 -binary | base64` says.
        #expect(policy.contains("script-src 'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0='"))
        #expect(policy.contains("style-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='"))
        #expect(!policy.contains("unsafe"))
    }
}
