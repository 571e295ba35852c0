import Lockstep
import Testing
import TestSupport

/// `lockstep costs`: the ledger, without a daemon.
@Suite struct CostsCommandTests {
    @Test func theLedgerIsShownByDayAndModel() async throws {
        let project = try Project(try TestServer.uri())
        let nothing = try await project.lockstep("costs", "--json")
        #expect(nothing.status == 0 && nothing.out.contains("rows"), "\(nothing)")
        try project.command([
            "insert": "lockstep.ledger",
            "documents": [
                [
                    "_id": ["day": "2999-01-02", "model": "small"], "calls": 3, "inputs": 70, "tokens": 1200,
                    "retries": 1, "price": 0.25,
                ],
                ["_id": ["day": "2001-01-02", "model": "small"], "calls": 9, "price": 9.0],
            ],
        ])
        let json = try await project.lockstep("costs", "--json").out
        let report = try BSONDocument(json: json)
        let rows = report["rows"]?.array?.compactMap { $0.document } ?? []
        try #require(rows.count == 1, "\(json)")
        #expect(rows[0]["tokens"]?.int == 1200 && rows[0]["price"]?.double == 0.25)
        #expect(rows[0]["day"]?.string == "2999-01-02" && report["batches"]?.array?.isEmpty == true)
        let table = try await project.lockstep("costs", "--since", "24h").out
        #expect(table.contains("2999-01-02  small") && table.contains("0.2500"), "\(table)")
        #expect(table.contains("NO ANSWER") && !table.contains("RETRIES"), "\(table)")
    }

    @Test func jobsStandWithoutASentenceThatNothingWasAsked() async throws {
        let project = try Project(try TestServer.uri())
        let none = try await project.lockstep("costs")
        #expect(none.out.hasPrefix("no model that costs something by the call was asked"), "\(none)")
        try project.command([
            "insert": "lockstep.batches",
            "documents": [
                [
                    "_id": "a", "listener": "docs/text/small", "model": "small", "version": "1",
                    "phase": "done", "job": "batch_1", "inputs": 2, "tokens": 10, "price": 0.00002,
                    "answers": 2, "refusals": 0, "at": BSONValue(millisecondsSince1970: 32_472_144_000_000),
                ]
            ],
        ])
        let ending = try await project.lockstep("costs")
        #expect(ending.out.contains("batch_1") && ending.out.contains("less than 0.0001"), "\(ending)")
        #expect(!ending.out.contains("was asked"), "\(ending)")
    }

    @Test func aPriceHasAsManyDigitsAsItNeeds() async throws {
        let project = try Project(try TestServer.uri())
        try project.command([
            "insert": "lockstep.ledger",
            "documents": [
                ["_id": ["day": "2999-01-02", "model": "small"], "calls": 1, "tokens": 5, "price": 46.6]
            ],
        ])
        let json = try await project.lockstep("costs", "--json").out
        #expect(json.contains("46.6 ") || json.contains("46.6}"), "\(json)")
    }
}
