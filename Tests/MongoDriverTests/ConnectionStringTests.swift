@testable import MongoDriver
import Testing

@Suite struct ConnectionStringTests {
    @Test(arguments: [
        ("mongodb://host:27017", "mongodb://host:27017"),
        ("mongodb://u:secret@host", "mongodb://u:***@host"),
        ("mongodb://u:secret@a,b:27018/db?replicaSet=x", "mongodb://u:***@a,b:27018/db?replicaSet=x"),
        ("mongodb+srv://u:secret@cluster.example/db", "mongodb+srv://u:***@cluster.example/db"),
        ("mongodb://u@host", "mongodb://u@host"),
        ("mongodb://u:se@cr/et@host/db", "mongodb://u:***@host/db"),
        ("mongodb://u:sec:ret@host", "mongodb://u:***@host"),
        (
            "mongodb://host/?tlsCertificateKeyFilePassword=secret&tls=true",
            "mongodb://host/?tlsCertificateKeyFilePassword=***&tls=true"
        ),
        ("mongodb://host/?appName=a@b", "mongodb://host/?appName=a@b"),
        ("secret@nothing", "***"),
    ])
    func aPasswordIsNeverShown(uri: String, shown: String) {
        #expect(redacted(uri: uri) == shown)
    }
}
