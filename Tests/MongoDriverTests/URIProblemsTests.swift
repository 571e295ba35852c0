import Testing

@testable import MongoDriver

/// What of a connection string is refused before the driver sees it.
@Suite struct URIProblemsTests {
    private static let login = "mongodb://<user>:<password>@…"

    @Test(arguments: [
        "mongodb://h", "mongodb://h/", "mongodb://h:1,i:2/db?replicaSet=rs", "mongodb://u:p@h",
        "mongodb+srv://u:p@h.example.com/db",
        "mongodb://u:%40%3A%2F%3F%25@h/?authSource=admin", "mongodb://[::1]:27017/",
        "mongodb://%2Ftmp%2Fmongodb.sock",
        "mongodb://u:p@h/?authMechanism=scram-sha-256", "mongodb://u:p@h/?authMechanism=PLAIN&tls=true",
        "mongodb://h/?authMechanism=MONGODB-X509&tlsCertificateKeyFile=/c.pem&authSource=%24external",
        "mongodb://CN=me@h/?authMechanism=MONGODB-X509&tls=true&tlsCertificateKeyFile=/c.pem",
        "mongodb://h/?authMechanism=MONGODB-AWS",
        "mongodb://key:secret@h/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:t%2Bx",
        "mongodb://u%40REALM@h/?authMechanism=GSSAPI&authMechanismProperties=SERVICE_NAME:mongo,CANONICALIZE_HOST_NAME:true",
        "mongodb://u:p@h/?&tls=true&", "mongodb://h/?readPreferenceTags=dc:ny&readPreferenceTags=",
        "mongodb://h/?appName=@a@",
    ])
    func whatIsCompleteIsTaken(uri: String) {
        #expect(uriProblems(uri) == [])
    }

    @Test(arguments: [
        ("h:27017", "it must begin with `mongodb://` or `mongodb+srv://`"),
        ("mongodb://", "it names no host: write `mongodb://127.0.0.1:27017`"),
        ("mongodb://u@h", "a user name needs a password: write `\(login)`"),
        ("mongodb://u@h/?authSource=admin", "a user name needs a password: write `\(login)`"),
        ("mongodb://u:@h", "the password is empty, which MongoDB does not have: write `\(login)`"),
        ("mongodb://:p@h", "there is an `@` without a user name before it: write `\(login)`, or take it out"),
        ("mongodb://@h", "there is an `@` without a user name before it: write `\(login)`, or take it out"),
        (
            "mongodb://h/?authMechanism=SCRAM-SHA-256",
            "`authMechanism=SCRAM-SHA-256` needs a user name and a password: `\(login)`"
        ),
        (
            "mongodb://u@h/?authMechanism=SCRAM-SHA-1",
            "`authMechanism=SCRAM-SHA-1` needs a password: write `\(login)`"
        ),
        ("mongodb://u@h/?authMechanism=plain", "`authMechanism=PLAIN` needs a password: write `\(login)`"),
        (
            "mongodb://h/?authMechanism=PLAIN",
            "`authMechanism=PLAIN` needs a user name and a password: `\(login)`"
        ),
        (
            "mongodb://h/?authMechanism=MONGODB-X509&tls=true",
            "`authMechanism=MONGODB-X509` needs a certificate: add `tlsCertificateKeyFile=/path/client.pem`"
        ),
        (
            "mongodb://h/?authMechanism=MONGODB-X509&tls=false",
            "`authMechanism=MONGODB-X509` needs TLS: take `tls=false` out"
        ),
        (
            "mongodb://u:p@h/?authMechanism=MONGODB-X509&tlsCertificateKeyFile=/c.pem",
            "`authMechanism=MONGODB-X509` takes no password: the certificate is what logs in. Take it out"
        ),
        (
            "mongodb://h/?authMechanism=MONGODB-X509&tlsCertificateKeyFile=/c.pem&authSource=admin",
            "`authMechanism=MONGODB-X509` has its users in `$external`: take `authSource` out"
        ),
        (
            "mongodb://key@h/?authMechanism=MONGODB-AWS",
            "`authMechanism=MONGODB-AWS` needs both the access key and its secret, as `mongodb://<key>:<secret>@…`, or neither"
        ),
        (
            "mongodb://h/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:t",
            "`authMechanism=MONGODB-AWS` needs the access key and its secret beside the session token"
        ),
        (
            "mongodb://h/?authMechanism=GSSAPI",
            "`authMechanism=GSSAPI` needs a user name: `mongodb://<user>%40<REALM>@…`"
        ),
        (
            "mongodb://u:p@h/?authMechanism=MONGODB-CR",
            "`authMechanism=MONGODB-CR` is gone from MongoDB since 4.0: take it out"
        ),
        (
            "mongodb://u:p@h/?authMechanism=SCRAM",
            "`authMechanism` is none that is known here: write SCRAM-SHA-256, SCRAM-SHA-1, MONGODB-X509, PLAIN, MONGODB-AWS or GSSAPI, or take it out"
        ),
        ("mongodb://u:p@h/?authSource=a%20b", "`authSource` must be the name of a database"),
        (
            "mongodb://u:p@h/?authMechanismProperties=SERVICE_NAME",
            "`authMechanismProperties` must be of the form `NAME:value,NAME:value` with the names SERVICE_NAME, SERVICE_REALM, CANONICALIZE_HOST_NAME, AWS_SESSION_TOKEN"
        ),
    ])
    func whatALogInLacksIsNamed(uri: String, problem: String) {
        #expect(uriProblems(uri) == [problem])
    }

    /// What this driver was not built with.
    @Test func aMechanismThatTheDriverDoesNotHaveIsRefused() {
        var rule = LogInRule(user: "u", password: "p", mechanism: "GSSAPI", hasGSSAPI: false)
        #expect(rule.problem?.contains("built with SASL") == true)
        rule = LogInRule(mechanism: "MONGODB-AWS", hasAWS: false)
        #expect(rule.problem?.contains("built for it") == true)
    }

    @Test(arguments: [
        "mongodb://user:p@ssw0rd@h", "mongodb://user:p/ssw0rd@h/db", "mongodb://user:p:ssw0rd@h",
        "mongodb://us/er:ssw0rd@h",
        "mongodb://user:p?ssw0rd@h", "mongodb://user:p%ssw0rd@h", "mongodb://user:%ffssw0rd@h",
        "mongodb://user:%00ssw0rd@h",
    ])
    func whatIsNotEncodedIsToldHowTo(uri: String) {
        #expect(
            uriProblems(uri) == [
                "the user name and the password must be percent-encoded: write %40 for @, %3A for :, %2F for /, %3F for ? and %25 for %"
            ])
    }

    @Test(arguments: [
        ("tls=yes", "`tls` must be `true` or `false`"),
        ("directConnection=", "`directConnection` must be `true` or `false`"),
        ("connectTimeoutMS=5s", "`connectTimeoutMS` must be a number of milliseconds, at least 1"),
        ("socketTimeoutMS=100", "`socketTimeoutMS` must be a number of milliseconds, at least 1000"),
        (
            "serverSelectionTimeoutMS=-1",
            "`serverSelectionTimeoutMS` must be a number of milliseconds, at least 1"
        ),
        ("heartbeatFrequencyMS=100", "`heartbeatFrequencyMS` must be a number of milliseconds, at least 500"),
        ("zlibCompressionLevel=10", "`zlibCompressionLevel` must be a number from -1 to 9"),
        ("compressors=gzip", "`compressors` must be of `snappy`, `zlib` and `zstd`"),
        ("replicaSet=", "`replicaSet` must be a text that is not empty"),
        ("tlsCAFile=%zz", "the value of `tlsCAFile` must be percent-encoded: write %25 for %"),
        ("authSorce=admin", "`authSorce` is no option that is known here: did you mean `authSource`?"),
        ("tz_aware=1", "an option is none, or has no `=`: write %26 for an & within a value"),
        ("fancy=1", "`fancy` is no option that is known here: take it out"),
        ("tls", "`tls` has no value: write `tls=…`"),
        ("replicaSet=a&replicaset=b", "`replicaSet` stands in it twice: keep one of them"),
        (
            "proxyHost=p",
            "`proxyHost` is not possible here: Lockstep reaches MongoDB without a SOCKS5 proxy. Take it out"
        ),
        (
            "requireApiVersion=1",
            "`requireApiVersion` is none of a connection string. Take it out: where the server demands it, it is declared"
        ),
    ])
    func anOptionThatCannotBeIsRefusedWithWhatToWrite(option: String, problem: String) {
        #expect(uriProblems("mongodb://h/?\(option)") == [problem])
    }

    @Test(arguments: [
        "tlsCertificateKeyFilePassword=hunt&er2=x", "tlsCertificateKeyFilePassword=a&hunter2",
        "password=hunter2",
        "authMechanismProperties=AWS_SESSION_TOKEN:hunter2,x", "tlsCertificateKeyFilePassword=hunter2%",
        "er2=x&hunter2",
    ])
    func noSecretIsTold(option: String) {
        let found = uriProblems("mongodb://h/?\(option)").joined()
        #expect(!found.isEmpty)
        #expect(!found.contains("hunter2") && !found.contains("er2"), "\(found)")
    }

    @Test func allProblemsOfTheOptionsAreToldAtOnce() {
        #expect(uriProblems("mongodb://h/?tls=1&fancy=1&directConnection=no").count == 3)
    }

    @Test(arguments: [
        ("mongodb://u:p@h/db?w=3&tls=true&readConcernLevel=local", "mongodb://u:p@h/db?tls=true"),
        ("mongodb://a,b/?waitQueueTimeoutMS=1&maxPoolSize=1", "mongodb://a,b/"),
        ("mongodb://h?appName=x", "mongodb://h/?appName=x"),
        ("mongodb+srv://u:p%40@h.example.com", "mongodb+srv://u:p%40@h.example.com/"),
    ])
    func whatLockstepDecidesItselfIsKeptFromTheDriver(uri: String, passed: String) {
        #expect(URIParts(uri)?.forDriver == passed)
    }

    @Test func aServerIsAskedAloneWithoutTheLogIn() {
        let parts = URIParts("mongodb://u:p@a:1,b:2/db?replicaSet=r&tls=true&tlsCAFile=/ca.pem&w=1")
        #expect(
            parts?.direct("b:2", milliseconds: 9)
                == "mongodb://b:2/?tls=true&tlsCAFile=/ca.pem&directConnection=true&serverSelectionTimeoutMS=9&connectTimeoutMS=9"
        )
    }
}
