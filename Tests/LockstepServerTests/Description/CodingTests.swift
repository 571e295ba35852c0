import Foundation
import Lockstep
import LockstepAPI
import Testing

@testable import LockstepServer

/// How values of the API become JSON, and come back.
@Suite struct CodingTests {
    @Test(arguments: [
        "7", "7.5", #""a text""#, #"{"$oid": "656f00000000000000000001"}"#, "[1, null, true]",
        #"{"a": {"$date": "2026-11-23T03:00:00Z"}}"#,
    ])
    func anIDComesBackAsItWas(json: String) throws {
        let id = try #require(try BSONDocument(json: #"{"id": \#(json)}"#)["id"])
        let failure = API.Failure(
            listener: "docs/text/words", document: ExtendedJSON(id), reason: "refused", attempts: 1,
            since: "2026-11-23T03:00:00.000Z", at: "2026-11-23T03:00:00.000Z")
        let text = try BSONDocument(encoding: failure).json
        #expect(try JSONDecoder().decode(API.Failure.self, from: Data(text.utf8)) == failure)
    }

    @Test func fieldsKeepTheirOrderAndNothingIsNullOrLeftOut() throws {
        let page = API.FailurePage(failures: [], total: 3, next: nil)
        #expect(try BSONDocument(encoding: page).map(\.key) == ["failures", "total", "next"])
        #expect(try BSONDocument(encoding: page)["next"] == .null)
        let order = API.RetryOrder(listener: "docs/text/words", document: nil, reason: nil)
        #expect(try BSONDocument(encoding: order).map(\.key) == ["listener"])
    }

    @Test func anObjectOfAnyFieldsHasNoPlainJSON() {
        #expect(throws: EncodingError.self) { try JSONEncoder().encode(ExtendedJSON(7)) }
    }

    @Test func aStatusHasAFormForOneDatabase() throws {
        var status = API.DeploymentStatus(
            version: "1", uri: "mongodb://db1", host: "db1", pid: 1, at: "", startedAt: "", memoryBytes: 0,
            canChange: false,
            databases: [
                API.DatabaseStatus(
                    "shop", .sample(), rates: Rates(), maxLag: .seconds(60), isStandalone: false)
            ])
        let json = try JSONEncoder().encode(status)
        let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(object["database"] as? String == "shop" && object["version"] as? String == "1")
        #expect(object["databases"] == nil)
        #expect(try JSONDecoder().decode(API.DeploymentStatus.self, from: json) == status)
        status.databases.append(status.databases[0])
        #expect(throws: EncodingError.self) { try JSONEncoder().encode(status) }
    }
}
